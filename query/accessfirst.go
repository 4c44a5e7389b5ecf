package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// markFirst finds the ways that nobody came before the span.
func (b *accessBook) markFirst(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) error {
	fresh, into := map[wayKey]bool{}, map[string]bool{}
	for key := range b.lines {
		into[key.to] = true
	}
	accounts, err := reachBack(ctx, r, sortedKeys(into), f.Since)
	if err != nil {
		return err
	}
	for key := range b.lines {
		if slices.Contains(accounts, key.to) {
			fresh[key] = true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	for key := range fresh { // where roles were taken is logged too
		accounts = append(accounts, key.from)
	}
	slices.Sort(accounts)
	f.Accounts, f.Since, f.Until = slices.Compact(accounts), 0, f.Since-1
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return err
	}
	before, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	came := func(key wayKey) {
		if delete(fresh, key); len(fresh) == 0 {
			stop(errEnough)
		}
	}
	o := &opened{r: r, each: func(key wayKey, _ openedBy, _ *lineage.Fact) { came(key) }}
	var failed error
	err = q.eachTally(before, func(t *Tally, c *lineage.Chain) {
		if key, _, ok := wayOf(t, c); ok {
			came(key)
		}
		if failed == nil {
			failed = o.add(before, t, c)
		}
	})
	if err = cmp.Or(err, failed, o.flush(before)); err != nil && !errors.Is(context.Cause(before), errEnough) {
		return err
	}
	for key := range fresh {
		b.lines[key].FirstTime = cloudtrail.True
	}
	return nil
}

// reachBack is those accounts of which the log begins before a moment.
func reachBack(ctx context.Context, r Reader, accounts []string, t cloudtrail.Time) ([]string, error) {
	spans, err := readSpans(ctx, r)
	if err != nil {
		return nil, err
	}
	before, stamped := map[string]bool{}, false
	for _, s := range spans {
		stamped = stamped || !s.First.IsZero()
		before[s.Account] = before[s.Account] || !s.First.IsZero() && s.First < t
	}
	if !stamped {
		for tally, err := range r.Tallies(ctx, Selection{Accounts: accounts, Until: t - 1}) {
			if err != nil {
				return nil, fmt.Errorf("counting events: %w", err)
			}
			before[tally.ID.Recipient] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(a string) bool { return !before[a] }), nil
}
