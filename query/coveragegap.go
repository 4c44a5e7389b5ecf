package query

import (
	"cmp"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// gapBook counts what the holes leave unexplained. What is missing is counted by
// day, or by the silent hours it falls into; days on end become one entry.
type gapBook struct {
	coverage *coverageBook
	gaps     map[holeKey]*CoverageGap
	sessions *distinct
}

type holeKey struct {
	reason          lineage.Reason
	account, region string
	hole            Hole
	from            cloudtrail.Time // of the silent hours, else the day
}

const (
	day          = 24 * hour
	late         = hour / 4 // after its event a file may come so much later
	mostExamples = 3
)

func newGapBook(c *coverageBook) *gapBook {
	return &gapBook{coverage: c, gaps: map[holeKey]*CoverageGap{}, sessions: newDistinct()}
}

func (b *gapBook) add(t *Tally, c *lineage.Chain) {
	for i, gap := range c.Gaps {
		if !collectable(gap.Reason) || slices.Contains(c.Gaps[:i], gap) {
			continue
		}
		hole, silent := b.coverage.hole(&gap)
		key := holeKey{gap.Reason, gap.AccountID, gap.Region, hole, cmp.Or(gap.From, gap.Until) / day}
		if hole == SilentHours {
			key.from = silent.From
		}
		g := b.gaps[key]
		if g == nil {
			g = &CoverageGap{Gap: gap, Hole: hole, Silent: silent}
			b.gaps[key] = g
		}
		g.From, g.Until = earliest(g.From, gap.From), max(g.Until, gap.Until)
		g.Calls += t.Events
		session := t.Caller.SessionKey()
		if b.sessions.add(string(key.reason) + keySep + key.account + keySep + key.region + keySep + string(hole) + keySep + key.from.String() + keySep + session) {
			g.Sessions++
		}
		g.Many = g.Many || b.sessions.n() == mostDistinct
		g.example(cmp.Or(t.Caller.SessionID(), t.Caller.AccessKeyID, t.Caller.PrincipalID, t.Caller.ARN, t.Caller.AccountID))
	}
}

// example keeps the first few names, in whatever order they come.
func (g *CoverageGap) example(name string) {
	at, there := slices.BinarySearch(g.Examples, name)
	if name == "" || there || at == mostExamples {
		return
	}
	g.Examples = slices.Insert(g.Examples, at, name)
	g.Examples = g.Examples[:min(len(g.Examples), mostExamples)]
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
func (b *coverageBook) hole(g *lineage.Gap) (Hole, Hours) {
	places := [...]logPlace{{g.AccountID, g.Region}, {g.AccountID, "us-east-1"}}
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
		if i > 0 && key.hole != SilentHours {
			before := keys[i-1]
			if before.from++; before == key {
				last := &all[len(all)-1]
				last.Until = max(last.Until, g.Until)
				last.Sessions += g.Sessions
				last.Calls += g.Calls
				last.Many = last.Many || g.Many
				for _, name := range g.Examples {
					last.example(name)
				}
				continue
			}
		}
		all = append(all, *g)
	}
	slices.SortStableFunc(all, func(x, y CoverageGap) int { return cmp.Compare(y.Calls, x.Calls) })
	return all
}
