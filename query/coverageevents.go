package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// events notes whose logs are here by the accounts that events were delivered
// to: a file that was renamed, or standard input, has no name that tells.
func (b *coverageBook) events(ctx context.Context, r Reader) error {
	for t, err := range r.Tallies(ctx, Selection{}) {
		if err != nil {
			return fmt.Errorf("counting events: %w", err)
		}
		account := t.ID.Recipient
		if account == "" {
			continue
		}
		at := logPlace{account, t.Region}
		b.regions[at] = true
		of := b.delivered[account]
		if of == nil {
			of = &AccountEvents{Account: account}
			b.delivered[account] = of
		}
		if !b.asked(at) || b.f.Since != 0 && t.Last < b.f.Since || b.f.Until != 0 && t.Time > b.f.Until {
			continue
		}
		of.Events += t.Events
		of.First, of.Last = earliest(of.First, t.Time), max(of.Last, t.Last)
	}
	return nil
}

// unnamed are the accounts with events in the span of which no file's name tells.
func (b *coverageBook) unnamed() []AccountEvents {
	var all []AccountEvents
	for of := range maps.Values(b.delivered) {
		if of.Events > 0 && !b.accounts[of.Account] {
			all = append(all, *of)
		}
	}
	slices.SortFunc(all, func(x, y AccountEvents) int { return cmp.Compare(x.Account, y.Account) })
	return all
}
