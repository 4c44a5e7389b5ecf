package awstest_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

func list(t *testing.T, cfg aws.Config, bucket, prefix string) string {
	t.Helper()
	_, err := s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	return code(err)
}

// TestWhoMayRead: a user who may read one account's prefix of an organisation's
// trail, and users of another account that the bucket's policy names or does not.
func TestWhoMayRead(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Put(t,
		awstest.Object{Key: "AWSLogs/111111111111/one", Body: []byte("1"), Metadata: map[string]string{"signature": "abc"}},
		awstest.Object{Key: "AWSLogs/222222222222/one", Body: []byte("2")})
	limited := stand.Account(prod).User(t, "limited", `{"Statement":[
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/AWSLogs/111111111111/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs","Condition":{"StringLike":{"s3:prefix":"AWSLogs/111111111111/*"}}}]}`)
	own := stand.Account(dev).User(t, "own", `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::logs/AWSLogs/${aws:PrincipalAccount}/*"}]}`)
	named := stand.Account(dev).User(t, "named", awstest.Allow("*", "s3:*"))
	without := stand.Account(dev).User(t, "without", "")
	other := stand.Account(dev).User(t, "other", awstest.Allow("*", "s3:*"))
	role := stand.Account(dev).Role(t, "Audit", awstest.Trust("", dev), awstest.Allow("*", "s3:*"))
	session := stand.Assume(t, stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole")), role)
	member := stand.Account(third).User(t, "member", awstest.Allow("*", "s3:*"))
	organization := stand.Account(prod).Organization(t, "management", map[string]string{third: "a member"})

	policy := func(principal, condition string) {
		t.Helper()
		logs.Policy(t, fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":["s3:GetObject","s3:ListBucket"],
			"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]%s}]}`, principal, condition))
	}
	const mine, theirs = "AWSLogs/111111111111/one", "AWSLogs/222222222222/one"
	reads := func(who string, cfg aws.Config, key, want string) {
		t.Helper()
		if _, err := get(t, cfg, "logs", key); code(err) != want {
			t.Errorf("%s reads %s: %v, not %s", who, key, err, want)
		}
	}
	const ok, denied = "ok", "AccessDenied"
	reads("limited", limited, mine, ok)
	reads("limited", limited, theirs, denied)
	for prefix, want := range map[string]string{"AWSLogs/111111111111/": ok, "AWSLogs/222222222222/": denied, "": denied} {
		if got := list(t, limited, "logs", prefix); got != want {
			t.Errorf("limited lists %q: %s, not %s", prefix, got, want)
		}
	}
	reads("a user of another account, no bucket policy", named, mine, denied)

	policy("arn:aws:iam::"+dev+":user/named", "")
	reads("named", named, mine, ok)
	reads("other", other, mine, denied)
	policy("arn:aws:iam::"+dev+":root", "")
	reads("other, its account named", other, mine, ok)
	reads("without a policy of its own, its account named", without, mine, denied)
	reads("own account's prefix", own, mine, ok)
	reads("own account's prefix only", own, theirs, denied)
	policy(role, "")
	reads("a session of the role", session, mine, ok)
	reads("other, a role named", other, mine, denied)
	policy("*", `,"Condition":{"ArnEquals":{"aws:PrincipalArn":"`+role+`"}}`)
	reads("a session, its role in a condition", session, mine, ok)
	reads("other, a role in a condition", other, mine, denied)
	policy("*", `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"`+organization+`"}}`)
	reads("a member of the organisation", member, mine, ok)
	reads("who is in none", other, mine, denied)

	head, err := s3.NewFromConfig(limited).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &logs.Name, Key: aws.String(mine)})
	if err != nil || head.Metadata["signature"] != "abc" {
		t.Errorf("metadata: %v, %v", head, err)
	}
	logs.Delete(t, mine)
	reads("limited, an object that is gone", limited, mine, "NoSuchKey")
}

// TestMany: a thousand objects and versions, listed in pages.
func TestMany(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.PutAll(t, func(yield func(awstest.Object) bool) {
		for i := range 1200 {
			if !yield(awstest.Object{Key: fmt.Sprintf("%04d", i), Body: []byte{1}}) {
				return
			}
		}
	})
	pages, found := s3.NewListObjectsV2Paginator(logs.Owner, &s3.ListObjectsV2Input{Bucket: &logs.Name}), 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found += len(page.Contents)
	}
	if found != 1200 {
		t.Errorf("%d objects, not 1200", found)
	}
	logs.Versioned(t)
	logs.Put(t, awstest.Object{Key: "0000", Body: []byte("new")})
	versions, err := logs.Owner.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &logs.Name, Prefix: aws.String("0000")})
	if err != nil || len(versions.Versions) != 2 {
		t.Errorf("versions: %v, %v", versions, err)
	}
}
