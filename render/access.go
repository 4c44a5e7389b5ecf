package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Access prints who reaches which account: as JSON or CSV a flat row a way.
func Access(w io.Writer, a *query.AccessAnswer, form Form, style Style) error {
	e := NewEncoder(style)
	return listed(w, a.Lines, form, e.access, accessColumns, e.accessCells, func() error { return accessTable(w, a, style) })
}

// toldWord is what records tell, "" where they do not.
func toldWord(t query.Told) string {
	switch t {
	case query.Used:
		return "used"
	case query.NotUsed:
		return "not-used"
	case query.Mixed:
		return "mixed"
	}
	return ""
}

func (e *Encoder) access(dst []byte, l query.AccessLine) []byte {
	if o := l.Chain.Origin; o != nil {
		dst = text(dst, "origin", o.ID)
		dst = text(dst, "originKind", string(o.Kind))
		dst = text(dst, "originName", e.originName(o))
		dst = text(dst, "originDisplayName", givenName(e.names, o))
	}
	dst = text(dst, "evidence", gradeOf(l.Chain.Evidence).word)
	dst = text(dst, "fromAccountId", l.FromAccount)
	dst = text(dst, "fromAccountName", e.names.Of(l.FromAccount))
	dst = text(dst, "roleArn", l.RoleARN)
	dst = text(dst, "accountId", l.ToAccount)
	dst = text(dst, "accountName", e.names.Of(l.ToAccount))
	dst = boolean(dst, "thirdParty", l.ThirdParty)
	if e.names.IsVendor(l.FromAccount) {
		dst = boolean(dst, "vendor", true)
	}
	if l.Silent {
		dst = boolean(dst, "silentMember", true)
	}
	dst = known(dst, "firstTime", l.FirstTime)
	dst = text(dst, "mfa", toldWord(l.MFA))
	dst = text(dst, "externalId", toldWord(l.ExternalID))
	dst = texts(dst, "externalIds", l.ExternalIDs)
	dst = number(dst, "calls", l.Calls)
	dst = number(dst, "writes", l.Writes)
	dst = number(dst, "errors", l.Errors)
	dst = moment(dst, "first", l.First)
	return moment(dst, "last", l.Last)
}

var accessColumns = []string{
	"origin", "originKind", "originName", "originDisplayName", "evidence", "fromAccountId", "fromAccountName", "roleArn", "accountId", "accountName",
	"thirdParty", "firstTime", "mfa", "externalId", "externalIds", "calls", "writes", "errors", "first", "last",
	"vendor", "silentMember",
}

func (e *Encoder) accessCells(l query.AccessLine) []string {
	o := l.Chain.Origin
	if o == nil {
		o = &lineage.Origin{}
	}
	return []string{
		o.ID, string(o.Kind), e.originName(o), givenName(e.names, o), gradeOf(l.Chain.Evidence).word,
		l.FromAccount, e.names.Of(l.FromAccount), l.RoleARN, l.ToAccount, e.names.Of(l.ToAccount),
		strconv.FormatBool(l.ThirdParty), truth(l.FirstTime), toldWord(l.MFA), toldWord(l.ExternalID), strings.Join(l.ExternalIDs, " "),
		strconv.Itoa(l.Calls), strconv.Itoa(l.Writes), strconv.Itoa(l.Errors), l.First.String(), l.Last.String(),
		strconv.FormatBool(e.names.IsVendor(l.FromAccount)), strconv.FormatBool(l.Silent),
	}
}

// accessTable prints the ways by the account they lead into.
func accessTable(w io.Writer, a *query.AccessAnswer, style Style) error {
	p := &page{style: style}
	if len(a.Lines) == 0 {
		p.prose("", "", strong, "No call that was chosen came from another account.")
	}
	free := style.columns() - len("  =  ") - len("  CALLS  WRITES  ERRORS")
	if style.columns() >= oneLine {
		free -= style.columns() / 2
	}
	through := free * 2 / 5
	who := free - through - 1
	for i, l := range a.Lines {
		if i == 0 || l.ToAccount != a.Lines[i-1].ToAccount {
			if i > 0 {
				p.blank("")
			}
			p.line("", say(strong, "INTO "+style.named(l.ToAccount)))
			p.line("", say(faint, "     "+pad("WHO", who)+" "+pad("THROUGH", through)+"  CALLS  WRITES  ERRORS"))
		}
		p.way(l, who, through)
	}
	if n := a.Unknown; n.Sessions > 0 {
		p.blank("")
		p.prose(gradeOf(lineage.Unresolved).mark+" ", "  ", ordinary, fmt.Sprintf(
			"%s, with %s, may have begun in another account too: no log here has the call that handed out their credentials. What is missing is told by: crosstrail coverage",
			plural(n.Sessions, "session"), plural(n.Calls, "call")))
	}
	return p.writeTo(w)
}

