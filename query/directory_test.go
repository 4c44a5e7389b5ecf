package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crosstrail/crosstrail/query"
)

func organizationOf(id string, entries ...query.Entry) query.Directory {
	return query.Directory{Kind: query.OrganizationDirectory, ID: id, Entries: entries}
}

func TestNewNames(t *testing.T) {
	const left, vendor, listed = "666666666666", "777777777777", "888888888888"
	n := query.NewNames(
		organizationOf("o-a", query.Entry{ID: left, Name: "left"}, query.Entry{ID: home, Name: "then"}),
		query.Directory{Kind: query.VendorDirectory, ID: "v.yaml", Entries: []query.Entry{{ID: vendor, Name: "Watcher"}, {ID: prod, Name: "we sell things"}}},
		organizationOf("o-b", query.Entry{ID: "333333333333", Name: "bought", State: "SUSPENDED"}, query.Entry{ID: "444444444444", Name: "new", State: "ACTIVE", Joined: 1000}),
		organizationOf("o-a", query.Entry{ID: home, Name: "home", Also: []string{"Root@Example.com", ""}}, query.Entry{ID: prod, Name: "prod", State: "ACTIVE"}),
		query.Directory{Kind: query.IdentityCenterDirectory, ID: "d-1", Entries: []query.Entry{{ID: "u1", Name: "kim", Also: []string{"Kim Lee", "kim@example.com"}}}},
		query.Directory{Kind: query.ListDirectory, ID: "names.csv", Entries: []query.Entry{{ID: home, Name: "headquarters"}, {ID: listed, Name: "listed"}}},
	)
	got := map[string]any{
		"organizations": n.Organizations(), "members": n.Members(), "unusable": n.Unusable(),
		"expected": n.Expected(0), "expected by then": n.Expected(999),
		"home": n.Of(home), "left": n.Of(left), "prod": n.Of(prod), "person": n.Of("idc:d-1:u1"), "of home": n.Organization(home), "of left": n.Organization(left),
		"vendor": n.IsVendor(vendor), "a member that sells": n.IsVendor(prod), "state": n.State("333333333333"),
		"by mail": n.IDs("root@example.COM"), "by display name": n.IDs("kim lee"), "by name": n.IDs("KIM"),
	}
	want := map[string]any{
		"organizations": []string{"o-a", "o-b"}, "members": []string{home, prod, "333333333333", "444444444444"}, "unusable": []string{"333333333333"},
		"expected": []string{home, prod, "444444444444"}, "expected by then": []string{home, prod},
		"home": "headquarters", "left": "", "prod": "prod", "person": "kim", "of home": "o-a", "of left": "",
		"vendor": true, "a member that sells": false, "state": "SUSPENDED",
		"by mail": []string{home}, "by display name": []string{"u1"}, "by name": []string{"idc:d-1:u1", "u1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}

	var none *query.Names
	if len(none.Members())+len(none.Expected(0))+len(none.Unusable())+len(none.Organizations()) != 0 || none.IsVendor(vendor) || none.Organization(home)+none.State(home) != "" {
		t.Error("no names know an account")
	}
	// Without an organisation all that are listed are expected, but for vendors.
	n = query.NewNames(
		query.Directory{Kind: query.ListDirectory, ID: "names.csv", Entries: []query.Entry{{ID: listed, Name: "listed"}, {ID: "u1", Name: "kim"}}},
		query.Directory{Kind: query.VendorDirectory, ID: "v.yaml", Entries: []query.Entry{{ID: vendor, Name: "Watcher"}}},
	)
	if diff := cmp.Diff([]string{listed}, n.Expected(0)); diff != "" {
		t.Errorf("expected without an organisation (-want +got):\n%s", diff)
	}
}

// An account of the organisation is no third party, whether its log is here or
// not; one whose log is not here is silent.
func TestAccessOfMembers(t *testing.T) {
	const member, outsider = "666666666666", "777777777777"
	records := []string{
		record("m", "2026-05-04T10:00:00Z", "s3", "GetObject", prod, stranger(member, "AIDAMEMBER"), elsewhere, true, ``),
		record("o", "2026-05-04T10:01:00Z", "s3", "GetObject", prod, stranger(outsider, "AIDAOUT"), elsewhere, true, ``),
		record("h", "2026-05-04T10:02:00Z", "s3", "GetObject", prod, stranger(home, "AIDAHOME"), elsewhere, true, ``),
		record("x", "2026-05-04T10:03:00Z", "s3", "GetObject", home, stranger(home, "AIDAHOME"), elsewhere, true, ``),
	}
	names := query.NewNames(organizationOf("o-a", query.Entry{ID: member}, query.Entry{ID: home}, query.Entry{ID: prod}))
	store, resolver := tell(t, records, 1)
	ask := func(f query.Filter) map[string][2]bool {
		t.Helper()
		f.OwnAccounts = names.Members()
		a, err := query.Access(t.Context(), store, resolver, f)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]bool{}
		for _, l := range a.Lines {
			got[l.FromAccount] = [2]bool{l.ThirdParty, l.Silent}
		}
		return got
	}
	if diff := cmp.Diff(map[string][2]bool{member: {false, true}, outsider: {true, false}, home: {false, false}}, ask(query.Filter{})); diff != "" {
		t.Errorf("third party, silent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][2]bool{outsider: {true, false}}, ask(query.Filter{ThirdParty: true})); diff != "" {
		t.Errorf("--third-party (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][2]bool{member: {false, true}, home: {false, false}}, ask(query.Filter{Not: []query.Filter{{ThirdParty: true}}})); diff != "" {
		t.Errorf("--not third-party (-want +got):\n%s", diff)
	}
}

func TestCoverageOfMembers(t *testing.T) {
	names := query.NewNames(
		organizationOf("o-a", query.Entry{ID: home, State: "ACTIVE"}, query.Entry{ID: "333333333333", State: "ACTIVE"},
			query.Entry{ID: "444444444444", State: "CLOSED"}, query.Entry{ID: "555555555555", Joined: 1 << 40}),
		query.Directory{Kind: query.VendorDirectory, ID: "v.yaml", Entries: []query.Entry{{ID: "777777777777", Name: "Watcher"}}},
		query.Directory{Kind: query.ListDirectory, ID: "n.csv", Entries: []query.Entry{{ID: "888888888888", Name: "partner"}}},
	)
	files := map[string][]string{logName(home, "us-east-1", "20260504T0905Z", 1): nil}
	for name, tt := range map[string]struct {
		f                 query.Filter
		missing, unusable []string
	}{
		"all":       {query.Filter{}, []string{"333333333333", "555555555555"}, []string{"444444444444"}},
		"by a time": {query.Filter{Until: 1 << 39}, []string{"333333333333"}, []string{"444444444444"}},
		"some":      {query.Filter{Accounts: []string{"555555555555", "888888888888"}}, []string{"555555555555"}, nil},
	} {
		a := coverage(t, files, tt.f, names)
		if diff := cmp.Diff([][]string{tt.missing, tt.unusable}, [][]string{a.Missing, a.Unusable}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: missing, unusable (-want +got):\n%s", name, diff)
		}
	}
}
