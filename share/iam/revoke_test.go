package iam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// taking is a grant by role that is taken back, and a reader with a live session.
type taking struct {
	t       *testing.T
	stand   *awstest.AWS
	bucket  *awstest.Bucket
	plan    *share.Plan
	caller  aws.Config // of the reader's account
	session aws.Config
	with    func(*sts.AssumeRoleInput)
}

func (k *taking) grant(cfg aws.Config, w share.Want, user string) {
	k.t.Helper()
	c := iam.Open(cfg).Hasty()
	k.plan = planned(k.t, c, w)
	if err := c.Do(k.t.Context(), k.plan.Calls, nil); err != nil {
		k.t.Fatal(err)
	}
	k.caller = k.stand.Account(w.To).User(k.t, user, awstest.Allow(k.plan.Grant.RoleARN(), "sts:AssumeRole"))
	k.with = func(in *sts.AssumeRoleInput) {
		if w.ExternalID != "" {
			in.ExternalId = &w.ExternalID
		}
	}
	k.session = k.stand.Assume(k.t, k.caller, k.plan.Grant.RoleARN(), k.with)
}

// may reports whether the live session reads, and whether a new one can be had.
func (k *taking) may() (read, assume bool) {
	k.t.Helper()
	key := "AWSLogs/" + reader + "/CloudTrail/us-east-1/2026/11/02/" + reader + "_CloudTrail_us-east-1_20261102T0000Z_aaaaaaaaaaaaaaaa.json.gz"
	_, err := s3.NewFromConfig(k.session, func(o *s3.Options) { o.UsePathStyle = true }).GetObject(k.t.Context(), &s3.GetObjectInput{Bucket: &k.bucket.Name, Key: &key})
	in := &sts.AssumeRoleInput{RoleArn: aws.String(k.plan.Grant.RoleARN()), RoleSessionName: aws.String("again")}
	k.with(in)
	_, refused := sts.NewFromConfig(k.caller).AssumeRole(k.t.Context(), in)
	return err == nil, refused == nil
}

func (k *taking) want(what string, read, assume bool) {
	k.t.Helper()
	if r, a := k.may(); r != read || a != assume {
		k.t.Errorf("%s: the live session reads %t, wanted %t; a new one can be had %t, wanted %t", what, r, read, a, assume)
	}
}

func (k *taking) revocation(c *iam.Client, keep bool) *share.Revocation {
	k.t.Helper()
	s, err := c.Observe(k.t.Context(), iam.Ask{Trail: "main"})
	if err != nil {
		k.t.Fatal(err)
	}
	role, err := c.Role(k.t.Context(), k.plan.Grant.RoleName())
	if err != nil {
		k.t.Fatal(err)
	}
	r, err := share.NewRevocation(k.plan.Grant, role, s, time.Now(), keep)
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

// TestRevoke: a live session is refused at once, also where the run stops on the
// way; the next finishes it, whatever others hung on the role.
func TestRevoke(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	operator := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	k := &taking{t: t, stand: stand, bucket: b}
	k.grant(operator, share.Want{To: reader, Via: share.Role}, "kim")
	k.want("granted", true, true)

	root := awsiam.NewFromConfig(stand.Account(owner).Config())
	role := k.plan.Grant.RoleName()
	for _, profile := range []string{"web", role} {
		if _, err := root.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: &profile}); err != nil {
			t.Fatal(err)
		}
		if _, err := root.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := root.AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{RoleName: &role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}); err != nil {
		t.Fatal(err)
	}

	half := stand.Account(owner).User(t, "half", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:DetachRolePolicy","Resource":"*"}]}`)
	c := iam.Open(half).Hasty()
	err := c.Do(t.Context(), k.revocation(c, false).Calls, nil)
	halted, ok := errors.AsType[*iam.Halted](err)
	if !ok || halted.Left[0].Operation != "DetachRolePolicy" {
		t.Fatal(err)
	}
	k.want("stopped on the way, with AdministratorAccess still attached", false, false)

	c = iam.Open(operator).Hasty()
	r := k.revocation(c, false)
	if strings.Contains(operations(r.Calls), "UpdateAssumeRolePolicy") || strings.Contains(operations(r.Calls), "InstanceProfile") {
		t.Errorf("what was done is done again: %s", operations(r.Calls))
	}
	if err := c.Do(t.Context(), r.Calls, nil); err != nil {
		t.Fatal(err)
	}
	k.want("revoked", false, false)
	if left, err := c.Role(t.Context(), role); left != nil || err != nil {
		t.Errorf("the role: %+v, %v", left, err)
	}
	profiles, err := root.ListInstanceProfiles(t.Context(), nil)
	if err != nil || len(profiles.InstanceProfiles) != 1 || *profiles.InstanceProfiles[0].InstanceProfileName != "web" || len(profiles.InstanceProfiles[0].Roles) > 0 {
		t.Errorf("the instance profile of the role's name goes, the other stays without it: %+v, %v", profiles, err)
	}
	if last := k.revocation(c, false); len(last.Calls) > 0 {
		t.Errorf("once more: %s", operations(last.Calls))
	}
}

// TestRevokeKeeping: live sessions go on, and no new one can be had.
func TestRevokeKeeping(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	operator := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	k := &taking{t: t, stand: stand, bucket: b}
	k.grant(operator, share.Want{To: third, Via: share.Role, Logs: share.Logs{All: true}, ExternalID: "3414"}, "zoe")
	c := iam.Open(operator).Hasty()
	if err := c.Do(t.Context(), k.revocation(c, true).Calls, nil); err != nil {
		t.Fatal(err)
	}
	k.want("kept", true, false)
	if again := k.revocation(c, true); len(again.Calls) > 0 || again.Ends.Before(time.Now().Add(time.Hour)) {
		t.Errorf("kept once more: %s, %s", operations(again.Calls), again.Ends)
	}
	now := k.revocation(c, false)
	if !now.Live {
		t.Error("that sessions may be live is not told")
	}
	if err := c.Do(t.Context(), now.Calls, nil); err != nil {
		t.Fatal(err)
	}
	k.want("revoked before they ended", false, false)
}

// TestRevokeBucketPolicy: our statements go, and the rest is what it was.
func TestRevokeBucketPolicy(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	operator := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	c := iam.Open(operator).Hasty()
	policy := func() string {
		t.Helper()
		out, err := b.Owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &b.Name})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}
	before := policy()
	p := planned(t, c, share.Want{To: reader, Via: share.BucketPolicy})
	if err := c.Do(t.Context(), p.Calls, nil); err != nil {
		t.Fatal(err)
	}
	kim := s3.NewFromConfig(stand.Account(reader).User(t, "kim", p.Documents[len(p.Documents)-1].After.String()), func(o *s3.Options) { o.UsePathStyle = true })
	list := func() error {
		_, err := kim.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: aws.String("AWSLogs/" + reader + "/")})
		return err
	}
	if err := list(); err != nil {
		t.Errorf("by the reader's own policy and the grant: %v", err)
	}
	s, err := c.Observe(t.Context(), iam.Ask{Trail: "main"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := share.NewRevocation(p.Grant, nil, s, time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), r.Calls, nil); err != nil {
		t.Fatal(err)
	}
	if after := policy(); after != before {
		t.Errorf("the policy was\n%s\nand is\n%s", before, after)
	}
	if list() == nil {
		t.Error("the reader still lists")
	}
}
