package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

const (
	fullBatch    = 4096 // tallies that are linked at once; never fewer than those of one hour
	largestBatch = 32 * fullBatch
)

// countable reports whether a tally tells all that the filter looks at before a
// chain is known.
func (f *Filter) countable() bool {
	return !f.Writes && !f.Errors && len(f.EventNames)+len(f.EventSources)+len(f.IPs)+len(f.UserAgents)+len(f.Resources) == 0 &&
		!slices.ContainsFunc(f.Not, func(n Filter) bool { return n.Since != 0 || n.Until != 0 || !n.countable() })
}

// linkable reports whether what the filter looks at once a chain is known is
// the same for all events of a tally.
func (m *matcher) linkable() bool {
	return m.stage != byRecord && !slices.ContainsFunc(m.nots, func(n *matcher) bool { return n.stage == byChain && !n.f.countable() })
}

// eachTally calls f for the events that pass the filter, counted, with the chain
// of all that are counted together; in any order. It comes to what [question.each]
// would: a tally of which the chain may not be that of each of its events is
// taken apart. Limit and Newest are for the caller.
func (q *question) eachTally(ctx context.Context, f func(*Tally, *lineage.Chain)) error {
	if !q.matcher.linkable() {
		return q.each(ctx, func(l Line) {
			t := tallyOf(l.Row)
			f(&t, l.Chain)
		})
	}
	ctx, cancel := context.WithCancel(ctx)
	free, full := make(chan *batch, 2), make(chan *batch, 2)
	for range cap(free) {
		free <- newBatch(q, f)
	}
	var gathering sync.WaitGroup
	defer gathering.Wait()
	defer cancel()
	var broken error // why gathering ended early; read once full is closed
	gathering.Go(func() {
		defer close(full)
		broken = q.gather(ctx, free, full)
	})
	for b := range full {
		if err := b.flush(ctx); err != nil {
			return err
		}
		free <- b
	}
	return broken
}

// gather reads tallies into batches, while others are being linked.
func (q *question) gather(ctx context.Context, free <-chan *batch, full chan<- *batch) error {
	tallies, counted := TallyRows(q.firstStage(ctx)), q.filter.countable()
	if counted {
		tallies = q.reader.Tallies(ctx, q.forward())
	}
	var b *batch
	for t, err := range tallies {
		if err != nil {
			return fmt.Errorf("counting events: %w", err)
		}
		if counted && !q.first(&Row{Use: t.Use}) {
			continue
		}
		if b != nil && b.full(t) {
			full <- b
			b = nil
		}
		if b == nil {
			select {
			case b = <-free:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		b.add(t)
	}
	if b != nil {
		full <- b
	}
	return ctx.Err()
}

// forward is the selection by time, whatever the question's order.
func (q *question) forward() Selection {
	s := q.selection
	s.Newest = false
	return s
}

// first is the first stage of the filter, and what was asked for besides.
func (q *question) first(r *Row) bool { return q.matcher.row(r) && (q.also == nil || q.also(r)) }

// firstStage yields the rows that pass it, by time.
func (q *question) firstStage(ctx context.Context) func(func(*Row, error) bool) {
	return func(yield func(*Row, error) bool) {
		for row, err := range q.reader.Rows(ctx, q.forward()) {
			if (err != nil || q.first(row)) && !yield(row, err) {
				return
			}
		}
	}
}

// tallyOf is the tally of one event, with its whole Use.
func tallyOf(r *Row) Tally {
	t := NewTally(r)
	t.Use = r.Use
	return t
}

// tallyPlace is where and by whom the events of a tally were made, and in which hour.
// Callers are equal by value: a store may hold one twice.
type tallyPlace struct {
	caller            int
	recipient, region string
	hour              cloudtrail.Time
}

// batch is tallies on their way to their chains.
type batch struct {
	q       *question
	f       func(*Tally, *lineage.Chain)
	tallies []Tally
	at      map[tallyPlace]int // those that hand out no credentials

	byPointer map[*lineage.Identity]int
	byValue   map[lineage.Identity]int
}

func newBatch(q *question, f func(*Tally, *lineage.Chain)) *batch {
	b := &batch{q: q, f: f}
	b.reset()
	return b
}

func (b *batch) reset() {
	b.tallies, b.at = b.tallies[:0], map[tallyPlace]int{}
	b.byPointer, b.byValue = map[*lineage.Identity]int{}, map[lineage.Identity]int{}
}

// full reports whether the batch is to be linked before t comes into it. One
// hour's tallies stay together: the events of one that is taken apart are all
// that were counted in that hour, by whichever tally. (An hour of so many callers
// that it has to be cut is counted right as long as none of them is on both
// sides of the cut.)
func (b *batch) full(t *Tally) bool {
	n := len(b.tallies)
	return n >= largestBatch || n >= fullBatch && t.Time/hour != b.tallies[n-1].Time/hour
}

func (b *batch) place(u *lineage.Use) tallyPlace {
	n, ok := b.byPointer[u.Caller]
	if !ok {
		if n, ok = b.byValue[*u.Caller]; !ok {
			n = len(b.byValue)
			b.byValue[*u.Caller] = n
		}
		b.byPointer[u.Caller] = n
	}
	return tallyPlace{n, u.ID.Recipient, u.Region, u.Time / hour}
}

func (b *batch) add(t *Tally) {
	if issues(t) {
		b.tallies = append(b.tallies, *t)
		return
	}
	place := b.place(&t.Use)
	i, ok := b.at[place]
	if !ok {
		b.at[place] = len(b.tallies)
		b.tallies = append(b.tallies, *t)
		return
	}
	same := &b.tallies[i]
	same.Time, same.Last = min(same.Time, t.Time), max(same.Last, t.Last)
	same.Events += t.Events
	same.Writes += t.Writes
	same.Errors += t.Errors
}

func issues(t *Tally) bool { return lineage.IssuesCredentials(t.EventSource, t.EventName) }

// flush links the batch and hands it on.
func (b *batch) flush(ctx context.Context) error {
	defer b.reset()
	if err := ctx.Err(); err != nil || len(b.tallies) == 0 {
		return err
	}
	slices.SortFunc(b.tallies, func(x, y Tally) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event), cmp.Compare(x.ID.Recipient, y.ID.Recipient))
	})
	uses := make([]lineage.Use, len(b.tallies))
	for i := range b.tallies {
		uses[i] = b.tallies[i].Use
	}
	chains, err := b.q.resolver.Resolve(ctx, uses)
	if err != nil {
		return fmt.Errorf("linking events: %w", err)
	}
	var apart []*Tally
	for i := range b.tallies {
		t := &b.tallies[i]
		// A tally of one event has left out what an unsteady chain may depend on.
		if issues(t) || b.q.resolver.Steady(&uses[i], t.Last) {
			b.give(t, chains[i])
		} else {
			apart = append(apart, t)
		}
	}
	return b.apart(ctx, apart)
}

