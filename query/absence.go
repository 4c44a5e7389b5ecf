package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Absence is what can be said of something that is not there, so that its
// absence does not look like innocence.
type Absence struct {
	Account string          // that it belongs to, where its text tells
	Time    cloudtrail.Time // that it speaks of, where its text tells
	Files   int             // log files in the set
	Spans   []Span          // what is there of Account; of all accounts where it is not known
}

// Span is what is there of one account and region, by the names of its log files.
type Span struct {
	Account, Region string
	Files           int
	First, Newest   cloudtrail.Time // delivery stamps; zero where no name tells
}

// absence gathers what the set holds of an account; "" is every account.
func absence(ctx context.Context, r Reader, account string, at cloudtrail.Time) (*Absence, error) {
	a := &Absence{Account: account, Time: at}
	spans := map[[2]string]*Span{}
	for file, err := range r.LogFiles(ctx) {
		if err != nil {
			return nil, fmt.Errorf("reading the list of log files: %w", err)
		}
		a.Files++
		if file.Account == "" || account != "" && file.Account != account {
			continue
		}
		key := [2]string{file.Account, file.Region}
		s := spans[key]
		if s == nil {
			s = &Span{Account: file.Account, Region: file.Region}
			spans[key] = s
		}
		s.Files++
		if file.Delivered == 0 {
			continue
		}
		if s.First == 0 || file.Delivered < s.First {
			s.First = file.Delivered
		}
		s.Newest = max(s.Newest, file.Delivered)
	}
	for _, s := range slices.SortedFunc(maps.Values(spans), func(x, y *Span) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region))
	}) {
		a.Spans = append(a.Spans, *s)
	}
	return a, nil
}

// ownAccounts is what --third-party measures against, nil where nobody asks:
// the accounts named as one's own and those that log files in the set are of.
// Where no file bears CloudTrail's name (standard input, EventBridge), it is
// the accounts that the events were delivered to.
func ownAccounts(ctx context.Context, r Reader, f *Filter) (map[string]bool, error) {
	if !f.ThirdParty && !slices.ContainsFunc(f.Not, func(n Filter) bool { return n.ThirdParty }) {
		return nil, nil
	}
	own := map[string]bool{}
	for file, err := range r.LogFiles(ctx) {
		if err != nil {
			return nil, fmt.Errorf("reading the list of log files: %w", err)
		}
		if file.Account != "" {
			own[file.Account] = true
		}
	}
	if len(own) == 0 {
		for row, err := range r.Rows(ctx, Selection{}) {
			if err != nil {
				return nil, fmt.Errorf("reading events: %w", err)
			}
			own[row.ID.Recipient] = true
		}
	}
	for _, account := range f.OwnAccounts {
		own[account] = true
	}
	return own, nil
}

// newest is the moment that what is live is measured by: the newest delivery
// stamp or, where no file has one, the newest event.
func newest(ctx context.Context, r Reader) (cloudtrail.Time, error) {
	var at cloudtrail.Time
	for file, err := range r.LogFiles(ctx) {
		if err != nil {
			return 0, fmt.Errorf("reading the list of log files: %w", err)
		}
		at = max(at, file.Delivered)
	}
	if at != 0 {
		return at, nil
	}
	for row, err := range r.Rows(ctx, Selection{Newest: true}) {
		if err != nil {
			return 0, fmt.Errorf("reading events: %w", err)
		}
		return row.Time, nil
	}
	return 0, nil
}
