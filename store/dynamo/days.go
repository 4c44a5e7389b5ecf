package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// accountDay is a day on which an account has events.
type accountDay struct{ account, day string }

// days are all days with events, by day, then account.
func (s *Store) days(ctx context.Context) ([]accountDay, error) {
	var all []accountDay
	for page, err := range s.pages(ctx, span{partition: partDays}) {
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			k := keyOf(i)
			one := accountDay{textOf(i, attrAccount), k.sort[strings.LastIndexByte(k.sort, '#')+1:]}
			if t, ok := cloudtrail.ParseTime(one.day + "T00:00:00Z"); !ok || dayText(t) != one.day || daysKey(one.account, one.day) != k {
				s.leftOut(k, errors.New("it is no day of an account"))
				continue
			}
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b accountDay) int {
		if c := strings.Compare(a.day, b.day); c != 0 {
			return c
		}
		return strings.Compare(a.account, b.account)
	})
	return all, nil
}

// Accounts are those that events were delivered to.
func (s *Store) Accounts(ctx context.Context) ([]string, error) {
	days, err := s.days(ctx)
	if err != nil {
		return nil, err
	}
	accounts := map[string]bool{}
	for _, d := range days {
		accounts[d.account] = true
	}
	return slices.Collect(maps.Keys(accounts)), nil
}
