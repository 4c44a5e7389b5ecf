package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// TestManaged: a policy with five versions gets a sixth in the place of the oldest,
// a user who has it may then assume the role, and goes back to an older one.
func TestManaged(t *testing.T) {
	stand := stack.Start(t)
	role := stand.Account(owner).Role(t, "sharing", awstest.Trust("", reader), "")
	kim := stand.Account(reader).User(t, "kim", "")
	root := awsiam.NewFromConfig(stand.Account(reader).Config())
	text := func(n int) string { return awstest.Allow(fmt.Sprintf("arn:aws:s3:::b%d/*", n), "s3:GetObject") }
	made, err := root.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("log-readers"), Path: aws.String("/team/"), PolicyDocument: aws.String(text(1))})
	if err != nil {
		t.Fatal(err)
	}
	arn := *made.Policy.Arn
	for n := 2; n <= 5; n++ {
		if _, err := root.CreatePolicyVersion(t.Context(), &awsiam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(text(n)), SetAsDefault: n == 3}); err != nil {
			t.Fatal(err)
		}
	}
	c := iam.Open(stand.Account(reader).User(t, "operator", awstest.Allow("*", "iam:*", "sts:*"))).Hasty()
	if none, err := c.ManagedNamed(t.Context(), "log-reader"); none != nil || err != nil {
		t.Errorf("%+v, %v", none, err)
	}
	m, err := c.ManagedNamed(t.Context(), "log-readers")
	if err != nil || m.ARN != arn || len(m.Versions) != 5 || m.Default().ID != "v3" {
		t.Fatalf("%+v, %v", m, err)
	}
	reading := &share.Reading{RoleARN: role}
	after, err := reading.In(m.Default().Document)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Write(after, true)
	if err != nil || e.Dropped == nil || e.Dropped.ID != "v1" {
		t.Fatalf("%+v, %v", e, err)
	}
	holder, err := c.Holder(t.Context(), "user", "kim")
	if err != nil || len(holder.Documents) > 0 {
		t.Fatalf("%+v, %v", holder, err)
	}
	assume := func() error {
		_, err := sts.NewFromConfig(kim).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("kim")})
		return err
	}
	if assume() == nil {
		t.Error("without the policy")
	}
	if err := c.Do(t.Context(), append(e.Calls, holder.Attach(arn)), nil); err != nil {
		t.Fatal(err)
	}
	if err := assume(); err != nil {
		t.Errorf("with the policy: %v", err)
	}
	m, err = c.Managed(t.Context(), arn)
	if err != nil {
		t.Fatal(err)
	}
	if m.Version("v1") != nil || len(m.Versions) != 5 || !slices.Equal(m.Holders, []string{"user/kim"}) || !strings.Contains(m.Default().Document.String(), "arn:aws:s3:::b3/*") {
		t.Errorf("%+v", m)
	}
	if e, err = m.Back("v3"); err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), e.Calls, nil); err != nil || assume() == nil {
		t.Errorf("back to v3: %v", err)
	}
}

// TestHolder: what a user may comes from itself and from its groups.
func TestHolder(t *testing.T) {
	stand := stack.Start(t)
	role := func(name string) string { return "arn:aws:iam::" + owner + ":role" + share.Path + name }
	stand.Account(reader).User(t, "kim", awstest.Allow(role("inline"), "sts:AssumeRole"))
	root := awsiam.NewFromConfig(stand.Account(reader).Config())
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(root.CreateGroup(t.Context(), &awsiam.CreateGroupInput{GroupName: aws.String("staff")}))
	do(root.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("staff"), UserName: aws.String("kim")}))
	do(root.PutGroupPolicy(t.Context(), &awsiam.PutGroupPolicyInput{GroupName: aws.String("staff"), PolicyName: aws.String("p"), PolicyDocument: aws.String(awstest.Allow(role("of-group"), "sts:AssumeRole"))}))
	do(root.AttachGroupPolicy(t.Context(), &awsiam.AttachGroupPolicyInput{GroupName: aws.String("staff"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))
	stand.Account(reader).Role(t, "log-reader", awstest.Trust("", reader), awstest.Allow(role("of-role"), "sts:AssumeRole"))
	c := iam.Open(stand.Account(reader).Config())
	for holder, want := range map[string]string{"user/kim": "* inline of-group", "role/log-reader": "of-role"} {
		kind, name, _ := strings.Cut(holder, "/")
		h, err := c.Holder(t.Context(), kind, name)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Own) > 0 {
			t.Errorf("%s: attached to itself: %q", holder, h.Own)
		}
		var got []string
		for _, d := range h.Documents {
			for _, r := range (&share.Reading{RoleARN: role("mine")}).OtherRoles(d) {
				got = append(got, strings.TrimPrefix(r, role("")))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, wanted %q", holder, got, want)
		}
	}
	for _, kind := range []string{"user", "role"} {
		if none, err := c.Holder(t.Context(), kind, "none"); none != nil || err != nil {
			t.Errorf("%s: %+v, %v", kind, none, err)
		}
	}
}
