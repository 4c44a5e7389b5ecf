package iam_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// planned is the plan of a want, by a client that has read what it is made from.
func planned(t *testing.T, c *iam.Client, w share.Want) *share.Plan {
	t.Helper()
	s, err := c.Observe(t.Context(), iam.Ask{Trail: "main"})
	if err != nil {
		t.Fatal(err)
	}
	g, _, _, err := share.NewGrant(w, s)
	if err != nil {
		t.Fatal(err)
	}
	var role *share.RoleState
	if g.Means == share.Role {
		if role, err = c.Role(t.Context(), g.RoleName()); err != nil {
			t.Fatal(err)
		}
	}
	p, err := share.NewPlan(w, s, role, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func operations(calls []share.Call) string {
	var out []string
	for _, c := range calls {
		out = append(out, c.Operation)
	}
	return strings.Join(out, " ")
}

// TestDo: a grant by role and one by bucket policy, made, read back, and made
// again, which changes nothing.
func TestDo(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	cfg := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	for _, w := range []share.Want{
		{To: reader, Via: share.Role, MFA: true, Expires: time.Now().Add(24 * time.Hour).Truncate(time.Second)},
		{To: third, Via: share.Role, Logs: share.Logs{All: true}, ExternalID: "3414", Policy: share.ManagedReadOnly},
		{To: reader, Via: share.BucketPolicy},
	} {
		c := iam.Open(cfg).Hasty()
		saved := map[string]string{}
		c.Saved = func(resource, path string) { saved[resource] = path }
		before, err := b.Owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &b.Name})
		if err != nil {
			t.Fatal(err)
		}
		p := planned(t, c, w)
		var done []share.Call
		if err := c.Do(t.Context(), p.Calls, func(call share.Call) { done = append(done, call) }); err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
		if operations(done) != operations(p.Calls) || len(done) == 0 {
			t.Errorf("%s done of %s", operations(done), operations(p.Calls))
		}
		if again := planned(t, c, w); len(again.Calls) > 0 || again.Basis == p.Basis {
			t.Errorf("%+v, planned again: %s", w, operations(again.Calls))
		}
		if err := iam.Open(cfg).Do(t.Context(), p.Calls, nil); err != nil {
			t.Errorf("%+v, the same calls again: %v", w, err)
		}
		path := saved["arn:aws:s3:::"+b.Name]
		if (path != "") != (w.Via == share.BucketPolicy) {
			t.Errorf("%+v: saved %v", w, saved)
		}
		if path != "" {
			text, err := os.ReadFile(path)
			info, _ := os.Stat(path)
			if err != nil || string(text) != *before.Policy || info.Mode().Perm() != 0o600 || !strings.HasPrefix(path, filepath.Join(os.Getenv("XDG_STATE_HOME"), "crosstrail")) {
				t.Errorf("saved %s: %v, %s", path, err, text)
			}
		}
	}
	c := iam.Open(cfg)
	s, err := c.Observe(t.Context(), iam.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Bucket.Policy.Named(func(sid string) bool { return sid == "AWSCloudTrailWrite" })) != 1 {
		t.Errorf("CloudTrail's own statement: %s", s.Bucket.Text)
	}
	roles, err := c.Roles(t.Context())
	if err != nil || len(roles) != 2 {
		t.Fatalf("%v, %+v", err, roles)
	}
	found := share.Grants(s, roles)
	var got []string
	for _, f := range found {
		got = append(got, f.Grant.To+" "+string(f.Grant.Means)+" "+f.Unclear)
	}
	if want := []string{reader + " bucket-policy ", reader + " role ", third + " role "}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("%q, not %q", got, want)
	}
	managed := roles[slices.IndexFunc(roles, func(r *share.RoleState) bool { return strings.Contains(r.Name, third) })]
	if !slices.Equal(managed.Attached, []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}) || managed.Path != share.Path || !strings.HasPrefix(managed.ID, "AROA") || managed.MaxSession != 3600 {
		t.Errorf("%+v", managed)
	}
	if none, err := c.Role(t.Context(), "none"); none != nil || err != nil {
		t.Errorf("a role that is not there: %+v, %v", none, err)
	}
}

// TestDoHalfway: where a call fails it is said what was done and what was not, and
// the next run does the rest.
func TestDoHalfway(t *testing.T) {
	stand := stack.Start(t)
	_, _ = logged(t, stand)
	account := stand.Account(owner)
	cfg := account.User(t, "operator", awstest.Allow("*", append([]string{"iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:CreateRole", "iam:TagRole"}, reads...)...))
	c := iam.Open(cfg).Hasty()
	w := share.Want{To: reader, Via: share.Role}
	err := c.Do(t.Context(), planned(t, c, w).Calls, nil)
	halted, ok := errors.AsType[*iam.Halted](err)
	if !ok || operations(halted.Done) != "CreateRole" || operations(halted.Left) != "PutRolePolicy" {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"cannot call PutRolePolicy: refused: ", "operator needs iam:PutRolePolicy on arn:aws:iam::" + owner + ":role/", "; done before: CreateRole; not done: PutRolePolicy"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not tell %q", err, part)
		}
	}
	all := awstest.Allow("*", "*")
	if _, err := awsiam.NewFromConfig(account.Config()).PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: aws.String("operator"), PolicyName: aws.String("more"), PolicyDocument: &all}); err != nil {
		t.Fatal(err)
	}
	p := planned(t, c, w)
	if operations(p.Calls) != "PutRolePolicy" {
		t.Errorf("what is left: %s", operations(p.Calls))
	}
	if err := c.Do(t.Context(), p.Calls, nil); err != nil {
		t.Error(err)
	}
	if p := planned(t, c, w); len(p.Calls) > 0 {
		t.Errorf("then: %s", operations(p.Calls))
	}
}

