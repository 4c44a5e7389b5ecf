package dynamo

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Rows yields one row an event, as [query.Reader] says. What names events, keys or
// callers is found by an index, anything else by reading all of the span: forms of
// one event are then noticed as one where they are at most ten minutes apart.
func (s *Store) Rows(ctx context.Context, sel query.Selection) iter.Seq2[*query.Row, error] {
	return func(yield func(*query.Row, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop() // of what is read ahead
		give := func(e *event, err error) bool {
			if err != nil {
				yield(nil, err)
				return false
			}
			return e.Variant && !sel.Forms || !matches(&sel, &e.Row) || yield(&e.Row, nil)
		}
		switch {
		case len(sel.EventIDs) > 0:
			s.rowsByID(ctx, &sel, give)
		case len(sel.AccessKeys) > 0 && !slices.Contains(sel.AccessKeys, ""):
			keys, err := s.keysOfAccessKeys(ctx, &sel)
			s.rowsByKey(ctx, &sel, keys, err, give)
		case len(sel.Principals) > 0 && !slices.Contains(sel.Principals, ""):
			keys, err := s.keysOfPrincipals(ctx, &sel)
			s.rowsByKey(ctx, &sel, keys, err, give)
		default:
			s.rowsByTime(ctx, &sel, give)
		}
	}
}

// Tallies counts the events of a selection as [query.Reader] says.
func (s *Store) Tallies(ctx context.Context, sel query.Selection) iter.Seq2[*query.Tally, error] {
	sel.Newest = false
	return query.TallyRows(s.Rows(ctx, sel))
}

func matches(sel *query.Selection, r *query.Row) bool {
	return within(r.Time, sel.Since, sel.Until) &&
		anyOf(sel.EventIDs, r.ID.Event) && anyOf(sel.Accounts, r.ID.Recipient) && anyOf(sel.Regions, r.Region) &&
		anyOf(sel.AccessKeys, r.Caller.AccessKeyID) && isPrincipal(sel.Principals, r.Caller.PrincipalID) &&
		(len(sel.EventNames) == 0 || slices.ContainsFunc(sel.EventNames, func(n string) bool { return strings.EqualFold(n, r.EventName) }))
}

func anyOf(asked []string, value string) bool {
	return len(asked) == 0 || slices.Contains(asked, value)
}

func isPrincipal(asked []string, id string) bool {
	return len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool {
		return id == a || strings.HasPrefix(id, a) && id[len(a)] == ':'
	})
}

// rowsByID gives the events of some ids: consistently, so that an event is there as
// soon as it is written.
func (s *Store) rowsByID(ctx context.Context, sel *query.Selection, give func(*event, error) bool) {
	var partitions []string
	for _, id := range sel.EventIDs {
		if p := eventPartition(id); !slices.Contains(partitions, p) {
			partitions = append(partitions, p)
		}
	}
	events, err := s.eventsIn(ctx, partitions, false)
	if err != nil {
		give(nil, err)
		return
	}
	inOrder(events, sel.Newest)
	for _, e := range events {
		if !give(e, nil) {
			return
		}
	}
}

// eventsIn reads all forms of events, by their partitions, and notes which are forms
// of one event.
func (s *Store) eventsIn(ctx context.Context, partitions []string, eventual bool) ([]*event, error) {
	var mu sync.Mutex
	var all []*event
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAsking)
	for _, p := range partitions {
		group.Go(func() error {
			var forms []*event
			for page, err := range s.pages(gctx, span{partition: p, eventual: eventual}) {
				if err != nil {
					return err
				}
				forms = append(forms, s.eventsOf(gctx, page)...)
			}
			forms = asForms(forms)
			for _, e := range forms {
				if !e.ours {
					s.notCompleted(e.key)
				}
			}
			mu.Lock()
			all = append(all, forms...)
			mu.Unlock()
			return gctx.Err()
		})
	}
	return all, group.Wait()
}

// mostTexts is how many bytes of texts are held at a time of events that are read on.
const mostTexts = 4 << 20

// someOf reads items that are events, until their texts are long. Those that cannot
// be read are told of and left out.
func (s *Store) someOf(ctx context.Context, items []item) (events []*event, left []item) {
	size := 0
	for n, i := range items {
		if size > mostTexts {
			return events, items[n:]
		}
		switch e, err := s.readEvent(ctx, i, false); {
		case err != nil && ctx.Err() != nil:
			return nil, nil
		case err != nil:
			s.leftOut(keyOf(i), err)
		default:
			events = append(events, e)
			size += e.texts
		}
	}
	return events, nil
}

// eventsOf reads all of some items.
func (s *Store) eventsOf(ctx context.Context, items []item) (events []*event) {
	for len(items) > 0 {
		var some []*event
		some, items = s.someOf(ctx, items)
		events = append(events, some...)
	}
	return events
}

