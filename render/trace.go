package render

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Trace prints who did what, for people: first everybody in a line each, then a
// tree for each, then what is contested, what is not resolved and what to
// collect, and the totals.
func Trace(w io.Writer, sum *query.Summary, style Style) error {
	p := &page{style: style}
	for _, o := range sum.Origins {
		p.origins = append(p.origins, o.Origin)
	}
	p.overview(sum)
	for _, o := range sum.Origins[:min(len(sum.Origins), mostTrees)] {
		p.origin(o)
	}
	p.leftOut(len(sum.Origins) - mostTrees)
	for i, c := range sum.Contested[:min(len(sum.Contested), mostTrees)] {
		if i == 0 {
			p.heading("CONTESTED", "more than one fits, so none is picked")
		}
		p.contested(c)
	}
	p.leftOut(len(sum.Contested) - mostTrees)
	for i, g := range sum.Unresolved {
		if i == 0 {
			p.heading("NOT RESOLVED", "what is missing, and what to collect")
		}
		p.gap(g)
	}
	p.totals(sum)
	return p.writeTo(w)
}

// mostTrees is how many origins, and how many disputes, are shown in full:
// nobody reads more. They come in the order of what they changed.
const mostTrees = 40

func (p *page) leftOut(n int) {
	if n <= 0 {
		return
	}
	p.flow("", "  ", " ", say(strong, fmt.Sprintf("… and %d more, who changed less.", n)),
		say(ordinary, "--origin NAME shows one,"), say(ordinary, "--role, --account, --writes fewer,"), say(ordinary, "-o jsonl every call."))
	p.blank("")
}

func (p *page) heading(word, meaning string) {
	pieces := []piece{say(strong, word+" ")}
	for w := range strings.FieldsSeq(meaning) {
		pieces = append(pieces, say(ordinary, w))
	}
	p.flow("", "  ", " ", pieces...)
	p.blank("")
}

// overviewRows bounds the first screen.
const overviewRows = 12

func (p *page) overview(sum *query.Summary) {
	t := sum.Totals
	if t.Events == 0 {
		p.line("", say(strong, "No calls to trace"), say(ordinary, fmt.Sprintf(" in %s.", plural(t.Files, "log file"))))
		return
	}
	calls := plural(t.Events, "call")
	switch {
	case sum.Limit > 0 && sum.Newest:
		calls = "the newest " + calls + " (as --limit asks)"
	case sum.Limit > 0:
		calls = "the first " + calls + " (as --limit asks)"
	}
	p.flow("", "", " ", say(strong, "Who made "+calls),
		say(strong, "in "+plural(len(t.Accounts), "account")+":"), say(ordinary, span(t.First, t.Last)))
	p.blank("")
	var table columnar
	table.head("", "WHO", "CALLS", "WRITES", "ERRORS", "THROUGH")
	add := func(mark, who piece, a query.Activity, through []string) {
		table.row(through, mark, who, say(ordinary, strconv.Itoa(a.Events)), count(a.Writes, yellow), count(a.Errors, red))
	}
	for _, o := range sum.Origins[:min(len(sum.Origins), overviewRows)] {
		add(p.marks(o.Evidence), say(strong, p.style.told(o.Origin, p.origins)), o.Activity, rolesOf(o.Nodes))
	}
	for _, c := range sum.Contested[:min(len(sum.Contested), overviewRows)] {
		add(p.mark(lineage.Contested), say(strong, p.style.disputed(c.Candidates, c.Conflicts)), c.Activity, rolesOf(c.Nodes))
	}
	var open query.Activity
	for _, g := range sum.Unresolved {
		open.Events += g.Activity.Events
		open.Writes += g.Activity.Writes
		open.Errors += g.Activity.Errors
	}
	if open.Events > 0 {
		add(p.mark(lineage.Unresolved), say(strong, "not resolved"), open, nil)
	}
	p.table("  ", &table)
	if more := max(len(sum.Origins)-overviewRows, 0) + max(len(sum.Contested)-overviewRows, 0); more > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more below", more)))
	}
	p.blank("")
	p.legend("  ")
	p.blank("")
}

func (p *page) legend(indent string) {
	pieces := []piece{say(faint, "how sure:")}
	for e := lineage.Exact; e <= lineage.Unresolved; e++ {
		g := gradeOf(e)
		pieces = append(pieces, say(toneOf(e), g.mark+" "+g.word))
	}
	p.flow(indent, indent, "  ", pieces...)
	p.flow(indent, indent, "  ", say(faint, "calls:   "), say(yellow, "w write"), say(red, "! failed"))
}

