package query

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// summaryBook is a Summary being counted. Lines are added in order.
type summaryBook struct {
	totals    Totals
	span      activity
	accounts  map[string]bool
	sessions  map[string]bool
	origins   map[string]*originEntry
	contested map[string]*contestedEntry
	gaps      map[gapKey]*gapEntry
	places    map[callerChain]*place
}

// place is where the calls of a caller with one chain are counted, found once.
type place struct {
	origin *originEntry
	node   *node
	gaps   []*gapEntry
	via    string
}

// mostPlaces is how many are remembered; each holds on to a chain.
const mostPlaces = 1024

type originEntry struct {
	origin   oneOrigin
	evidence [lineage.Unresolved + 1]int
	signedIn int
	tree
}

type contestedEntry struct {
	candidates []lineage.Candidate
	conflicts  []lineage.Conflict
	tree
}

type gapKey struct {
	reason          lineage.Reason
	account, region string
}

type gapEntry struct {
	gap    lineage.Gap
	events int
	tree
}

func newSummaryBook() *summaryBook {
	return &summaryBook{
		accounts:  map[string]bool{},
		sessions:  map[string]bool{},
		origins:   map[string]*originEntry{},
		contested: map[string]*contestedEntry{},
		gaps:      map[gapKey]*gapEntry{},
		places:    map[callerChain]*place{},
	}
}

func (b *summaryBook) add(l Line) {
	row, c := l.Row, l.Chain
	write := row.IsWrite()
	b.totals.Events++
	if write {
		b.totals.Writes++
	}
	if row.IsError() {
		b.totals.Errors++
	}
	b.totals.ByEvidence[min(c.Evidence, lineage.Unresolved)]++
	b.span.span(row.Time, row.Time)
	if row.ID.Recipient != "" && !b.accounts[row.ID.Recipient] {
		b.accounts[row.ID.Recipient] = true
	}
	p := b.places[callerChain{row.Caller, c}]
	if p == nil {
		if len(b.places) == mostPlaces {
			clear(b.places) // lines come by time: few callers are at work at once
		}
		p = b.place(row, c)
		b.places[callerChain{row.Caller, c}] = p
	}
	p.node.add(row, c, p.via, write)
	if p.origin != nil {
		p.origin.evidence[min(c.Evidence, lineage.Unresolved)]++
		if c.Origin.SignIn != nil {
			p.origin.signedIn++
		}
	}
	for _, g := range p.gaps {
		g.events++
	}
}

func (b *summaryBook) place(row *Row, c *lineage.Chain) *place {
	p := &place{via: viaWords(c.Via)}
	for _, gap := range c.Gaps {
		if g := b.gap(gap); !slices.Contains(p.gaps, g) {
			p.gaps = append(p.gaps, g)
		}
	}
	switch {
	case c.Origin != nil:
		p.origin = b.origins[c.Origin.ID]
		if p.origin == nil {
			p.origin = &originEntry{tree: tree{byRole: c.Origin.Kind == lineage.AWSService}}
			b.origins[c.Origin.ID] = p.origin
		}
		p.origin.origin.add(c.Origin)
		p.node = p.origin.place(row, c, b.sessions)
	case c.Evidence == lineage.Contested || len(c.Candidates)+len(c.Conflicts) > 0:
		p.node = b.dispute(c).place(row, c, b.sessions)
	default:
		if len(p.gaps) == 0 {
			p.gaps = append(p.gaps, b.gap(lineage.Gap{}))
		}
		p.node = p.gaps[0].place(row, c, b.sessions)
	}
	return p
}

func (b *summaryBook) gap(gap lineage.Gap) *gapEntry {
	key := gapKey{gap.Reason, gap.AccountID, gap.Region}
	g := b.gaps[key]
	if g == nil {
		g = &gapEntry{gap: gap}
		b.gaps[key] = g
	}
	if gap.From != 0 && (g.gap.From == 0 || gap.From < g.gap.From) {
		g.gap.From = gap.From
	}
	g.gap.Until, g.gap.Lost = max(g.gap.Until, gap.Until), g.gap.Lost || gap.Lost
	return g
}

// dispute is the entry of those who are in dispute.
func (b *summaryBook) dispute(c *lineage.Chain) *contestedEntry {
	e := &contestedEntry{}
	seen := map[string]bool{}
	var ids []string
	for _, cand := range c.Candidates {
		if id := cand.ID(); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
			e.candidates = append(e.candidates, cand)
		}
	}
	slices.SortFunc(e.candidates, func(x, y lineage.Candidate) int { return cmp.Compare(x.ID(), y.ID()) })
	for _, conflict := range c.Conflicts {
		id := conflict.Says
		if conflict.Origin != nil {
			id += " " + conflict.Origin.ID
		}
		ids = append(ids, id)
		e.conflicts = append(e.conflicts, conflict)
	}
	slices.Sort(ids)
	key := strings.Join(ids, "\x00")
	if b.contested[key] == nil {
		b.contested[key] = e
	}
	return b.contested[key]
}

// viaWords is who made a call on the origin's behalf.
func viaWords(via []lineage.Via) string {
	if len(via) == 0 {
		return ""
	}
	last := via[len(via)-1]
	if last.Hop != nil {
		return cmp.Or(last.Hop.RoleARN, last.Hop.SessionARN, last.Hop.ID)
	}
	return cmp.Or(last.Service, last.AccountID)
}

func (b *summaryBook) summary() *Summary {
	s := &Summary{Totals: b.totals}
	s.Totals.Origins, s.Totals.Sessions = len(b.origins), len(b.sessions)
	s.Totals.Accounts = sortedKeys(b.accounts)
	s.Totals.First, s.Totals.Last = b.span.first, b.span.last
	for _, e := range b.origins {
		nodes, all := e.done()
		s.Origins = append(s.Origins, &OriginSummary{Origin: e.origin.origin(), Evidence: e.evidence, SignedIn: e.signedIn, Activity: all.done(), Nodes: nodes})
	}
	slices.SortFunc(s.Origins, func(x, y *OriginSummary) int {
		return cmp.Or(cmp.Compare(rank(x.Origin), rank(y.Origin)), cmp.Compare(y.Writes, x.Writes),
			cmp.Compare(y.Events, x.Events), cmp.Compare(x.Origin.ID, y.Origin.ID))
	})
	for _, key := range slices.Sorted(maps.Keys(b.contested)) {
		e := b.contested[key]
		nodes, all := e.done()
		s.Contested = append(s.Contested, &ContestedSummary{Candidates: e.candidates, Conflicts: e.conflicts, Activity: all.done(), Nodes: nodes})
	}
	slices.SortStableFunc(s.Contested, func(x, y *ContestedSummary) int { return cmp.Compare(y.Events, x.Events) })
	for _, e := range b.gaps {
		nodes, all := e.done()
		s.Unresolved = append(s.Unresolved, &GapSummary{Gap: e.gap, Events: e.events, Activity: all.done(), Nodes: nodes})
	}
	slices.SortFunc(s.Unresolved, func(x, y *GapSummary) int {
		return cmp.Or(cmp.Compare(y.Activity.Events, x.Activity.Events), cmp.Compare(y.Events, x.Events),
			cmp.Compare(x.Gap.Reason, y.Gap.Reason), cmp.Compare(x.Gap.AccountID, y.Gap.AccountID), cmp.Compare(x.Gap.Region, y.Gap.Region))
	})
	return s
}

// rank puts people and workloads of others before AWS's own services.
func rank(o *lineage.Origin) int {
	if o.Kind == lineage.AWSService {
		return 1
	}
	return 0
}
