package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func TestFilters(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	at := func(s string) cloudtrail.Time {
		moment, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return cloudtrail.TimeOf(moment)
	}
	for _, c := range []struct {
		args  string
		want  query.Filter
		fails string
	}{
		{args: "", want: query.Filter{}},
		{args: "--since 2016-04-05T20:39:39+02:00", want: query.Filter{Since: at("2016-04-05T18:39:39Z")}},
		{args: "--since 2016-04-05 --until 2016-04-05", want: query.Filter{Since: at("2016-04-05T00:00:00Z"), Until: at("2016-04-05T23:59:59Z")}},
		{args: "--since 7d --until 36h", want: query.Filter{Since: at("2026-05-03T12:00:00Z"), Until: at("2026-05-09T00:00:00Z")}},
		{args: "--since 2w", want: query.Filter{Since: at("2026-04-26T12:00:00Z")}},
		{args: "--since yesterday", fails: "how long ago"},
		{args: "--since -7d", fails: "how long ago"},
		{args: "--since d", fails: "how long ago"},
		{args: "--since 2016-4-5", fails: "a date (2016-04-05)"},
		{args: "--origin jsmith --origin kim", want: query.Filter{Origins: []string{"jsmith", "kim"}}},
		{args: "--kind iamuser --kind Root", want: query.Filter{Kinds: []string{"IAMUser", "Root"}}},
		{args: "--kind person", fails: "the kinds are IAMUser, Root"},
		{args: "--evidence Strong", want: query.Filter{Evidence: lineage.Strong}},
		{args: "--evidence unresolved", want: query.Filter{Evidence: lineage.Unresolved}},
		{args: "--evidence sure", fails: "best first, exact, strong"},
		{args: "--account 9999999999999 --from-account ANONYMOUS_PRINCIPAL", want: query.Filter{Accounts: []string{"9999999999999"}, FromAccounts: []string{"ANONYMOUS_PRINCIPAL"}}},
		{args: "--ip 203.0.113.0/24 --ip cloudformation.amazonaws.com", want: query.Filter{IPs: []string{"203.0.113.0/24", "cloudformation.amazonaws.com"}}},
		{args: "--ip nonsense", fails: "no address"},
		{args: "--since 2026-05-02 --until 2026-05-01", fails: "after its end"},
		{args: "--ip 203.0.113.0/99", fails: "no range"},
		{args: "--writes --errors --cross-account --third-party --newest --limit 3", want: query.Filter{Writes: true, Errors: true, CrossAccount: true, ThirdParty: true, Newest: true, Limit: 3}},
		{args: "--limit 0", fails: "a number from 1"},
		{args: "--event-name=", fails: "it is empty"},
		{
			args: "--role A --region eu-west-1 --key ASIA1 --session ci --event-name GetObject --event-source s3.amazonaws.com --user-agent boto --resource b",
			want: query.Filter{
				Roles: []string{"A"}, Regions: []string{"eu-west-1"}, Keys: []string{"ASIA1"}, Sessions: []string{"ci"}, EventNames: []string{"GetObject"},
				EventSources: []string{"s3.amazonaws.com"}, UserAgents: []string{"boto"}, Resources: []string{"b"},
			},
		},
		{args: "--not event-name=Decrypt --not writes", want: query.Filter{Not: []query.Filter{{EventNames: []string{"Decrypt"}}, {Writes: true}}}},
		{args: "--not resource=a=b", want: query.Filter{Not: []query.Filter{{Resources: []string{"a=b"}}}}},
		{args: "--not since=7d", fails: "no filter that can be negated"},
		{args: "--not Decrypt", fails: `"Decrypt" is no filter`},
		{args: "--not writes=false", fails: "to ask for the others, --writes"},
		{args: "--not errors=0", fails: "to ask for the others, --errors"},
		{args: "--region US-East-1", want: query.Filter{Regions: []string{"us-east-1"}}},
		{args: "--not region=US-East-1", want: query.Filter{Not: []query.Filter{{Regions: []string{"us-east-1"}}}}},
		{args: "--not event-name", fails: "event-name needs a value"},
		{args: "--not kind=person", fails: "the kinds are"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var got query.Filter
			cmd := &cobra.Command{RunE: func(*cobra.Command, []string) error { return nil }, SilenceErrors: true, SilenceUsage: true}
			addFilters(cmd, &got, now)
			cmd.SetArgs(strings.Fields(c.args))
			err := cmd.Execute()
			if c.fails != "" {
				for part := range strings.SplitSeq(c.fails, "|") {
					if err != nil && strings.Contains(err.Error(), part) {
						return
					}
				}
				t.Fatalf("error %v, want one with %q", err, c.fails)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEvidenceWords holds the words to the order of lineage's constants.
func TestEvidenceWords(t *testing.T) {
	want := map[string]lineage.Evidence{
		"exact": lineage.Exact, "strong": lineage.Strong, "inferred": lineage.Inferred,
		"claimed": lineage.Claimed, "contested": lineage.Contested, "unresolved": lineage.Unresolved,
	}
	for word, grade := range want {
		var f query.Filter
		if err := setEvidence(&f, word, time.Time{}); err != nil || f.Evidence != grade {
			t.Errorf("%s: %d, %v", word, f.Evidence, err)
		}
	}
}

func TestNameAccounts(t *testing.T) {
	names := &query.Names{}
	names.Add("333333333333", "Prod")
	names.Add("444444444444", "prod")
	f := query.Filter{Accounts: []string{"111111111111", "prod", "ANONYMOUS_PRINCIPAL"}, Not: []query.Filter{{FromAccounts: []string{"PROD"}}}}
	if err := nameAccounts(&f, names); err != nil {
		t.Fatal(err)
	}
	want := query.Filter{
		Accounts: []string{"111111111111", "333333333333", "444444444444", "ANONYMOUS_PRINCIPAL"},
		Not:      []query.Filter{{FromAccounts: []string{"333333333333", "444444444444"}}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if err := nameAccounts(&query.Filter{Accounts: []string{"test"}}, names); err == nil {
		t.Error("an account that no name is known of passed")
	}
}

// TestNamePeople: root is known by the id of its account, whose name is not root's.
func TestNamePeople(t *testing.T) {
	names := query.NewNames(
		query.Directory{Kind: query.OrganizationDirectory, ID: "o-a", Entries: []query.Entry{{ID: "333333333333", Name: "kim", Also: []string{"kim@example.com"}}}},
		query.Directory{Kind: query.IdentityCenterDirectory, ID: "d-1", Entries: []query.Entry{{ID: "u1", Name: "Kim", Also: []string{"kim@example.com"}}}},
	)
	f := query.Filter{Origins: []string{"kim", "jo"}, Not: []query.Filter{{Origins: []string{"KIM@example.com"}}}}
	namePeople(&f, names)
	want := query.Filter{Origins: []string{"kim", "jo", "idc:d-1:u1", "u1"}, Not: []query.Filter{{Origins: []string{"KIM@example.com", "u1"}}}}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if err := nameAccounts(&query.Filter{Accounts: []string{"u1", "Kim"}}, query.NewNames()); err == nil {
		t.Error("a person's name passed for an account's")
	}
}
