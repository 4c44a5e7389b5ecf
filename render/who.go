package render

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// whoTable prints, for each answer, what was asked about, the chain as a tree,
// and the proof of each hop. A name that fits several people lists them.
func whoTable(w io.Writer, a *query.WhoAnswer, style Style) error {
	p := &page{style: style}
	if len(a.Answers) == 0 {
		p.absent(a.Asked, a.Absent)
		return p.writeTo(w)
	}
	if len(a.Answers) > 1 {
		p.line("", say(strong, plural(len(a.Answers), "answer")), say(ordinary, fmt.Sprintf(" fit the %s %s", a.As, a.Asked)))
		p.blank("")
	}
	people := style.peopleOf(a.Answers)
	switch several := len(people) > 1; {
	case several && (a.As == query.AsName || len(a.Answers) > mostProofs) && a.As != query.AsRecord:
		p.severalPeople(people)
	case !several && a.As != query.AsEvent && a.As != query.AsRecord:
		p.onePerson(people[0])
	default:
		for i, x := range a.Answers {
			if i > 0 {
				p.line("", say(faint, strings.Repeat("-", min(style.columns(), 40))))
			}
			p.whoAnswer(x)
		}
	}
	return p.writeTo(w)
}

func (p *page) whoAnswer(a query.Answer) {
	if a.Row != nil {
		p.question(a)
	}
	if a.Chain == nil {
		return
	}
	p.chainTree(a.Chain, a.Places)
	hops := slices.DeleteFunc(numberedHops(a), func(n numbered) bool {
		return n.hop.Issuance == nil && n.hop.Rule == "" && len(n.hop.Proof.RuledOut) == 0
	})
	origin, named := namedBy(a)
	if len(hops) > 0 || named {
		words := "what it rests on"
		if len(hops) > 0 {
			words = "what each hop rests on; " + gradeOf(lineage.Exact).mark + " marks what is equal in both records"
		}
		p.heading("PROOF", words)
	}
	if named {
		p.named(origin, a.Chain.Origin)
	}
	for _, n := range hops {
		p.proof(n)
	}
	p.open(a.Chain)
}

// question prints the event or session that was asked about.
func (p *page) question(a query.Answer) {
	r := a.Row
	what := say(strong, calledWords(r.EventSource, r.EventName))
	if s := a.Session; s != nil {
		if s.ID != "" {
			p.flow("", "  ", "  ", say(strong, "session"), say(strong, s.ID))
			p.flow("  ", "  ", "  ", say(ordinary, s.SessionARN))
		} else { // no session: long-term credentials, or a service
			p.flow("", "  ", "  ", say(strong, "caller"), say(strong, caller(r.Caller)))
			for _, k := range s.AccessKeyIDs {
				p.flow("  ", "  ", " ", say(faint, "key"), say(ordinary, k))
			}
		}
		p.flow("  ", "  ", ", ", say(ordinary, plural(s.Calls, "call")), say(ordinary, plural(s.Writes, "write")), say(ordinary, plural(s.Errors, "error")),
			say(ordinary, span(s.First, s.Last)))
		first := "first call"
		if a.Unused {
			first = "no record shows it in use; its issuance is"
		}
		p.flow("  ", "    ", "  ", say(faint, first), what, say(ordinary, r.ID.Event))
	} else {
		p.flow("", "  ", "  ", what, say(strong, r.ID.Event))
	}
	p.flow("  ", "  ", ", ", say(ordinary, stamp(r.Time)), say(ordinary, p.style.inAccount(r.ID.Recipient)), say(ordinary, r.Region),
		say(ordinary, p.from(r.SourceIP)))
	for _, t := range r.Resources {
		p.flow("  ", "  ", " ", say(faint, "to"), say(ordinary, t))
	}
	if r.ErrorCode != "" {
		p.prose("  ! ", "    ", red, r.ErrorCode+" "+r.ErrorMessage)
	}
	p.otherForms("  ", a.Line)
	p.blank("")
}

func (p *page) from(address string) string {
	if address == "" {
		return ""
	}
	return "from " + p.address(address)
}

