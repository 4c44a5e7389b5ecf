package directory_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source/directory"
)

// TestUsers: two pages of them, by the name that they sign in with.
func TestUsers(t *testing.T) {
	stack := stack.Start(t)
	account := stack.Account(management)
	want := map[string]string{}
	var people []awstest.Person
	for i := range 130 {
		p := awstest.Person{UserID: fmt.Sprintf("90677c608a-7afcdc23-0bd4-4fb7-bfb2-%012d", i), UserName: fmt.Sprintf("user%d", i), DisplayName: fmt.Sprintf("User No. %d", i)}
		people, want[p.UserID] = append(people, p), p.UserName
	}
	id := account.IdentityCenter(t, people...)
	reader := account.User(t, "reader", awstest.Allow("*", "sso:ListInstances", "identitystore:ListUsers"))

	all, err := directory.Users(t.Context(), as(t, stack, reader))
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	d, got := all[0], map[string]string{}
	for _, e := range d.Entries {
		got[e.ID] = e.Name
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if d.Kind != query.IdentityCenterDirectory || d.ID != id || d.Taken.IsZero() {
		t.Errorf("%s %s, taken %s", d.Kind, d.ID, d.Taken)
	}
	names := query.NewNames(all...)
	for _, known := range []string{people[7].UserID, "idc:" + id + ":" + people[7].UserID} {
		if name := names.Of(known); name != "user7" {
			t.Errorf("%s is named %q", known, name)
		}
	}
	if ids := names.IDs("user no. 129"); len(ids) != 1 || ids[0] != people[129].UserID {
		t.Errorf("by their display name: %v", ids)
	}
}

func TestUsersDenied(t *testing.T) {
	stack := stack.Start(t)
	stack.Account(management).IdentityCenter(t, awstest.Person{UserID: "90677c608a-7afcdc23", UserName: "kim"})
	both := awstest.Allow("*", "sso:ListInstances", "identitystore:ListUsers")
	for name, c := range map[string]struct{ account, policy, doing, hint string }{
		"nothing": {management, awstest.Allow("*", "s3:GetObject"), "find the Identity Center", "the caller needs sso:ListInstances and identitystore:ListUsers"},
		"half":    {management, awstest.Allow("*", "sso:ListInstances"), "list the users of d-2222222222", "the caller needs identitystore:ListUsers"},
		"other":   {"111111111111", both, "find the Identity Center: there is none in us-east-1", "name the region that it is in: --aws-region REGION"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := directory.Users(t.Context(), as(t, stack, stack.Account(c.account).User(t, name, c.policy)))
			refused(t, err, c.doing, c.hint)
		})
	}
}
