package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// accountDay is a day on which an account has events.
type accountDay struct{ account, day string }

// daySpan are the days of a span of time; zero is open. Where events are found by
// time they are found by an index, which is a moment behind: so may this be.
func daySpan(from, to cloudtrail.Time) span {
	a := span{partition: partDays, eventual: true}
	if !from.IsZero() {
		a.from = dayText(clampTime(from))
	}
	if !to.IsZero() {
		a.to = dayText(clampTime(to)) + afterHash
	}
	return a
}

// days are the days with events in a span of time, in order.
func (s *Store) days(ctx context.Context, from, to cloudtrail.Time) ([]accountDay, error) {
	var all []accountDay
	for page, err := range s.pages(ctx, daySpan(from, to)) {
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			one, err := readDay(i)
			if err != nil {
				s.leftOut(keyOf(i), err)
				continue
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// readDay reads what daysItem made.
func readDay(i item) (accountDay, error) {
	k := keyOf(i)
	day, _, _ := strings.Cut(k.sort, "#")
	one := accountDay{textOf(i, attrAccount), day}
	if t, ok := cloudtrail.ParseTime(day + "T00:00:00Z"); !ok || dayText(t) != day || daysKey(one.account, day) != k {
		return accountDay{}, errors.New("it is no day of an account")
	}
	return one, nil
}

// countDays is how many days there are, of all accounts. It asks nobody: [Store.mayRead]
// itself wants to know.
func (s *Store) countDays(ctx context.Context) (n int, err error) {
	in := daySpan(0, 0).input(s.table)
	in.Select = types.SelectCount
	pages := dynamodb.NewQueryPaginator(s.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, s.patient)
		if err != nil {
			return 0, s.explain(ctx, err)
		}
		if page.ConsumedCapacity != nil {
			s.reads.purse.pay(*page.ConsumedCapacity)
		}
		n += int(page.Count)
	}
	return n, nil
}

// perDay is what a day of an account costs in byTime, on the average, as far as
// DynamoDB tells: it counts the bytes of an index anew every six hours or so (API
// Reference, TableDescription).
func (s *Store) perDay(ctx context.Context) (Cost, error) {
	t, err := s.describe(ctx)
	if err != nil {
		return Cost{}, err
	}
	for _, x := range t.GlobalSecondaryIndexes {
		if aws.ToString(x.IndexName) == indexTime.name {
			days, err := s.countDays(ctx)
			return costOfBytes(float64(aws.ToInt64(x.IndexSizeBytes)) / float64(max(days, 1))), err
		}
	}
	return Cost{}, &IndexError{s.table, indexTime.name}
}

// expectDays notes that so many days of accounts are to be read.
func (s *Store) expectDays(n int) {
	s.reads.purse.expect(func(ctx context.Context) float64 {
		one, err := s.perDay(ctx)
		if err != nil {
			return 0 // then it is asked by what was read
		}
		return one.Units * float64(n)
	})
}

// Accounts are those that events were delivered to.
func (s *Store) Accounts(ctx context.Context) ([]string, error) {
	days, err := s.days(ctx, 0, 0)
	if err != nil {
		return nil, err
	}
	accounts := map[string]bool{}
	for _, d := range days {
		accounts[d.account] = true
	}
	return slices.Collect(maps.Keys(accounts)), nil
}
