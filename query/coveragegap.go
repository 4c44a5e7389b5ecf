package query

import (
	"cmp"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// gapBook counts what the holes leave unexplained. What is missing is counted by
// day, or by the silent or lost span it falls into; days on end become one entry.
type gapBook struct {
	coverage *coverageBook
	gaps     map[holeKey]*CoverageGap
	sessions *distinct
	explains map[lineage.Lost]*LostSpan
}

type holeKey struct {
	reason          lineage.Reason
	account, region string
	hole            Hole
	from            cloudtrail.Time // of the silent or lost span, else the day
}

const (
	day          = 24 * hour
	late         = hour / 4 // after its event a file may come so much later
	mostExamples = 3
)

func newGapBook(c *coverageBook) *gapBook {
	return &gapBook{coverage: c, gaps: map[holeKey]*CoverageGap{}, sessions: newDistinct(), explains: map[lineage.Lost]*LostSpan{}}
}

func (b *gapBook) add(t *Tally, c *lineage.Chain) {
	for i, gap := range c.Gaps {
		if !collectable(gap.Reason) || slices.Contains(c.Gaps[:i], gap) {
			continue
		}
		hole, span, missing := b.coverage.hole(&gap)
		key := holeKey{gap.Reason, gap.AccountID, gap.Region, hole, cmp.Or(gap.From, gap.Until) / day}
		if hole.spanned() {
			key.from = span.From
		}
		g := b.gaps[key]
		if g == nil {
			g = &CoverageGap{Gap: gap, Hole: hole, Span: span, File: missing.File}
			b.gaps[key] = g
		}
		g.From, g.Until = earliest(g.From, gap.From), max(g.Until, gap.Until)
		g.Calls += t.Events
		session := t.Caller.SessionKey()
		if b.sessions.add(string(key.reason) + keySep + key.account + keySep + key.region + keySep + string(hole) + keySep + key.from.String() + keySep + session) {
			g.Sessions++
		}
		g.Many = g.Many || b.sessions.n() == mostDistinct
		name := cmp.Or(t.Caller.SessionID(), t.Caller.AccessKeyID, t.Caller.PrincipalID, t.Caller.ARN, t.Caller.AccountID)
		g.Examples = example(g.Examples, name)
		if hole == LostFiles {
			b.explained(missing, t.Events, session, name)
		}
	}
}

// explained counts what a lost span leaves open.
func (b *gapBook) explained(by lineage.Lost, calls int, session, name string) {
	l := b.explains[by]
	if l == nil {
		l = &LostSpan{Lost: by}
		b.explains[by] = l
	}
	l.Calls += calls
	if b.sessions.add(string(LostFiles) + keySep + by.Account + keySep + by.Region + keySep + by.From.String() + keySep + by.File + keySep + session) {
		l.Sessions++
	}
	l.Many = l.Many || b.sessions.n() == mostDistinct
	l.Examples = example(l.Examples, name)
}

// lost are the lost spans of the span and places asked for, with what they explain.
func (b *gapBook) lost() []LostSpan {
	var all []LostSpan
	f := b.coverage.f
	for at, spans := range b.coverage.quiet.lost {
		for _, l := range spans {
			if !b.coverage.asked(at) || f.Since != 0 && l.Until < f.Since || f.Until != 0 && l.From > f.Until {
				continue
			}
			if known := b.explains[l]; known != nil {
				all = append(all, *known)
			} else {
				all = append(all, LostSpan{Lost: l})
			}
		}
	}
	slices.SortFunc(all, func(x, y LostSpan) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.From, y.From), cmp.Compare(x.File, y.File))
	})
	return all
}

// spanned reports whether a hole has a span of its own.
func (h Hole) spanned() bool { return h == SilentHours || h == LostFiles }

// example keeps the first few names, in whatever order they come.
func example(all []string, name string) []string {
	at, there := slices.BinarySearch(all, name)
	if name == "" || there || at == mostExamples {
		return all
	}
	all = slices.Insert(all, at, name)
	return all[:min(len(all), mostExamples)]
}

// collectable reports whether a log that exists somewhere would close the gap.
func collectable(r lineage.Reason) bool {
	switch r {
	case lineage.NoIssuerLog, lineage.CallerAccountNotCollected, lineage.BeforeCoverage, lineage.Pending, lineage.NotWatched:
		return true
	}
	return false
}

// hole is what of the coverage may be why something is missing. What happens in
// a region may be logged there or in us-east-1.
func (b *coverageBook) hole(g *lineage.Gap) (Hole, Hours, lineage.Lost) {
	places := [...]logPlace{{g.AccountID, g.Region}, {g.AccountID, "us-east-1"}}
	for _, at := range places {
		if l, ok := b.quiet.lostAt(at, g.From, g.Until); ok && g.AccountID != "" {
			return LostFiles, Hours{l.From, l.Until}, l
		}
	}
	hole, silent := b.silentHole(g, places)
	return hole, silent, lineage.Lost{}
}

// silentHole is the hole where nothing is proved.
func (b *coverageBook) silentHole(g *lineage.Gap, places [2]logPlace) (Hole, Hours) {
	switch {
	case g.AccountID == "" || len(b.accounts) == 0:
		return NotKnown, Hours{}
	case !b.accounts[g.AccountID] && b.delivered[g.AccountID] == nil:
		return NoAccount, Hours{}
	case b.there[places[0]] == nil && b.there[places[1]] == nil:
		if !b.accounts[g.AccountID] || b.regions[places[0]] || b.regions[places[1]] {
			return NotKnown, Hours{}
		}
		return NoRegion, Hours{}
	case g.Reason == lineage.BeforeCoverage:
		return BeforeFirst, Hours{}
	case g.Reason == lineage.Pending:
		return BehindNewest, Hours{}
	}
	for _, at := range places {
		for _, h := range b.silent[at] {
			if h.From <= g.Until+late && g.From <= h.Until {
				return SilentHours, h
			}
		}
	}
	return NoHole, Hours{}
}

// earliest is the earlier of two moments of which one may not be known.
func earliest(x, y cloudtrail.Time) cloudtrail.Time {
	if x == 0 || y != 0 && y < x {
		return y
	}
	return x
}

// done joins days on end and puts all in order.
func (b *gapBook) done() []CoverageGap {
	keys := slices.SortedFunc(maps.Keys(b.gaps), func(x, y holeKey) int {
		return cmp.Or(cmp.Compare(x.reason, y.reason), cmp.Compare(x.account, y.account), cmp.Compare(x.region, y.region),
			cmp.Compare(x.hole, y.hole), cmp.Compare(x.from, y.from))
	})
	var all []CoverageGap
	for i, key := range keys {
		g := b.gaps[key]
		if i > 0 && !key.hole.spanned() {
			before := keys[i-1]
			if before.from++; before == key {
				last := &all[len(all)-1]
				last.Until = max(last.Until, g.Until)
				last.Sessions += g.Sessions
				last.Calls += g.Calls
				last.Many = last.Many || g.Many
				for _, name := range g.Examples {
					last.Examples = example(last.Examples, name)
				}
				continue
			}
		}
		all = append(all, *g)
	}
	slices.SortStableFunc(all, func(x, y CoverageGap) int { return cmp.Compare(y.Calls, x.Calls) })
	return all
}