func (p *page) way(l query.AccessLine, who, through int) {
	s := p.style
	name := s.who(l.Chain)
	if o := l.Chain.Origin; o != nil && o.AccountID != l.FromAccount { // else it is told below
		name = s.titled(o)
	}
	if name == "" {
		name = "?"
	}
	role := "its own name"
	switch {
	case l.RoleARN != "":
		role = roleName(&lineage.Hop{RoleARN: l.RoleARN})
	case isAnonymous(l.FromAccount):
		name, role = "anybody", "no signature"
	}
	cell := func(t tone, text string, n int) piece { return piece{t, pad(s.cut(Text(text), n), n)} }
	num := func(n int, t tone) piece { c := count(n, t); return piece{c.tone, padLeft(c.text, len("  WRITES"))} }
	row := []piece{
		{ordinary, "  "},
		p.mark(l.Chain.Evidence),
		{ordinary, "  "},
		cell(strong, name, who),
		{ordinary, " "},
		cell(ordinary, role, through),
		{ordinary, padLeft(strconv.Itoa(l.Calls), len("  CALLS"))},
		num(l.Writes, yellow), num(l.Errors, red),
	}
	facts := wayFacts(s, l)
	if s.columns() < oneLine {
		p.line("", row...)
		p.flow("       ", "       ", ", ", facts...)
		return
	}
	begun := width("     ") + who + 1 + through + len("  CALLS  WRITES  ERRORS")
	for _, x := range row {
		p.out = s.paint(p.out, x.tone, x.text)
	}
	inner := &page{style: s}
	inner.style.Width = s.columns() - begun - 2
	inner.flow("", "", ", ", facts...)
	for i, text := range strings.Split(strings.TrimSuffix(string(inner.out), "\n"), "\n") {
		if i > 0 {
			p.out = append(p.out, strings.Repeat(" ", begun)...)
		}
		p.out = append(append(p.out, "  "...), text...)
		p.end()
	}
}

// wayFacts are what else is known of a way.
func wayFacts(s Style, l query.AccessLine) []piece {
	var facts []piece
	add := func(t tone, text string) { facts = append(facts, say(t, text)) }
	if l.FirstTime == cloudtrail.True {
		add(red, "new")
	}
	if l.ThirdParty {
		add(yellow, "third party")
	}
	if !isAnonymous(l.FromAccount) {
		add(ordinary, "from "+s.named(l.FromAccount))
	}
	if s.Names.IsVendor(l.FromAccount) {
		add(ordinary, "a known vendor")
	}
	if l.Silent {
		add(yellow, "a member that sent no log")
	}
	if l.Calls == 0 {
		add(ordinary, "taken "+span(l.First, l.Last))
		add(ordinary, "not seen in use")
	} else {
		add(ordinary, span(l.First, l.Last))
	}
	switch l.MFA {
	case query.Used:
		add(green, "with MFA")
	case query.NotUsed:
		add(ordinary, "no MFA")
	case query.Mixed:
		add(ordinary, "MFA in part")
	}
	ids := strings.Join(l.ExternalIDs, " ")
	switch l.ExternalID {
	case query.Used:
		add(ordinary, "external id "+ids)
	case query.Mixed:
		add(ordinary, "external id "+ids+" in part")
	case query.NotUsed:
		if l.ThirdParty {
			add(red, "no external id")
		}
	}
	return facts
}

func isAnonymous(account string) bool {
	return strings.EqualFold(account, "anonymous") || account == "ANONYMOUS_PRINCIPAL"
}
