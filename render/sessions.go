package render

import (
	"io"
	"strconv"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// sessionTable prints a row a session; its id, which `who` takes, is whole, on
// a line of its own where the row has no room for it.
func sessionTable(w io.Writer, all []query.SessionLine, style Style) error {
	p := &page{style: style}
	const numbers = 3 * len("  WRITES")
	first := stamp
	firstWidth := stampWidth
	oneLine := style.columns() >= oneLine
	if !oneLine { // whoever is, is worth more than seconds
		first = minute
		firstWidth = len("2016-04-05 20:39")
	}
	free := style.columns() - firstWidth - len(" = ") - numbers - 1
	if oneLine {
		free -= 48
	}
	who := free * 2 / 5
	role := free - who - 1
	head := pad("FIRST (UTC)", firstWidth) + "   " + pad("WHO", who) + " " + pad("ROLE", role) + "   CALLS  WRITES  ERRORS"
	if oneLine {
		head += "  SESSION"
	}
	p.line("", say(faint, head))
	for _, s := range all {
		evidence, name := lineage.Unresolved, ""
		if s.Chain != nil {
			evidence = s.Chain.Evidence
			name = style.who(s.Chain)
		}
		if name == "" {
			name = "?"
		}
		where := s.AccountID
		if n := style.Names.Of(s.AccountID); n != "" {
			where = n
		}
		through := Text(roleName(&lineage.Hop{ID: s.ID, SessionARN: s.SessionARN, RoleARN: s.RoleARN}))
		if where != "" {
			where = " in " + Text(where)
			through = style.cut(through, max(role-width(where), 8)) + where
		}
		cell := func(t tone, text string, n int) piece { return piece{t, pad(style.cut(Text(text), n), n) + " "} }
		num := func(n int, t tone) piece {
			c := count(n, t)
			return piece{c.tone, padLeft(c.text, numbers/3)}
		}
		row := []piece{
			cell(faint, first(s.First), firstWidth), cell(toneOf(evidence), gradeOf(evidence).mark, 1), cell(strong, name, who),
			cell(ordinary, through, role),
			{ordinary, padLeft(strconv.Itoa(s.Calls), numbers/3-1)},
			num(s.Writes, yellow), num(s.Errors, red),
		}
		if oneLine {
			p.line("", append(row, say(faint, "  "+s.ID))...)
			continue
		}
		p.line("", row...)
		p.line("  ", say(faint, s.ID))
	}
	return p.writeTo(w)
}
