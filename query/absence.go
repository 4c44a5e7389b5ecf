package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Absence is what can be said of something that is not there, so that its
// absence does not look like innocence.
type Absence struct {
	Account string          // that it belongs to, where its text tells
	Time    cloudtrail.Time // that it speaks of, where its text tells
	Files   int             // log files in the set, as far as they are counted
	Some    bool            // there are some that nobody has counted
	Spans   []lineage.Span  // what is there of Account; of all accounts where it is not known
	Lack    Lack            // of the whole set
}

// absence gathers what the set holds of an account; "" is every account.
func absence(ctx context.Context, r Reader, account string, at cloudtrail.Time) (*Absence, error) {
	a := &Absence{Account: account, Time: at}
	spans, err := readSpans(ctx, r)
	for _, s := range spans {
		a.Files += s.Files
		a.Some = a.Some || s.Files == 0
		if s.Account != "" && (account == "" || s.Account == account) {
			a.Spans = append(a.Spans, s)
		}
	}
	if err == nil {
		a.Lack, err = readLack(ctx, r)
	}
	a.Lack.Lost = slices.DeleteFunc(a.Lack.Lost, func(l lineage.Lost) bool { return account != "" && l.Account != account })
	return a, err
}

func readLack(ctx context.Context, r Reader) (Lack, error) {
	lack, err := r.Lack(ctx)
	if err != nil {
		return lack, fmt.Errorf("reading what is not there: %w", err)
	}
	return lack, nil
}

// readSpans reads what is there, by account, then region.
func readSpans(ctx context.Context, r Reader) ([]lineage.Span, error) {
	spans, err := r.Spans(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the list of log files: %w", err)
	}
	return slices.SortedFunc(slices.Values(spans), func(x, y lineage.Span) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region))
	}), nil
}

// ownAccounts is what --third-party measures against, nil where nobody asks.
func ownAccounts(ctx context.Context, r Reader, f *Filter) (map[string]bool, error) {
	if !f.ThirdParty && !slices.ContainsFunc(f.Not, func(n Filter) bool { return n.ThirdParty }) {
		return nil, nil
	}
	logged, err := readLoggedAccounts(ctx, r)
	if err != nil {
		return nil, err
	}
	return ownBeside(logged, f), nil
}

// ownBeside is the accounts of the logs, and those named as one's own.
func ownBeside(logged map[string]bool, f *Filter) map[string]bool {
	own := maps.Clone(logged)
	for _, account := range f.OwnAccounts {
		own[account] = true
	}
	return own
}

// readLoggedAccounts is the accounts that log files in the set are of, by their
// names, and those that events were delivered to in files whose names do not tell.
// Records that came without a log file may be what somebody forwarded of his own:
// an account is not known by these, unless nothing else is there.
func readLoggedAccounts(ctx context.Context, r Reader) (map[string]bool, error) {
	spans, err := readSpans(ctx, r)
	if err != nil {
		return nil, err
	}
	logged := map[string]bool{}
	unnamed := false
	for _, s := range spans {
		if s.Account != "" {
			logged[s.Account] = true
		}
		unnamed = unnamed || s.Account == ""
	}
	if unnamed && len(logged) > 0 {
		if unnamed, err = hasUnnamed(ctx, r); err != nil {
			return nil, err
		}
	}
	if !unnamed && len(logged) > 0 {
		return logged, nil
	}
	recipients, err := r.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the accounts of events: %w", err)
	}
	for _, account := range recipients {
		logged[account] = true
	}
	return logged, nil
}

// hasUnnamed reports whether there are log files whose names tell no account.
func hasUnnamed(ctx context.Context, r Reader) (bool, error) {
	for f, err := range r.LogFiles(ctx) {
		if err != nil {
			return false, fmt.Errorf("reading the list of log files: %w", err)
		}
		if f.Account == "" && !strings.HasPrefix(f.URI, "inline:") {
			return true, nil
		}
	}
	return false, nil
}

// Whereabouts is what something asked for tells itself of where it may be found:
// the account that it belongs to, and when the session began that it names. It is
// a hint, and zero where there is none.
type Whereabouts struct {
	Account string
	Created cloudtrail.Time
}

// WhereaboutsOf reads EVENT, KEY or SESSION as [Who] takes them.
func WhereaboutsOf(asked string) (w Whereabouts) {
	asked = strings.TrimSpace(asked)
	switch whatIs(asked) {
	case AsKey:
		w.Account = lineage.KeyAccount(asked)
	case AsEvent:
		w.Account = eventAccount(asked)
	case AsSession:
		_, w.Created, _ = splitSessionID(asked)
		w.Account = accountOf(asked)
	default:
		w.Account = accountOf(asked)
	}
	return w
}
