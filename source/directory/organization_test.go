package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source/directory"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

const management = "222222222222"

// as is the configuration that the program makes for a caller.
func as(t *testing.T, stack *awstest.AWS, caller aws.Config) aws.Config {
	t.Helper()
	for _, entry := range stack.Environment(t, caller) {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") && value != "" {
			t.Setenv(name, value)
		}
	}
	cfg, err := awscfg.Load(t.Context(), awscfg.Options{Endpoint: *caller.BaseEndpoint})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestOrganization: three pages, throttled on the way, and one account that was
// closed meanwhile.
func TestOrganization(t *testing.T) {
	stack := stack.Start(t)
	account := stack.Account(management)
	members := map[string]string{}
	for i := range 45 {
		members[fmt.Sprintf("3%011d", i)] = fmt.Sprintf("member %d", i)
	}
	id := account.Organization(t, "payer", members)
	const closed = "300000000007"
	root := organizations.NewFromConfig(account.Config())
	if _, err := root.CloseAccount(t.Context(), &organizations.CloseAccountInput{AccountId: aws.String(closed)}); err != nil {
		t.Fatal(err)
	}
	reader := account.User(t, "reader", awstest.Allow("*", "organizations:DescribeOrganization", "organizations:ListAccounts"))
	faults := stack.Faults(t)
	faults.Set(t, awstest.Fault{Service: "organizations", Operation: "ListAccounts", Error: "TooManyRequestsException", Times: 3})

	d, err := directory.Organization(t.Context(), as(t, stack, faults.Through(reader)))
	if err != nil {
		t.Fatal(err)
	}
	if fired := faults.Fired(t); len(fired) != 3 {
		t.Errorf("throttled %d times, want 3: fewer, the SDK does by itself", len(fired))
	}
	members[management] = "payer"
	got := map[string]string{}
	for _, e := range d.Entries {
		got[e.ID] = e.Name
		want := "ACTIVE"
		if e.ID == closed {
			want = "SUSPENDED"
		}
		if e.State != want || len(e.Also) != 1 || !strings.Contains(e.Also[0], "@") || e.Joined.IsZero() {
			t.Errorf("account %+v, want state %s", e, want)
		}
	}
	if diff := cmp.Diff(members, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if d.Kind != query.OrganizationDirectory || d.ID != id || d.Management != management || d.Taken.IsZero() {
		t.Errorf("%s %s, managed by %s, taken %s", d.Kind, d.ID, d.Management, d.Taken)
	}
	if unusable := query.NewNames(d).Unusable(); !slices.Equal(unusable, []string{closed}) {
		t.Errorf("unusable: %v", unusable)
	}
}

func TestOrganizationDenied(t *testing.T) {
	const member, nobody = "111111111111", "888888888888"
	stack := stack.Start(t)
	stack.Account(management).Organization(t, "payer", map[string]string{member: "dev"})
	both := awstest.Allow("*", "organizations:DescribeOrganization", "organizations:ListAccounts")
	for name, c := range map[string]struct{ account, policy, doing, hint string }{
		"no permission": {management, awstest.Allow("*", "s3:GetObject"), "read which organisation this is", "the caller needs organizations:DescribeOrganization and organizations:ListAccounts"},
		"half of it":    {management, awstest.Allow("*", "organizations:DescribeOrganization"), "list the accounts of o-", "AWS lists accounts for the management account, 222222222222, and for delegated administrators alone"},
		"a member":      {member, both, "list the accounts of o-", "AWS lists accounts for the management account, 222222222222, and for delegated administrators alone"},
		"not in use":    {nobody, both, "read which organisation this is", "the account that these credentials are of belongs to no organisation"},
	} {
		t.Run(name, func(t *testing.T) {
			caller := stack.Account(c.account).User(t, strings.ReplaceAll(name, " ", "-"), c.policy)
			_, err := directory.Organization(t.Context(), as(t, stack, caller))
			refused(t, err, c.doing, c.hint)
		})
	}
	root := organizations.NewFromConfig(stack.Account(management).Config())
	_, err := root.RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(member), ServicePrincipal: aws.String("cloudtrail.amazonaws.com")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := directory.Organization(t.Context(), as(t, stack, stack.Account(member).User(t, "delegate", both)))
	if err != nil || len(d.Entries) != 2 {
		t.Errorf("a delegated administrator gets %d accounts, %v", len(d.Entries), err)
	}
}

// refused holds an error to what it was that failed, and to what it advises first.
func refused(t *testing.T, err error, doing, hint string) {
	t.Helper()
	told, ok := errors.AsType[*directory.Error](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	if !strings.HasPrefix(told.Error(), doing) || len(told.Hints) == 0 || !strings.HasPrefix(told.Hints[0], hint) {
		t.Errorf("%v, hints %q; want %q, %q", told, told.Hints, doing, hint)
	}
	if offline := told.Hints[len(told.Hints)-1]; !strings.Contains(offline, "--names ") {
		t.Errorf("the last hint is %q, and does not say what to do without AWS", offline)
	}
}