// chainTree prints a chain, origin first; at is from where its last session was used.
func (p *page) chainTree(c *lineage.Chain, at query.Places) {
	g := p.style.glyphs()
	switch {
	case c.Origin != nil:
		p.originHead(c.Origin, g.dot, "")
		p.flow(g.bar, g.bar, "  ", say(toneOf(c.Evidence), gradeOf(c.Evidence).mark+" "+gradeOf(c.Evidence).word), ruled(c.Origin))
	case len(c.Candidates)+len(c.Conflicts) > 0:
		p.flow(g.dot, "  ", " ", p.mark(lineage.Contested), say(strong, p.style.disputed(c.Candidates, c.Conflicts)), say(red, "contested: none is picked"))
	default:
		p.flow(g.dot, "  ", " ", p.mark(lineage.Unresolved), say(strong, "nothing in these logs tells who it is"))
	}
	indent := ""
	hops := c.Hops
	for i := range hops {
		if i == 0 {
			p.blank(g.bar)
		}
		last := i == len(hops)-1
		body := indent + g.none + g.bar
		if last {
			body = indent + g.none + g.none
		}
		p.hopHead(indent+g.last, body, &hops[i], 1, false)
		if last {
			p.places(body, at)
		} else {
			p.blank(body)
		}
		indent += g.none
	}
	for _, v := range c.Via {
		p.blank("")
		if v.Hop != nil {
			p.hopHead("by way of ", "  ", v.Hop, 1, false)
			continue
		}
		p.flow("by way of ", "  ", " ", say(strong, service(v.Service)), say(strong, p.style.inAccount(v.AccountID)))
	}
	p.blank("")
}

func ruled(o *lineage.Origin) piece {
	if o.Rule == "" {
		return piece{}
	}
	return say(faint, "("+string(o.Rule)+")")
}

// open prints what the chain leaves open.
func (p *page) open(c *lineage.Chain) {
	for _, x := range c.Candidates {
		who, event := "somebody not known", ""
		if x.Origin != nil {
			who = p.style.titled(x.Origin)
		}
		if x.Event != nil {
			event = x.Event.ID.Event
		}
		p.flow("? ", "    ", "  ", say(strong, who), say(ordinary, "fits by"), say(ordinary, event))
		if x.Event != nil {
			p.place("in ", x.Event.Location)
		}
	}
	for _, x := range c.Conflicts {
		if x.Origin != nil {
			p.flow("? ", "    ", "  ", say(strong, p.style.titled(x.Origin)), say(ordinary, "is named by "+x.Says), say(ordinary, x.Origin.ID))
		}
	}
	for i, g := range c.Gaps {
		if i == 0 {
			p.heading("MISSING", "why the chain stops short, and what to collect")
		}
		p.prose(gradeOf(lineage.Unresolved).mark+" ", "  ", strong, gapMeans(g.Reason))
		if g.Lost {
			p.prose("  ", "  ", red, lostMeans)
		}
		p.flow("  ", "  ", "  ", say(faint, string(g.Reason)), say(ordinary, p.style.inAccount(g.AccountID)), say(ordinary, g.Region), say(ordinary, between(g)))
		if f := folder(g); f != "" {
			p.line("    ", say(cyan, f))
		}
		p.blank("")
	}
}

func between(g lineage.Gap) string {
	if g.From.IsZero() && g.Until.IsZero() {
		return ""
	}
	return span(g.From, g.Until)
}

// absent says what the data covers, where it does not have what was asked for.
func (p *page) absent(asked string, a *query.Absence) {
	p.prose("", "  ", strong, asked+" is not in these logs.")
	if a == nil {
		return
	}
	p.lack("", a.Lack)
	switch {
	case a.Files == 0 && !a.Some:
		p.prose("", "", ordinary, "No log file was read, so that says nothing.")
		return
	case a.Account != "" && len(a.Spans) == 0:
		p.prose("", "", ordinary, fmt.Sprintf("That is no proof that it did not happen: %s read, none of account %s.", filesRead(a), p.style.named(a.Account)))
		if whose := p.style.whoseLog(a.Account); whose != "" {
			p.prose("", "", ordinary, whose)
		}
		return
	}
	p.prose("", "", ordinary, fmt.Sprintf("That is no proof that it did not happen. %s read:", filesRead(a)))
	p.blank("")
	var t columnar
	t.head("ACCOUNT", "REGION", "FILES", "DELIVERED")
	for _, s := range a.Spans {
		delivered := "no delivery stamp in the names"
		if !s.First.IsZero() {
			delivered = span(s.First, s.Newest)
		}
		account := s.Account
		if name := p.style.Names.Of(s.Account); name != "" {
			account += " (" + name + ")"
		}
		t.row([]string{delivered}, say(ordinary, account), say(ordinary, s.Region), say(ordinary, fileCount(s.Files)))
	}
	p.table("  ", &t)
}

// filesRead is how many log files there are, as a sentence begins.
func filesRead(a *query.Absence) string {
	if a.Some {
		return "Log files were"
	}
	return plural(a.Files, "log file")
}

// fileCount is how many there are of one log.
func fileCount(n int) string {
	if n == 0 {
		return "some"
	}
	return strconv.Itoa(n)
}
