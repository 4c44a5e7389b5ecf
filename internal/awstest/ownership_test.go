package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestOwnership: who reads an object that another account wrote into the bucket.
// The bucket's policy opens it only where the bucket's owner owns it.
func TestOwnership(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Policy(t, `{"Statement":[
		{"Effect":"Allow","Principal":{"AWS":"`+dev+`"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"},
		{"Effect":"Allow","Principal":{"AWS":"`+third+`"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`)
	writer := s3.NewFromConfig(stand.Account(dev).User(t, "writer", awstest.Allow("*", "s3:*")))
	owner := stand.Account(prod).User(t, "owner", awstest.Allow("*", "s3:*"))
	reader := stand.Account(third).User(t, "reader", awstest.Allow("*", "s3:*"))
	const ok, denied = "ok", "AccessDenied"
	for _, c := range []struct {
		whose         types.ObjectOwnership
		acl           types.ObjectCannedACL
		owner, reader string
	}{
		{types.ObjectOwnershipObjectWriter, "", denied, denied},
		{types.ObjectOwnershipObjectWriter, types.ObjectCannedACLBucketOwnerFullControl, ok, denied},
		{types.ObjectOwnershipBucketOwnerPreferred, "", denied, denied},
		{types.ObjectOwnershipBucketOwnerPreferred, types.ObjectCannedACLBucketOwnerFullControl, ok, ok},
		{types.ObjectOwnershipBucketOwnerEnforced, "", ok, ok},
	} {
		logs.Ownership(t, c.whose)
		key := string(c.whose) + "/" + string(c.acl)
		if _, err := writer.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &logs.Name, Key: &key, ACL: c.acl}); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[string]string{"owner": c.owner, "reader": c.reader} {
			cfg := map[string]aws.Config{"owner": owner, "reader": reader}[who]
			if _, err := get(t, cfg, "logs", key); code(err) != want {
				t.Errorf("%s, the %s reads: %v, not %s", key, who, err, want)
			}
		}
	}
	if _, err := get(t, reader, "logs", string(types.ObjectOwnershipObjectWriter)+"/"); err != nil {
		t.Errorf("once the bucket's owner owns everything: %v", err)
	}
	logs.Ownership(t, types.ObjectOwnershipObjectWriter)
	logs.Put(t, awstest.Object{Key: "own"})
	listed, err := logs.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &logs.Name, FetchOwner: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]int{}
	for _, o := range listed.Contents {
		owners[*o.Owner.ID]++
	}
	if len(owners) != 2 {
		t.Errorf("the list has %d owners, not 2", len(owners))
	}
}

// TestHarmless: what tries a put or a delete without doing it. A caller who may
// hears of the wrong checksum or ETag, another of nothing but that it may not.
func TestHarmless(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	logs := account.Bucket(t, "logs")
	logs.Put(t, awstest.Object{Key: "one"})
	const ok, denied = "ok", "AccessDenied"
	for _, c := range []struct{ who, policy, put, remove, gone string }{
		{"nobody", "", denied, denied, denied},
		{"reader", awstest.Allow("*", "s3:GetObject", "s3:ListBucket"), denied, denied, denied},
		{"remover", awstest.Allow("*", "s3:DeleteObject"), denied, denied, denied},
		{"admin", awstest.Allow("*", "*"), "BadDigest", "PreconditionFailed", "NoSuchKey"},
	} {
		client := s3.NewFromConfig(account.User(t, c.who, c.policy))
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &logs.Name, Key: aws.String("two"), ContentMD5: aws.String("AAAAAAAAAAAAAAAAAAAAAA==")})
		if code(err) != c.put {
			t.Errorf("%s puts: %v, not %s", c.who, err, c.put)
		}
		for key, want := range map[string]string{"one": c.remove, "none": c.gone} {
			_, err = client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &logs.Name, Key: &key, IfMatch: aws.String(`"00000000000000000000000000000000"`)})
			if code(err) != want {
				t.Errorf("%s deletes %s: %v, not %s", c.who, key, err, want)
			}
		}
	}
	if listed, err := logs.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &logs.Name}); err != nil || len(listed.Contents) != 1 || *listed.Contents[0].Key != "one" {
		t.Errorf("%v, %v", listed, err)
	}
}