// asForms notes of all forms of some events which are of one, and leaves one of
// those that differ in nothing: what AWS's program wrote may be there beside ours.
func asForms(all []*event) []*event {
	slices.SortFunc(all, func(a, b *event) int {
		return cmp.Or(compareIDs(a.ID, b.ID), cmp.Compare(a.Fingerprint, b.Fingerprint), oursFirst(a, b), cmp.Compare(a.key.sort, b.key.sort))
	})
	all = slices.CompactFunc(all, func(a, b *event) bool { return a.ID == b.ID && a.Fingerprint == b.Fingerprint })
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && all[i+n].ID == all[i].ID {
			n++
		}
		for j := range n {
			all[i+j].Forms, all[i+j].Variant = n-1, j > 0
		}
		i += n
	}
	return all
}

func compareIDs(a, b cloudtrail.ID) int {
	return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Recipient, b.Recipient))
}

func oursFirst(a, b *event) int {
	switch {
	case a.ours == b.ours:
		return 0
	case a.ours:
		return -1
	}
	return 1
}

// inOrder puts events into the order of rows.
func inOrder(all []*event, newest bool) {
	slices.SortFunc(all, func(a, b *event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), compareIDs(a.ID, b.ID), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	if newest {
		slices.Reverse(all)
	}
}

// keysOfAccessKeys are the events that calls with some keys made. Under a key that
// was issued lies its issuance too; what a key itself issued lies under that, and is
// found by who handed it out.
func (s *Store) keysOfAccessKeys(ctx context.Context, sel *query.Selection) ([]itemKey, error) {
	var spans []span
	for _, key := range sel.AccessKeys {
		a := between(fit(key, mostPartition), sel.Since, sel.Until)
		a.of = indexKey
		spans = append(spans, a, between(factPartition(lineage.CallerKey(key)), sel.Since, sel.Until))
	}
	var keys []itemKey
	err := s.all(ctx, spans, func(n int, page []item) {
		for _, i := range page {
			k := keyOf(i)
			if n%2 == 1 {
				var err error
				if k, err = pointsTo(i); err != nil {
					continue // a name; or told of where facts are asked for
				}
			}
			keys = append(keys, k)
		}
	})
	return keys, err
}

// keysOfPrincipals are the events of some callers, each given whole or by what is
// before a colon.
func (s *Store) keysOfPrincipals(ctx context.Context, sel *query.Selection) ([]itemKey, error) {
	var spans []span
	for _, id := range sel.Principals {
		_, name, whole := strings.Cut(id, ":")
		one := sessionSpan(id, sel.Since, sel.Until)
		if !whole || fit(name, mostSort) != name { // and all that have it before a colon
			spans = append(spans, span{of: indexSession, partition: one.partition})
			continue
		}
		spans = append(spans, one, span{of: indexSession, partition: one.partition, from: name + ":", to: name + ";"})
	}
	var keys []itemKey
	err := s.all(ctx, spans, func(_ int, page []item) {
		for _, i := range page {
			if k := keyOf(i); inSpan(k, sel) {
				keys = append(keys, k)
			}
		}
	})
	return keys, err
}

// inSpan reports whether an event may be in the span of a selection, by its key.
func inSpan(k itemKey, sel *query.Selection) bool {
	clock, _, _ := strings.Cut(k.sort, "#")
	t, ok := cloudtrail.ParseTime(clock)
	return !ok || within(t, sel.Since, sel.Until)
}

// togetherRead is how many events are read at a time where an index named many.
const togetherRead = 1 << 10

// rowsByKey gives events that an index named, a few seconds' at a time.
func (s *Store) rowsByKey(ctx context.Context, sel *query.Selection, keys []itemKey, err error, give func(*event, error) bool) {
	if err != nil {
		give(nil, err)
		return
	}
	slices.SortFunc(keys, func(a, b itemKey) int {
		return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.partition, b.partition))
	})
	keys = slices.Compact(keys)
	if sel.Newest {
		slices.Reverse(keys)
	}
	for len(keys) > 0 {
		n := min(togetherRead, len(keys))
		for n < len(keys) && secondOf(keys[n]) == secondOf(keys[n-1]) {
			n++
		}
		asked := make(map[itemKey]bool, n)
		var partitions []string
		for _, k := range keys[:n] {
			asked[k] = true
			partitions = append(partitions, k.partition)
		}
		keys = keys[n:]
		slices.Sort(partitions)
		events, err := s.eventsIn(ctx, slices.Compact(partitions), true)
		if err != nil {
			give(nil, err)
			return
		}
		events = slices.DeleteFunc(events, func(e *event) bool { return !asked[e.key] })
		inOrder(events, sel.Newest)
		for _, e := range events {
			if !give(e, nil) {
				return
			}
		}
	}
}

func secondOf(k itemKey) string {
	second, _, _ := strings.Cut(k.sort, "#")
	return second
}
