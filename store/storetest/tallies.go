package storetest

import (
	"maps"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// counted is what is counted together, whichever tallies a store cuts it into.
type counted struct {
	caller            lineage.Identity
	recipient, region string
	hour              cloudtrail.Time
	event             string // of a call that hands out credentials
}

type sums struct {
	first, last            cloudtrail.Time
	events, writes, errors int
}

func sum(t *testing.T, tallies func(func(*query.Tally, error) bool)) map[counted]sums {
	t.Helper()
	all := map[counted]sums{}
	for one, err := range tallies {
		if err != nil {
			t.Fatalf("Tallies: %v", err)
		}
		at := counted{*one.Caller, one.ID.Recipient, one.Region, one.Time / (60 * 60), one.ID.Event}
		s, ok := all[at]
		if !ok {
			s = sums{first: one.Time, last: one.Last}
		}
		s.first, s.last = min(s.first, one.Time), max(s.last, one.Last)
		s.events, s.writes, s.errors = s.events+one.Events, s.writes+one.Writes, s.errors+one.Errors
		all[at] = s
		if (one.ID.Event != "") != lineage.IssuesCredentials(one.EventSource, one.EventName) || one.ID.Event != "" && one.Events != 1 {
			t.Errorf("a tally with event id %q of %d calls of %q: its whole Use is for one that hands out credentials", one.ID.Event, one.Events, one.EventName)
		}
	}
	return all
}

// tallies holds a store's counts to those of its rows. Several events of one
// hour, some with several forms, came by several commits.
func tallies(t *testing.T, s Store) {
	full, less := variantPair()
	files := append(ordinary(), full, less)
	for _, f := range files {
		add(t, s, f)
		commit(t, s)
	}
	time, _ := cloudtrail.ParseTime("2026-01-02T10:00:02Z")
	for name, sel := range map[string]query.Selection{
		"all":          {},
		"since":        {Since: time},
		"until":        {Until: time},
		"an account":   {Accounts: []string{dev}},
		"a role":       {Principals: []string{role}},
		"a session":    {Principals: []string{role + ":ops"}},
		"a key":        {AccessKeys: []string{"ASIAEXAMPLE000000001"}},
		"key in span":  {AccessKeys: []string{"ASIAEXAMPLE000000001"}, Since: time},
		"what is none": {AccessKeys: []string{"ASIANONE"}},
	} {
		want, got := sum(t, query.TallyRows(s.Rows(t.Context(), sel))), sum(t, s.Tallies(t.Context(), sel))
		if len(want) == 0 && name != "what is none" {
			t.Errorf("%s: the test selects nothing", name)
		}
		for at, n := range want {
			if got[at] != n {
				t.Errorf("%s: %+v at %+v, its rows say %+v", name, got[at], at, n)
			}
		}
		if len(sel.Principals)+len(sel.AccessKeys)+len(sel.Accounts) == 0 && len(got) != len(want) {
			t.Errorf("%s: %d tallies, its rows give %d", name, len(got), len(want))
		}
	}
	accounts, err := s.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	delivered := map[string]bool{}
	for row, err := range s.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		delivered[row.ID.Recipient] = true
	}
	if got := slices.Sorted(slices.Values(accounts)); !slices.Equal(got, slices.Sorted(maps.Keys(delivered))) {
		t.Errorf("Accounts %q, of the rows %v", got, delivered)
	}
	for range s.Tallies(t.Context(), query.Selection{}) {
		break // a reader may stop
	}
}