// TestDoRefuses: what is somebody else's, and what is not in any plan.
func TestDoRefuses(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	account := stand.Account(owner)
	cfg := account.User(t, "operator", awstest.Allow("*", "*"))
	shared := share.Want{To: reader, Via: share.BucketPolicy}
	c := iam.Open(cfg).Hasty()
	byRole := share.Want{To: reader, Via: share.Role}
	p := planned(t, c, byRole)
	stand.Account(owner).Role(t, p.Grant.RoleName(), awstest.Trust("", third), "", func(in *awsiam.CreateRoleInput) { in.Path = aws.String(share.Path) })
	expect(t, "somebody else's role", c.Do(t.Context(), p.Calls, nil), "which this grant did not make: it stays as it is")

	elsewhere := share.Want{To: third, Via: share.Role, ExternalID: "3414"}
	p = planned(t, c, elsewhere)
	stand.Account(owner).Role(t, p.Grant.RoleName(), p.Grant.Trust().String(), "", func(in *awsiam.CreateRoleInput) {
		in.Tags = []iamtypes.Tag{{Key: aws.String(share.TagGrant), Value: &p.Grant.ID}}
	})
	expect(t, "a role of another path, with the grant's tag and trust", c.Do(t.Context(), p.Calls, nil), "which this grant did not make: it stays as it is")

	expect(t, "an operation of no plan", c.Do(t.Context(), []share.Call{p.Calls[0], {Service: "s3", Operation: "DeleteBucket", Parameters: map[string]any{"Bucket": b.Name}}}, nil), "no plan may call s3 DeleteBucket")
	expect(t, "a parameter of no API", c.Do(t.Context(), []share.Call{{Service: "iam", Operation: "DeleteRole", Parameters: map[string]any{"RoleNames": "x"}}}, nil), `unknown field "RoleNames"`)

	gone := share.Want{To: "arn:aws:iam::" + reader + ":role/nobody", Via: share.BucketPolicy}
	expect(t, "a reader that is not there", c.Do(t.Context(), planned(t, c, gone).Calls, nil), "Invalid principal in policy")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Do(ctx, planned(t, c, shared).Calls, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}

	account.SCP(t, awstest.Deny("arn:aws:s3:::*", "s3:PutBucketPolicy"))
	err := c.Do(t.Context(), planned(t, c, shared).Calls, nil)
	expect(t, "an SCP", err, "the bucket's policy is locked by the organisation (a service control policy")
	if told, ok := errors.AsType[*iam.Error](err); !ok || !strings.Contains(strings.Join(told.Hints, "\n"), "--via role") {
		t.Errorf("an SCP: %+v", told)
	}
}

// TestDoWaits: for a role that was just made, and for AWS to slow down.
func TestDoWaits(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	faults := stand.Faults(t)
	c := iam.Open(faults.Through(stand.Account(owner).User(t, "operator", awstest.Allow("*", "*")))).Hasty()
	calls := planned(t, c, share.Want{To: reader, Via: share.Role}).Calls
	role := "arn:aws:iam::" + owner + ":role" + share.Path + calls[0].Parameters["RoleName"].(string)
	calls = append(calls, share.Call{Service: "s3", Operation: "PutBucketPolicy", Parameters: map[string]any{
		"Bucket": b.Name, "Policy": `{"Version":"2012-10-17","Statement":[` + delivery + `,{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-logs"}]}`,
	}})
	faults.Set(t,
		awstest.Fault{Service: "iam", Operation: "PutRolePolicy", Error: "NoSuchEntity", Status: 404, Times: 2},
		awstest.Fault{Service: "iam", Operation: "CreateRole", Error: "Throttling", Status: 400, Times: 1},
		awstest.Fault{Service: "s3", Operation: "PutBucketPolicy", Error: "MalformedPolicy", Status: 400, Times: 2})
	if err := c.Do(t.Context(), calls, nil); err != nil {
		t.Error(err)
	}
	if fired := faults.Fired(t); len(fired) != 5 {
		t.Errorf("%+v", fired)
	}
	// Who is told the same of a role that it did not make waits for nothing.
	faults.Clear(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "PutBucketPolicy", Error: "MalformedPolicy", Status: 400})
	b.Policy(t, `{"Version":"2012-10-17","Statement":[`+delivery+`]}`)
	err := iam.Open(faults.Through(stand.Account(owner).Config())).Do(t.Context(), calls[2:], nil)
	if fired := faults.Fired(t); err == nil || len(fired) != 1 {
		t.Errorf("%v, %+v", err, fired)
	}
}
