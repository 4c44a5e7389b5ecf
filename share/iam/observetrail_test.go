package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share/iam"
)

// TestWhichTrail: by name, ARN and bucket, and what is said where that does not
// tell one.
func TestWhichTrail(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(owner)
	b, arn := logged(t, stand)
	cfg := account.User(t, "operator", awstest.Allow("*", "*"))
	far := cfg.Copy()
	far.Region = "eu-west-1"
	if s := observed(t, far, iam.Ask{}); s.Trail.ARN != arn || s.Trail.Region != "us-east-1" || s.Bucket.Region != "us-east-1" {
		t.Errorf("its shadow in another region: %+v", s)
	}
	account.Bucket(t, "acme-other")
	other := account.Trail(t, "other", "acme-other", func(in *awscloudtrail.CreateTrailInput) { in.S3KeyPrefix = aws.String("pfx") })
	second := account.Trail(t, "second", "acme-other")
	account.Bucket(t, "acme-none")
	for _, c := range []struct {
		ask  iam.Ask
		want string // the ARN; or
		text string // the error, and
		hint string
	}{
		{iam.Ask{Trail: "main"}, arn, "", ""},
		{iam.Ask{Trail: other}, other, "", ""},
		{iam.Ask{Trail: other, Bucket: "acme-other"}, other, "", ""},
		{iam.Ask{Bucket: b.Name}, arn, "", ""},
		{iam.Ask{Bucket: "acme-none"}, "", "", ""},
		{iam.Ask{}, "", "there are 3 trails: say which one", "--trail " + arn + " (writes to s3://acme-logs/)"},
		{iam.Ask{Bucket: "acme-other"}, "", "2 trails write to the bucket acme-other: say which one", "--trail " + other + " (writes to s3://acme-other/pfx/)"},
		{iam.Ask{Trail: "none"}, "", "there is no trail none that " + owner + " sees in us-east-1", "there is second: --trail " + second},
		{iam.Ask{Trail: arn + "x"}, "", "there is no trail " + arn + "x that " + owner + " sees", "there is main: --trail " + arn},
		{iam.Ask{Trail: "arn:aws:s3:::acme-logs"}, "", "is no ARN of a trail", "it looks like arn:aws:cloudtrail:"},
		{iam.Ask{Trail: other, Bucket: b.Name}, "", "the trail other writes to the bucket acme-other, not to acme-logs", "leave one"},
		{iam.Ask{Bucket: "acme-nowhere"}, "", "cannot read the bucket acme-nowhere: there is no such bucket", "check the spelling"},
		{iam.Ask{Bucket: "s3://acme-logs"}, "", "S3 has no bucket with such a name: s3://acme-logs", "--bucket takes a bucket's name alone"},
	} {
		s, err := iam.Open(cfg).Observe(t.Context(), c.ask)
		if c.text == "" {
			if err != nil || s.Trail.ARN != c.want || c.ask.Bucket != "" && s.Bucket.Name != c.ask.Bucket {
				t.Errorf("%+v: %v, %+v", c.ask, err, s)
			}
			continue
		}
		told, ok := errors.AsType[*iam.Error](err)
		if !ok || !strings.Contains(told.Error(), c.text) || !strings.Contains(strings.Join(told.Hints, "\n"), c.hint) {
			t.Errorf("%+v: %v, %+v", c.ask, err, told)
			continue
		}
		if misread := strings.HasPrefix(c.hint, "it looks like") || c.hint == "leave one" || strings.HasPrefix(c.hint, "--bucket takes"); told.Misread != misread {
			t.Errorf("%+v: %+v", c.ask, told)
		}
	}
	if _, err := iam.Open(stand.Account(third).Config()).Observe(t.Context(), iam.Ask{}); err == nil || !strings.Contains(err.Error(), "there is no trail that "+third+" sees in us-east-1") {
		t.Errorf("where there is none: %v", err)
	}
}

// TestOrganizationTrail: the account of the log archive sees the trail of the
// management account.
func TestOrganizationTrail(t *testing.T) {
	stand := stack.Start(t)
	org := stand.Account(reader).Organization(t, "management", map[string]string{owner: "log archive"})
	b := stand.Account(owner).Bucket(t, "acme-logs")
	arn := stand.Account(reader).Trail(t, "all", b.Name, func(in *awscloudtrail.CreateTrailInput) { in.IsOrganizationTrail = aws.Bool(true) })
	s := observed(t, stand.Account(owner).User(t, "operator", awstest.Allow("*", "*")), iam.Ask{})
	if s.Trail.ARN != arn || s.Trail.Account != reader || !s.Trail.Organization || s.Bucket.Account != owner || s.Organization.ID != org || s.Organization.Management != reader || s.Organization.Members != nil {
		t.Errorf("%+v, %+v", s, s.Organization)
	}
}

// TestOwnTrails: of several trails those count whose log files are the caller's to
// share. A member sees its organisation's, which counts where there is no other.
func TestOwnTrails(t *testing.T) {
	stand := stack.Start(t)
	stand.Account(third).Organization(t, "management", map[string]string{owner: "log archive", reader: "member"})
	stand.Account(owner).Bucket(t, "acme-logs")
	all := stand.Account(third).Trail(t, "all", "acme-logs", func(in *awscloudtrail.CreateTrailInput) { in.IsOrganizationTrail = aws.Bool(true) })
	archive := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	member := stand.Account(reader).User(t, "operator", awstest.Allow("*", "*"))
	if _, err := iam.Open(member).Observe(t.Context(), iam.Ask{}); err == nil || !strings.Contains(err.Error(), "acme-logs") {
		t.Errorf("a member without a trail: %v", err)
	}
	for id, bucket := range map[string]string{owner: "acme-archive", reader: "acme-member"} {
		stand.Account(id).Bucket(t, bucket)
		stand.Account(id).Trail(t, "all", bucket)
	}
	for _, ask := range []iam.Ask{{}, {Trail: "all"}} {
		if s := observed(t, member, ask); s.Trail.Account != reader || s.Bucket.Name != "acme-member" {
			t.Errorf("a member, %+v: %+v", ask, s.Trail)
		}
		_, err := iam.Open(archive).Observe(t.Context(), ask)
		if told, ok := errors.AsType[*iam.Error](err); !ok || len(told.Which) != 2 || told.Which[0].Bucket == told.Which[1].Bucket {
			t.Errorf("the log archive, %+v: %v", ask, err)
		}
	}
	_, err := iam.Open(member).Observe(t.Context(), iam.Ask{Trail: "none"})
	if told, ok := errors.AsType[*iam.Error](err); !ok || strings.Contains(strings.Join(told.Hints, "\n"), all) {
		t.Errorf("a trail that is not: %v, %+v", err, told)
	}
	if _, err := iam.Open(member).Observe(t.Context(), iam.Ask{Trail: all}); err == nil || !strings.Contains(err.Error(), "acme-logs") {
		t.Errorf("the organisation's, named: %v", err)
	}
}
