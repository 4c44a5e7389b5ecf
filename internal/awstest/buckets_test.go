package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

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
	policy("arn:aws:iam::"+dev+":user/named", "")
	reads("limited, an object that is gone", limited, mine, denied)
	reads("who may list, an object that is gone", stand.Account(prod).User(t, "lister", awstest.Allow("*", "s3:*")), mine, "NoSuchKey")
	reads("named, an object that is gone", named, mine, "NoSuchKey")
}

// TestSealed: an object under SSE-KMS is read with the key.
func TestSealed(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	logs := account.Bucket(t, "logs")
	key := account.Key(t, "")
	logs.Put(t, awstest.Object{Key: "sealed", Body: []byte("1"), KMSKey: key}, awstest.Object{Key: "lost", KMSKey: key + "0"}, awstest.Object{Key: "open"})
	reader := account.User(t, "reader", awstest.Allow("*", "s3:GetObject"))
	decrypter := account.User(t, "decrypter", `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"kms:Decrypt","Resource":"`+key+`"}]}`)
	for _, c := range []struct {
		who       string
		cfg       aws.Config
		key, want string
	}{
		{"reader", reader, "open", "ok"},
		{"reader", reader, "sealed", "AccessDenied"},
		{"decrypter", decrypter, "sealed", "ok"},
		{"decrypter", decrypter, "lost", "KMS.NotFoundException"},
	} {
		_, err := get(t, c.cfg, "logs", c.key)
		if code(err) != c.want {
			t.Errorf("%s reads %s: %v, not %s", c.who, c.key, err, c.want)
		}
		if c.want == "AccessDenied" && !(strings.Contains(err.Error(), "kms:Decrypt") && strings.Contains(err.Error(), key)) {
			t.Errorf("the refusal names no key: %v", err)
		}
	}
}

// TestElsewhere: a bucket of another region tells where it is, and one where the
// requester pays wants to hear it.
func TestElsewhere(t *testing.T) {
	stand := stack.Start(t)
	far := stand.Account(prod).Bucket(t, "far", awstest.In("eu-central-1"))
	_, err := far.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &far.Name})
	if code(err) != "PermanentRedirect" && code(err) != "AuthorizationHeaderMalformed" {
		t.Errorf("from us-east-1: %v", err)
	}
	head, err := far.Owner.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &far.Name}, func(o *s3.Options) { o.Region = "eu-central-1" })
	if err != nil || *head.BucketRegion != "eu-central-1" {
		t.Errorf("it is in %v, %v", head, err)
	}

	paid := stand.Account(prod).Bucket(t, "paid")
	paid.Put(t, awstest.Object{Key: "one"})
	paid.Policy(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"`+dev+`"},"Action":"s3:*","Resource":["arn:aws:s3:::paid","arn:aws:s3:::paid/*"]}]}`)
	paid.RequesterPays(t)
	reader := stand.Account(dev).User(t, "reader", awstest.Allow("*", "s3:*"))
	if _, err := get(t, reader, "paid", "one"); code(err) != "AccessDenied" {
		t.Errorf("who does not say that it pays: %v", err)
	}
	_, err = s3.NewFromConfig(reader).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &paid.Name, Key: aws.String("one"), RequestPayer: types.RequestPayerRequester})
	if err != nil {
		t.Errorf("who pays: %v", err)
	}
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
