package query

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// wayKey is what tells ways apart.
type wayKey struct{ who, from, role, to string }

// way is an AccessLine being counted.
type way struct {
	AccessLine
	calls, opening comings
	external       map[string]bool
}

type accessBook struct {
	own, logged  map[string]bool // accounts; see ownBeside
	lines        map[wayKey]*way
	unknown      *distinct
	unknownCalls int
}

// read counts the calls, and those by which the ways were opened.
func (b *accessBook) read(ctx context.Context, q *question) error {
	o := &opened{r: q.reader, each: func(key wayKey, call openedBy, f *lineage.Fact) {
		if anyOf(q.filter.Accounts, key.to) {
			b.open(key, call, f)
		}
	}}
	var failed error
	err := q.eachTally(ctx, func(t *Tally, c *lineage.Chain) {
		b.add(t, c)
		if failed == nil {
			failed = o.add(ctx, t, c)
		}
	})
	return cmp.Or(err, failed, o.flush(ctx))
}

func (b *accessBook) add(t *Tally, c *lineage.Chain) {
	key, by, ok := wayOf(t, c)
	if !ok {
		if last := acting(c); c.Origin == nil && last != nil && last.Rule == "" && t.Caller.Created != 0 {
			b.unknownCalls += t.Events
			b.unknown.add(t.Caller.SessionKey())
		}
		return
	}
	w := b.way(key)
	w.Calls += t.Events
	w.Writes += t.Writes
	w.Errors += t.Errors
	w.calls.add(t, c, b.own)
	w.opened(by)
}

// open counts a call that opened a way.
func (b *accessBook) open(key wayKey, call openedBy, f *lineage.Fact) {
	w := b.way(key)
	w.opening.add(&call.tally, call.chain, b.own)
	w.askedWith(f.Request.ExternalID)
	if f.Request.SerialNumber != "" {
		w.MFA.add(true)
	}
}

// way is the line of a key.
func (b *accessBook) way(key wayKey) *way {
	w := b.lines[key]
	if w == nil {
		w = &way{external: map[string]bool{}}
		w.FromAccount, w.RoleARN, w.ToAccount = key.from, key.role, key.to
		b.lines[key] = w
	}
	return w
}

// comings are some calls of one way: who speaks for them, and when they were.
type comings struct {
	chain       *lineage.Chain
	told        speaker
	first, last cloudtrail.Time
	thirdParty  bool
}

func (m *comings) add(t *Tally, c *lineage.Chain, own map[string]bool) {
	said := speakerOf(t, c, false)
	if m.chain == nil {
		m.first, m.last = t.Time, t.Last
	}
	if m.chain == nil || said.before(&m.told) {
		m.chain, m.told = c, said
	}
	m.first, m.last = min(m.first, t.Time), max(m.last, t.Last)
	m.thirdParty = m.thirdParty || fromThirdParty(&Row{Use: t.Use}, c, own)
}

// done completes the line: of the calls, or where there is none of how it was opened.
func (w *way) done() {
	m := w.calls
	if m.chain == nil {
		m = w.opening
	}
	w.Chain, w.First, w.Last, w.ThirdParty = m.chain, m.first, m.last, m.thirdParty
	if ids := sortedKeys(w.external); len(ids) > 0 {
		w.ExternalIDs = ids[:min(len(ids), mostShown)]
	}
}

// opened notes how the session was asked for that a way leads through.
func (w *way) opened(by *lineage.Hop) {
	if by == nil {
		return
	}
	switch {
	case by.MFA != cloudtrail.Absent:
		w.MFA.add(by.MFA == cloudtrail.True)
	case by.Issuance != nil && by.Issuance.Request.SerialNumber != "":
		w.MFA.add(true)
	}
	if by.Issuance == nil || by.By != "AssumeRole" {
		return
	}
	asked := by.Issuance.Request.ExternalID
	for _, c := range by.Copies {
		asked = cmp.Or(asked, c.Request.ExternalID)
	}
	w.askedWith(asked)
}

// askedWith notes the external id that a role was asked for with, "" for none.
func (w *way) askedWith(asked string) {
	w.ExternalID.add(asked != "")
	if asked != "" && len(w.external) < mostKept {
		w.external[asked] = true
	}
}

func (b *accessBook) sorted(newest bool) []AccessLine {
	writes, calls := map[string]int{}, map[string]int{}
	for key, w := range b.lines {
		w.done()
		w.Silent = b.own[key.from] && !b.logged[key.from]
		writes[key.to] += w.Writes
		calls[key.to] += w.Calls
	}
	first := func(x, y bool) int {
		if x == y {
			return 0
		} else if x {
			return -1
		}
		return 1
	}
	isNew := func(w *way) bool { return w.FirstTime == cloudtrail.True }
	keys := slices.SortedFunc(maps.Keys(b.lines), func(x, y wayKey) int {
		a, z := b.lines[x], b.lines[y]
		latest := 0
		if newest {
			latest = cmp.Compare(z.Last, a.Last)
		}
		return cmp.Or(latest,
			cmp.Compare(writes[y.to], writes[x.to]), cmp.Compare(calls[y.to], calls[x.to]), cmp.Compare(x.to, y.to),
			first(isNew(a), isNew(z)), first(a.ThirdParty, z.ThirdParty),
			cmp.Compare(z.Writes, a.Writes), cmp.Compare(z.Calls, a.Calls),
			cmp.Compare(x.who, y.who), cmp.Compare(x.from, y.from), cmp.Compare(x.role, y.role))
	})
	lines := make([]AccessLine, 0, len(keys))
	for _, key := range keys {
		lines = append(lines, b.lines[key].AccessLine)
	}
	return lines
}
