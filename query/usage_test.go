package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
)

// sharedOf are an organisation's grants as usage asks for them.
func sharedOf(o *synth.Org) []query.Shared {
	var all []query.Shared
	for i, s := range o.Sharings {
		all = append(all, query.Shared{ID: fmt.Sprint("grant-", i), RoleARN: s.RoleARN, Owner: s.Owner, To: s.Reader, Bucket: s.Bucket, Gets: []string{s.Prefix + "*"}, Lists: []string{s.Prefix + "*"}})
	}
	return all
}

// What is told of grants is what happened, in whichever way tallies come.
func TestUsageIsTheTruth(t *testing.T) {
	for seed := range uint64(4) {
		o := synth.New(seed, synth.Options{Stories: 4, Sharing: true})
		store, _ := made(t, o)
		for _, r := range []query.Reader{store, scattered{store}} {
			lines, err := query.Usage(t.Context(), r, resolverOf(t, store), sharedOf(o), query.Filter{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range o.Sharings {
				var own []query.UsageLine
				for _, l := range lines {
					if l.Grant.ID == fmt.Sprint("grant-", i) {
						own = append(own, l)
					}
				}
				if len(s.Users) == 0 {
					if len(own) != 1 || own[0].Use != unusedIn(t, store, s.RoleARN) || own[0].OwnerLogged.Since == 0 || own[0].Chain != nil {
						t.Errorf("seed %d: a grant that nobody used: %+v", seed, own)
					}
					continue
				}
				if len(own) != len(s.Users) {
					t.Errorf("seed %d: grant %d has %d users, want %d", seed, i, len(own), len(s.Users))
				}
				for _, u := range s.Users {
					at := slices.IndexFunc(own, func(l query.UsageLine) bool { return slices.Contains(u.Origins, originID(l.Chain)) })
					if at < 0 {
						t.Errorf("seed %d: grant %d: nothing of %v", seed, i, u.Origins)
						continue
					}
					if diff := cmp.Diff(toldOf(u), seenOf(own[at])); diff != "" {
						t.Errorf("seed %d: grant %d (-want +got):\n%s", seed, i, diff)
					}
				}
			}
		}
	}
}

// unusedIn is what a role that nobody took is told as: the log of its account has
// to be whole where the global endpoint logs.
func unusedIn(t *testing.T, store *memory.Store, roleARN string) query.GrantUse {
	t.Helper()
	a, err := query.Coverage(t.Context(), store, resolverOf(t, store), query.Filter{}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	home := map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}[strings.Split(roleARN, ":")[1]]
	for _, l := range a.Logs {
		if l.Account == strings.Split(roleARN, ":")[4] && l.Region == home && l.SilentHours+l.LostHours == 0 {
			return query.GrantUnused
		}
	}
	return query.GrantNotTold
}

func toldOf(u synth.SharingUser) string {
	return fmt.Sprint("from=", u.From, " sessions=", u.Sessions, " calls=", u.Calls, " reads=", u.Reads, " keys=", u.Keys, " lists=", u.Lists, " bytes=", u.Bytes,
		" denied=", u.Denied, u.DeniedOn, " outside=", u.Outside, " refused=", u.Refused, " external=", u.ExternalID)
}

func seenOf(l query.UsageLine) string {
	denied := []string(nil)
	for _, d := range l.DeniedOn.Most {
		denied = append(denied, d.Value)
	}
	return fmt.Sprint("from=", l.FromAccount, " sessions=", l.Sessions, " calls=", l.Calls, " reads=", l.Reads, " keys=", l.Keys, " lists=", l.Lists, " bytes=", l.Bytes,
		" denied=", l.Denied, denied, " outside=", l.Outside, " refused=", l.Refused, " external=", strings.Join(l.ExternalIDs, " "))
}