func (p *page) mark(e lineage.Evidence) piece { return say(toneOf(e), gradeOf(e).mark) }

// marks is the weakest evidence of an origin's events: what one can lean on.
func (p *page) marks(by [lineage.Unresolved + 1]int) piece {
	for e := lineage.Unresolved; e >= lineage.Exact; e-- {
		if by[e] > 0 {
			return p.mark(e)
		}
	}
	return piece{}
}

func count(n int, t tone) piece {
	if n == 0 {
		return say(faint, "0")
	}
	return say(t, strconv.Itoa(n))
}

// rolesOf names the roles that a tree goes through.
func rolesOf(nodes []*query.Node) []string {
	var names []string
	var walk func([]*query.Node)
	walk = func(nodes []*query.Node) {
		for _, n := range nodes {
			if n.Hop != nil {
				if name := roleName(n.Hop); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			walk(n.Children)
		}
	}
	walk(nodes)
	return names
}

func (p *page) origin(o *query.OriginSummary) {
	g := p.style.glyphs()
	p.originHead(o.Origin, g.dot, covers(o.SignedIn, o.Events))
	indent := g.bar
	if len(o.Nodes) == 0 {
		indent = g.none
	}
	p.activity(indent, o.Activity, o.Evidence)
	p.nodes(indent, o.Origin.AccountID, o.Nodes)
	p.blank("")
}

// originHead prints who an origin is, and how it signed in; covers
// says of how much of what it did that is known, "" where nothing was counted.
func (p *page) originHead(o *lineage.Origin, bullet, covers string) {
	p.flow(bullet, "  ", "  ", say(strong, p.style.originWord(o)),
		say(ordinary, strings.TrimSpace(string(o.Kind)+" "+p.style.inAccount(o.AccountID))))
	indent := p.style.glyphs().bar
	id := o.ARN
	if id == "" || o.Kind == lineage.IdentityCenterUser {
		id = o.ID
	}
	facts := []piece{say(ordinary, id)}
	if o.PrincipalID != "" && o.ARN != "" && p.style.told(o, p.origins) != p.style.titled(o) {
		facts = append(facts, say(ordinary, o.PrincipalID))
	}
	if strings.HasPrefix(o.Workload, "arn:") {
		facts = append(facts, say(ordinary, o.Workload))
	}
	if o.AccessKeyID != "" {
		facts = append(facts, say(ordinary, "key "+o.AccessKeyID))
	}
	if o.Kind == lineage.AWSAccount {
		facts = append(facts, say(ordinary, "its name is in the log of that account"))
	}
	if s := o.SignIn; s != nil {
		text := s.By + " " + stamp(s.Event.Time)
		if s.MFA == cloudtrail.True {
			text += " with MFA"
		}
		if s.SourceIP != "" {
			text += " from " + p.address(s.SourceIP)
		}
		facts = append(facts, say(ordinary, text+covers))
	}
	p.flow(indent, indent, "  ", facts...)
}

// covers says how many calls were made in a sign-in, where that is not all.
func covers(n, all int) string {
	if n == all {
		return ""
	}
	return fmt.Sprintf(", for %d of %s", n, plural(all, "call"))
}

// activity prints how much was done, when, and from where.
func (p *page) activity(indent string, a query.Activity, by [lineage.Unresolved + 1]int) {
	pieces := []piece{say(ordinary, plural(a.Events, "call"))}
	if a.Writes > 0 {
		pieces = append(pieces, say(yellow, plural(a.Writes, "write")))
	}
	if a.Errors > 0 {
		pieces = append(pieces, say(red, plural(a.Errors, "error")))
	}
	pieces = append(pieces, say(ordinary, span(a.First, a.Last)))
	if from := p.top(a.Addresses, 3); from != "" {
		pieces = append(pieces, say(ordinary, "from "+from))
	}
	for e := lineage.Exact; e <= lineage.Unresolved; e++ {
		if by[e] > 0 && by[e] < a.Events {
			pieces = append(pieces, say(toneOf(e), fmt.Sprintf("%s %d %s", gradeOf(e).mark, by[e], gradeOf(e).word)))
		}
	}
	p.flow(indent, indent+"  ", ", ", pieces...)
}

// top lists the most frequent values, n at most, with names beside addresses.
func (p *page) top(t query.Top, n int) string {
	var words []string
	for _, x := range t.Most[:min(n, len(t.Most))] {
		words = append(words, p.address(x.Value))
	}
	more := t.More + max(len(t.Most)-n, 0)
	text := strings.Join(words, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %s%d more", atLeast(t.Many), more)
	}
	return text
}

func atLeast(many bool) string {
	if many {
		return "at least "
	}
	return ""
}

func (p *page) address(a string) string {
	if name := p.style.Names.Of(a); name != "" {
		return a + " (" + name + ")"
	}
	return a
}

func (p *page) contested(c *query.ContestedSummary) {
	g := p.style.glyphs()
	p.flow("", "  ", " ", p.mark(lineage.Contested), say(strong, p.style.disputed(c.Candidates, c.Conflicts)))
	for _, x := range c.Candidates {
		if x.Origin != nil {
			text := "fits: " + x.Origin.ID
			if x.Event != nil {
				text += ", by the issuance " + x.Event.ID.Event
			}
			p.prose(g.bar, g.bar+"  ", ordinary, text)
		}
	}
	for _, x := range c.Conflicts {
		if x.Origin != nil {
			p.prose(g.bar, g.bar+"  ", ordinary, x.Says+" names: "+x.Origin.ID)
		}
	}
	p.activity(g.bar, c.Activity, [lineage.Unresolved + 1]int{})
	p.nodes(g.bar, "", c.Nodes)
	p.blank("")
}

func (p *page) gap(s *query.GapSummary) {
	g := p.style.glyphs()
	indent := g.bar
	if len(s.Nodes) == 0 {
		indent = g.none
	}
	p.prose(p.mark(lineage.Unresolved).text+" ", "  ", strong, gapMeans(s.Gap.Reason))
	if s.Gap.Lost {
		p.prose(indent, indent, red, lostMeans)
	}
	p.flow(indent, indent, "  ", say(faint, string(s.Gap.Reason)), say(ordinary, p.style.inAccount(s.Gap.AccountID)), say(ordinary, s.Gap.Region),
		say(ordinary, span(s.Gap.From, s.Gap.Until)))
	if s.Activity.Events > 0 {
		p.activity(indent, s.Activity, [lineage.Unresolved + 1]int{})
	}
	if with := s.Events - s.Activity.Events; with > 0 {
		p.prose(indent, indent, ordinary, fmt.Sprintf("%s shown above would be told better", plural(with, "call")))
	}
	if folder := folder(s.Gap); folder != "" {
		p.prose(indent, indent, ordinary, "collect, and trace again together with what is here:")
		p.line(indent+"  ", say(cyan, folder))
	}
	p.nodes(indent, s.Gap.AccountID, s.Nodes)
	p.blank("")
}

func (p *page) totals(sum *query.Summary) {
	t := sum.Totals
	if t.Events == 0 {
		return
	}
	p.flow("", "  ", ", ", say(strong, plural(t.Events, "call")), say(ordinary, plural(t.Writes, "write")), say(ordinary, plural(t.Errors, "error")),
		say(ordinary, plural(t.Sessions, "session")), say(ordinary, plural(t.Origins, "origin")), say(ordinary, plural(len(t.Accounts), "account")),
		say(ordinary, plural(t.Files, "log file")))
	pieces := []piece{}
	for e := lineage.Exact; e <= lineage.Unresolved; e++ {
		if n := t.ByEvidence[e]; n > 0 {
			pieces = append(pieces, say(toneOf(e), fmt.Sprintf("%s %s %d", gradeOf(e).mark, gradeOf(e).word, n)))
		}
	}
	p.flow("", "  ", "  ", pieces...)
	if key := someKey(sum); key != "" && p.style.From != "" {
		p.blank("")
		p.flow("", "  ", " ", say(faint, "The proof, record beside record:"), say(cyan, p.style.Program+" who "+key+" "+p.style.From))
	}
}

// someKey is an access key that the proof can be asked for.
func someKey(sum *query.Summary) string {
	var find func([]*query.Node) string
	find = func(nodes []*query.Node) string {
		for _, n := range nodes {
			if n.Hop != nil && n.Hop.Issuance != nil && n.Events > 0 && safeWord.MatchString(n.Hop.Issuance.Grant.AccessKeyID) {
				return n.Hop.Issuance.Grant.AccessKeyID
			}
			if key := find(n.Children); key != "" {
				return key
			}
		}
		return ""
	}
	for _, o := range sum.Origins {
		if key := find(o.Nodes); key != "" {
			return key
		}
	}
	return ""
}

// safeWord is what may stand in a command that people paste into a shell.
var safeWord = regexp.MustCompile(`^[A-Za-z0-9]+$`)
