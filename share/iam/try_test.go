package iam_test

import (
	"context"
	"fmt"
	"slices"
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

// tried is a grant that was given, and its reader.
type tried struct {
	t      *testing.T
	stand  *awstest.AWS
	bucket *awstest.Bucket
	grant  *share.Grant
	ground share.Ground
	reader *iam.Reader
}

// given gives what is wanted, and has an own user of the reader try it.
func given(t *testing.T, stand *awstest.AWS, b *awstest.Bucket, w share.Want, user string) *tried {
	t.Helper()
	owners := iam.Open(stand.Account(owner).Config())
	s, err := owners.Observe(t.Context(), iam.Ask{Bucket: b.Name, Trail: "main"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := share.NewPlan(w, s, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := owners.Do(t.Context(), p.Calls, nil); err != nil {
		t.Fatal(err)
	}
	of := stand.Account(w.To)
	x := &tried{t: t, stand: stand, bucket: b, grant: p.Grant, ground: p.Grant.Ground(s, w.To), reader: &iam.Reader{Plain: of.User(t, user, awstest.Allow("*", "sts:AssumeRole", "s3:*", "kms:*"))}}
	if key := owners.Beyond(t.Context(), b.Name, "", x.ground.Other); key != "" {
		x.ground.OtherKey, x.ground.MadeUp = key, ""
	}
	x.reader.ExternalID, x.reader.SessionName = p.Grant.ExternalID, p.Grant.SessionName
	return x
}

// shows has the user show a code of a device.
func (x *tried) shows(user string) {
	x.t.Helper()
	device := x.stand.Account(x.grant.To).MFA(x.t, user)
	out, err := sts.NewFromConfig(x.reader.Plain).GetSessionToken(x.t.Context(), &sts.GetSessionTokenInput{SerialNumber: &device.Serial, TokenCode: aws.String(device.Code())})
	if err != nil {
		x.t.Fatal(err)
	}
	shown := x.reader.Plain.Copy()
	shown.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}, nil
	})
	x.reader.Shown = &shown
}

// outcomes are what the tries came to, each once: the worst of its folders.
func (x *tried) outcomes() map[string]share.Tried {
	out := map[string]share.Tried{}
	for _, got := range x.reader.Try(x.t.Context(), x.grant.Bucket, x.ground, share.Tries(x.grant, x.ground, time.Now()), nil) {
		if was, ok := out[got.Try]; !ok || !was.Differs() {
			out[got.Try] = got
		}
	}
	return out
}

// differ are the tries that came out otherwise than they should, in order. Those
// that came to nothing are fatal, but for these.
func (x *tried) differ(but ...string) string {
	x.t.Helper()
	var out []string
	for name, got := range x.outcomes() {
		if (got.Got == share.NotTried || got.Got == share.Failed) && !slices.Contains(but, name) {
			x.t.Errorf("%s came to nothing: %+v", name, got)
		}
		if got.Differs() {
			out = append(out, name)
			if len(x.grant.Causes(got)) == 0 {
				x.t.Errorf("%s: no cause", name)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// versions are all that the bucket ever held.
func versions(t *testing.T, b *awstest.Bucket) string {
	t.Helper()
	out, err := b.Owner.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, v := range out.Versions {
		text += fmt.Sprintln(*v.Key, *v.VersionId)
	}
	for _, v := range out.DeleteMarkers {
		text += fmt.Sprintln("deleted", *v.Key, *v.VersionId)
	}
	return text
}

func (x *tried) put(policy string) {
	x.t.Helper()
	_, err := awsiam.NewFromConfig(x.stand.Account(owner).Config()).PutRolePolicy(x.t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String(x.grant.RoleName()), PolicyName: aws.String("more"), PolicyDocument: &policy})
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *tried) trust(policy string) {
	x.t.Helper()
	_, err := awsiam.NewFromConfig(x.stand.Account(owner).Config()).UpdateAssumeRolePolicy(x.t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String(x.grant.RoleName()), PolicyDocument: &policy})
	if err != nil {
		x.t.Fatal(err)
	}
}

// TestTries: grants as they are given pass, and whatever is opened is found, with
// the bucket as it was, every version of it.
func TestTries(t *testing.T) {
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Versioned(t)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	stand.Account(owner).Organization(t, "management", map[string]string{reader: "reader"})
	before := versions(t, b)
	inSession := []string{"bucket-location", "list-own", "get-own", "list-others", "list-whole-bucket", "get-others", "put", "delete", "list-all-buckets"}
	object := func(actions ...string) string { return awstest.Allow("arn:aws:s3:::acme-logs/*", actions...) }

	t.Run("a role", func(t *testing.T) {
		x := given(t, stand, b, share.Want{To: third, Logs: share.Logs{Accounts: []string{reader}}, ExternalID: "acme-1", MFA: true, SessionName: "audit", Expires: time.Now().Add(time.Hour), Since: day("2026-11-01")}, "kim")
		if x.ground.MadeUp != "" {
			t.Fatal("no key of another account was found")
		}
		if got := x.differ(append(inSession, share.TryNoMFA)...); !strings.HasPrefix(got, "assume") { // no device yet
			t.Error(got)
		}
		x.shows("kim")
		if got := x.differ(); got != "" {
			t.Fatal(got)
		}
		if got := x.outcomes()[share.TryGetOwn]; !strings.Contains(got.Where, "20261102") {
			t.Errorf("%+v", got)
		}
		for _, c := range []struct{ policy, want string }{
			{object("s3:PutObject"), "put"},
			{object("s3:DeleteObject"), "delete"},
			{object("s3:GetObject"), "get-others"},
			{awstest.Allow("arn:aws:s3:::acme-logs", "s3:ListBucket"), "list-others list-whole-bucket"},
			{awstest.Allow("*", "s3:ListAllMyBuckets"), "list-all-buckets"},
			{awstest.Deny("*", "s3:GetObject"), "get-own"},
			{awstest.Deny("*", "s3:ListBucket"), "list-own"},
		} {
			x.put(c.policy)
			if got := x.differ(share.TryGetOwn); got != c.want {
				t.Errorf("%s: %s, not %s", c.policy, got, c.want)
			}
		}
		x.put(awstest.Deny("*", "iam:*"))
		x.trust(awstest.Trust("", third))
		if got := x.differ(); got != "assume-with-other-session-name assume-with-wrong-external-id assume-without-external-id without-mfa" {
			t.Error(got)
		}
		x.trust(awstest.Trust("another", third))
		if got := x.differ(inSession...); got != "assume" {
			t.Error(got)
		}
	})
	t.Run("the bucket's policy", func(t *testing.T) {
		x := given(t, stand, b, share.Want{To: reader}, "lee")
		if x.grant.Means != share.BucketPolicy {
			t.Fatal(x.grant.Means)
		}
		if got := x.differ(); got != "" {
			t.Error(got)
		}
		x.reader.Plain = stand.Account(reader).User(t, "max", "")
		if got := x.differ(share.TryGetOwn); got != "list-own" {
			t.Error(got)
		}
	})
	t.Run("the seed's policy", func(t *testing.T) {
		x := given(t, stand, b, share.Want{To: reader, Policy: share.Seed}, "sam")
		if got := x.differ(); got != "" {
			t.Error(got)
		}
	})
	t.Run("ended", func(t *testing.T) {
		x := given(t, stand, b, share.Want{To: reader, Logs: share.Logs{Accounts: []string{owner, reader}}, Via: share.Role, Expires: time.Now().Add(2 * time.Second)}, "pat")
		time.Sleep(time.Until(x.grant.Expires) + time.Second)
		if got := x.differ(inSession...); got != "" || x.outcomes()[share.TryAssume].Got != share.Refused {
			t.Error(got)
		}
	})
	if after := versions(t, b); after != before {
		t.Errorf("the bucket was changed:\n%s\nand was\n%s", after, before)
	}
}

func day(text string) share.Day {
	d, err := share.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}