func (b *batch) give(t *Tally, c *lineage.Chain) {
	if b.q.matcher.chain(&Row{Use: t.Use}, c) {
		b.f(t, c)
	}
}

// apart reads the events of tallies one by one, those of all tallies that are
// found by one kind of id in one go.
func (b *batch) apart(ctx context.Context, tallies []*Tally) error {
	var byPrincipal, byKey, others []*Tally
	for _, t := range tallies {
		switch {
		case t.Caller.PrincipalID != "":
			byPrincipal = append(byPrincipal, t)
		case t.Caller.AccessKeyID != "":
			byKey = append(byKey, t)
		default:
			others = append(others, t)
		}
	}
	return errors.Join(
		b.events(ctx, byPrincipal, func(s *Selection, t *Tally) { s.Principals = append(s.Principals, t.Caller.PrincipalID) }),
		b.events(ctx, byKey, func(s *Selection, t *Tally) { s.AccessKeys = append(s.AccessKeys, t.Caller.AccessKeyID) }),
		b.events(ctx, others, func(*Selection, *Tally) {}),
	)
}

// mostSelected is how many values a selection is worth: of more, a store reads
// as much with it as without.
const mostSelected = 512

func (b *batch) events(ctx context.Context, tallies []*Tally, selectBy func(*Selection, *Tally)) error {
	if len(tallies) == 0 {
		return nil
	}
	s := Selection{Since: tallies[0].Time, Until: tallies[0].Last}
	wanted := map[tallyPlace]bool{}
	for _, t := range tallies {
		wanted[b.place(&t.Use)] = true
		s.Since, s.Until = min(s.Since, t.Time), max(s.Until, t.Last)
		s.Accounts, s.Regions = append(s.Accounts, t.ID.Recipient), append(s.Regions, t.Region)
		selectBy(&s, t)
	}
	for _, list := range []*[]string{&s.Accounts, &s.Regions, &s.Principals, &s.AccessKeys} {
		slices.Sort(*list)
		if *list = slices.Compact(*list); len(*list) > mostSelected || slices.Contains(*list, "") {
			*list = nil
		}
	}
	var rows []Row
	for row, err := range b.q.reader.Rows(ctx, s) {
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if lineage.IssuesCredentials(row.EventSource, row.EventName) || !wanted[b.place(&row.Use)] || !b.q.first(row) {
			continue
		}
		if rows = append(rows, *row); len(rows) == fullBatch {
			if err := b.link(ctx, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return b.link(ctx, rows)
}

func (b *batch) link(ctx context.Context, rows []Row) error {
	lines, err := linkRows(ctx, b.q.resolver, rows)
	for _, l := range lines {
		t := tallyOf(l.Row)
		b.give(&t, l.Chain)
	}
	return err
}
