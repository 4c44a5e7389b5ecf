package lineage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// What a record adds depends on nothing but the record: it is the same when
// asked again, of a copy of the record, and around an identity read from
// another record with equal bytes. Nor do clones differ, or keep the buffer.
func TestFactsArePure(t *testing.T) {
	for _, folder := range []string{"invictus", "stratus", "otrf", "umccr", "boogy-clp"} {
		t.Run(folder, func(t *testing.T) {
			interned := map[cloudtrail.JSON]*lineage.Identity{}
			realRecords(t, folder, func(r *cloudtrail.Record, use lineage.Use) {
				first := lineage.Facts(r, use)
				copied := r.Clone()
				who := interned[copied.UserIdentity.Raw]
				if who == nil {
					id := lineage.NewIdentity(&copied.UserIdentity)
					who = &id
					interned[copied.UserIdentity.Raw] = who
				}
				again := lineage.NewUse(copied, use.ID, who, use.Location)
				if diff := cmp.Diff(use, again); diff != "" {
					t.Fatalf("use of %s (-first +again):\n%s", r.EventID, diff)
				}
				second := lineage.Facts(copied, again)
				if diff := cmp.Diff(first, second); diff != "" {
					t.Fatalf("facts of %s (-first +again):\n%s", r.EventID, diff)
				}
				for i := range first {
					clone := first[i].Clone()
					if diff := cmp.Diff(&first[i], clone); diff != "" {
						t.Fatalf("fact of %s (-fact +clone):\n%s", r.EventID, diff)
					}
					if diff := cmp.Diff(first[i].Keys(), clone.Keys()); diff != "" {
						t.Fatalf("keys of %s (-fact +clone):\n%s", r.EventID, diff)
					}
					seen := map[lineage.Key]bool{}
					for _, k := range clone.Keys() {
						if k == "" || seen[k] {
							t.Fatalf("fact of %s has the key %q twice, or empty", r.EventID, k)
						}
						seen[k] = true
					}
				}
				if diff := cmp.Diff(use.Caller, use.Caller.Clone()); diff != "" {
					t.Fatalf("identity of %s (-it +clone):\n%s", r.EventID, diff)
				}
			})
		})
	}
}

// A kept fact must hold on to its own few bytes, not to the log file.
func TestClonesAliasNothing(t *testing.T) {
	text := []byte(sts("AssumeRole", alice, `{"roleArn":"arn:aws:iam::222222222222:role/x/reader","roleSessionName":"build-7","externalId":"e",
		"tags":[{"key":"team","value":"red"}],"transitiveTagKeys":["team"],"incomingTransitiveTags":{"org":"acme"}}`, `{`+credentials+`,`+assumed+`}`))
	var d cloudtrail.Decoder
	var before, after []string
	var kept []*lineage.Fact
	var caller *lineage.Identity
	for r, err := range d.Records(text) {
		if err != nil {
			t.Fatal(err)
		}
		who := lineage.NewIdentity(&r.UserIdentity)
		caller = who.Clone()
		for _, f := range lineage.Facts(r, lineage.NewUse(r, r.ID(""), caller, lineage.Location{})) {
			kept = append(kept, f.Clone())
		}
	}
	for _, f := range kept {
		before = append(before, tell(f), f.EventName, f.RequestID)
	}
	name := strings.Clone(caller.UserName + caller.ARN)
	for i := range text {
		text[i] = '!'
	}
	for _, f := range kept {
		after = append(after, tell(f), f.EventName, f.RequestID)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("facts changed with the buffer (-before +after):\n%s", diff)
	}
	if name != caller.UserName+caller.ARN {
		t.Errorf("the identity changed with the buffer: %q", caller.UserName+caller.ARN)
	}
}

func TestKeyAccount(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"ASIATFQR7NSCWLLE7IWW", "218007301253"},
		{"AKIATFQR7NSCWLLE7IWW", "218007301253"},
		{"ASIAY34FZKBOKMUTVV7A", "609629065308"}, // of the post that explained them (2020)
		{"ASIA5FLZVX4OPVKKVBMX", "904882667292"}, // 2 to 7 come after Z
		{"ASIA77777777KMUTVV7A", ""},             // 40 bits hold more than 12 digits
		{"ASIAJJQOJ64OAM7C65AA", ""},             // of 2016
		{"AROATFQR7NSCWLLE7IWW", ""},
		{"ASIATFQR7NSCWLLE7I", ""},
		{"ASIATFQR7NSCWLLE7I01", ""},
		{"", ""},
	} {
		if got := lineage.KeyAccount(c.key); got != c.want {
			t.Errorf("KeyAccount(%q) = %q, want %q", c.key, got, c.want)
		}
	}
}
