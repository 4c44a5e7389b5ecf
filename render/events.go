package render

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// eventTable prints events as they come, so its columns are settled beforehand
// by the width alone. Where an event and its id do not fit beside each other,
// the id and the place go to a second line: whoever reads on needs the whole id.
type eventTable struct {
	style    Style
	who, did int
	what     int // touched or error, 0 where it goes to the second line
}

const (
	stampWidth = len("2016-04-05 20:39:39Z")
	idWidth    = len("099ff820-00f2-4500-94fc-2b9da26d576f")
	placeWidth = len("999999999999 ap-southeast-2")
	oneLine    = 150 // from here on an event is one line
)

func newEventTable(s Style) eventTable {
	t := eventTable{style: s}
	free := s.columns() - stampWidth - len(" = ")
	if s.columns() >= oneLine {
		free -= idWidth + placeWidth + 4
		t.who, t.did = free*2/5, free*2/5
		t.what = free - t.who - t.did
		return t
	}
	t.who = free / 2
	t.did = free - t.who - 1
	return t
}

func (t eventTable) head(dst []byte) []byte {
	s := t.style
	line := pad("TIME", stampWidth) + "   " + pad("WHO", t.who) + " "
	if t.what > 0 {
		line += pad("DID", t.did) + " " + pad("TO", t.what) + " " + pad("WHERE", placeWidth) + " EVENT"
	} else {
		line += "DID"
	}
	return append(s.paint(dst, faint, line), '\n')
}

// append adds an event and, where it has other forms, where those are.
func (t eventTable) append(dst []byte, l query.Line) []byte {
	dst = t.event(dst, l)
	if l.Row.Forms == 0 {
		return dst
	}
	p := &page{style: t.style}
	p.otherForms("    ", l)
	return append(dst, p.out...)
}

func (t eventTable) event(dst []byte, l query.Line) []byte {
	s, r := t.style, l.Row
	evidence := lineage.Unresolved
	if l.Chain != nil {
		evidence = l.Chain.Evidence
	}
	cell := func(tn tone, text string, n int) {
		dst = s.paint(dst, tn, pad(s.cut(Text(text), n), n))
		dst = append(dst, ' ')
	}
	did, tn := calledWords(r.EventSource, r.EventName), ordinary
	switch {
	case r.ErrorCode != "":
		did, tn = "! "+did+" "+r.ErrorCode, red
	case r.ReadOnly == cloudtrail.False:
		did, tn = "w "+did, yellow
	default:
		did = "  " + did
	}
	place := strings.TrimSpace(r.ID.Recipient + " " + r.Region)
	var touched []string
	for _, x := range r.Resources {
		touched = append(touched, s.touched(x, r.ID.Recipient))
	}
	cell(faint, stamp(r.Time), stampWidth)
	cell(toneOf(evidence), gradeOf(evidence).mark, 1)
	cell(strong, s.actor(l.Chain, r), t.who)
	if t.what > 0 {
		cell(tn, did, t.did)
		cell(ordinary, s.list(touched, 0, t.what), t.what)
		cell(faint, place, placeWidth)
		return append(append(dst, brief(Text(r.ID.Event))...), '\n')
	}
	dst = s.paint(dst, tn, s.cut(Text(did), t.did))
	dst = append(dst, "\n  "...)
	dst = append(dst, brief(Text(r.ID.Event))...)
	rest := s.columns() - 2 - max(idWidth, width(brief(Text(r.ID.Event)))) - 1
	place = s.cut(Text(place), max(rest, 12))
	if room := rest - width(place) - 2; len(touched) > 0 && room >= 8 {
		place += "  " + s.list(touched, 0, room)
	}
	if place == "" {
		return append(dst, '\n')
	}
	dst = append(dst, ' ')
	return append(s.paint(dst, faint, place), '\n')
}

// actor is who did it, and through which role, in a few words.
func (s Style) actor(c *lineage.Chain, r *query.Row) string {
	role, who := "", ""
	if c != nil {
		if n := len(c.Hops); n > 0 {
			role = roleName(&c.Hops[n-1])
		}
		who = s.who(c)
	}
	if who == "" {
		who = "?"
		if role == "" && r.Caller != nil {
			role = callerWords(r.Caller)
		}
	}
	if role == "" {
		return who
	}
	return who + " > " + role
}
