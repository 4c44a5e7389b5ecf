package site_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// upload puts a package where that of a hub of the account lies.
func upload(t *testing.T, s *site.Site, account string, zip []byte, architecture string) (deploy.Code, error) {
	t.Helper()
	code := deploy.CodeOf(account, awstest.Region, architecture, zip)
	return code, s.Upload(t.Context(), zip, code)
}

// removeCode looks and removes, as down hub does.
func removeCode(t *testing.T, s *site.Site, keep ...string) (site.Removed, error) {
	t.Helper()
	code, err := s.LookForCode(t.Context(), "", keep...)
	if err != nil {
		return site.Removed{}, err
	}
	return s.RemoveCode(t.Context(), code)
}

// TestUpload: the same code is put once; with the last hub all of it goes, and nothing
// of others'.
func TestUpload(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	may := deploy.Permissions(deploy.WorkUpload)
	s := operator(t, account, "operator", may...)
	name := deploy.CodeBucket(hub, awstest.Region)
	if r, err := removeCode(t, s); err != nil || r.Objects != 0 {
		t.Errorf("no bucket: %+v, %v", r, err)
	}
	var first deploy.Code
	for range 2 {
		code, err := upload(t, s, hub, []byte("one"), "arm64")
		if err != nil || code.Bucket != name || !strings.HasPrefix(code.Key, "crosstrail-lambda-arm64-") || code.Architecture != "arm64" {
			t.Fatalf("%+v, %v", code, err)
		}
		first = code
	}
	// Somebody put something else under its name.
	b := account.Owned(name)
	b.Put(t, awstest.Object{Key: first.Key, Body: []byte("two")})
	if _, err := upload(t, s, hub, []byte("one"), "arm64"); err != nil || stand.Requests(t)["s3:PutObject"] != 3 {
		t.Errorf("replaced code: %v, %v", err, stand.Requests(t))
	}
	out, err := b.Owner.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: &first.Key})
	if err != nil || aws.ToInt64(out.ContentLength) != 3 || out.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("%+v, %v", out, err)
	}
	second, err := upload(t, s, hub, []byte("two"), "x86_64")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := removeCode(t, s, second.Key); err != nil || r.Objects != 1 || r.Bucket || !strings.Contains(r.Left, "other hubs use it") {
		t.Errorf("another hub: %+v, %v", r, err)
	}
	b.Put(t, awstest.Object{Key: "notes.txt"})
	if r, err := removeCode(t, s); err != nil || r.Objects != 1 || r.Bucket || !strings.Contains(r.Left, "1 objects that are not crosstrail's") {
		t.Errorf("others' objects: %+v, %v", r, err)
	}
	b.Delete(t, "notes.txt")
	if r, err := removeCode(t, s); err != nil || r.Objects != 0 || !r.Bucket || r.Left != "" {
		t.Errorf("the last: %+v, %v", r, err)
	}
	lacking(t, account, may)
}

// lacking is each permission taken away: of what is up, and of what is taken down.
func lacking(t *testing.T, account awstest.Account, may []string) {
	t.Helper()
	for _, action := range may {
		s := operator(t, account, "no-"+strings.ReplaceAll(action, ":", "-"), without(may, action)...)
		_, err := upload(t, s, hub, []byte(action), "arm64")
		if err == nil {
			_, err = removeCode(t, s)
		}
		if !told(err, " needs "+action+" on arn:aws:s3:::crosstrail-code-") {
			t.Errorf("without %s: %v", action, err)
		}
		if _, err := removeCode(t, open(account.Config())); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSquattedBucket: another account has the bucket of that name, or something else
// of ours lies there.
func TestSquattedBucket(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	name := deploy.CodeBucket(hub, awstest.Region)
	theirs := stand.Account(other).Bucket(t, name)
	theirs.Policy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+hub+`"},"Action":"s3:*","Resource":["arn:aws:s3:::`+name+`","arn:aws:s3:::`+name+`/*"]}]}`)
	tagged(t, theirs, "crosstrail", "code")
	s := operator(t, account, "operator", deploy.Permissions(deploy.WorkUpload)...)
	if _, err := upload(t, s, hub, []byte("one"), "arm64"); !told(err, "is another account's") {
		t.Errorf("%v", err)
	}
	theirs.Put(t, awstest.Object{Key: deploy.CodePrefix + "theirs"})
	if code, err := s.LookForCode(t.Context(), ""); err != nil || len(code.Keys) > 0 || !strings.Contains(code.Alone, "refused: ") {
		t.Errorf("%+v, %v", code, err)
	}
	if r, err := removeCode(t, s); err != nil || r != (site.Removed{}) || len(listed(t, theirs)) != 1 {
		t.Errorf("%+v, %v", r, err)
	}

	far := stand.Account(third)
	mine := far.Bucket(t, deploy.CodeBucket(third, awstest.Region))
	mine.Put(t, awstest.Object{Key: deploy.CodePrefix + "mine"})
	s = operator(t, far, "operator", deploy.Permissions(deploy.WorkUpload)...)
	if _, err := upload(t, s, third, []byte("one"), "arm64"); !told(err, "has no tag crosstrail=code") {
		t.Errorf("%v", err)
	}
	if code, err := s.LookForCode(t.Context(), ""); err != nil || len(code.Keys) > 0 || !strings.Contains(code.Alone, "has no tag crosstrail=code") {
		t.Errorf("%+v, %v", code, err)
	}
	if r, err := removeCode(t, s); err != nil || r != (site.Removed{}) || len(listed(t, mine)) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	mine.Delete(t, deploy.CodePrefix+"mine") // an empty one is ours, whose making was cut short
	if _, err := upload(t, s, third, []byte("one"), "arm64"); err != nil || len(listed(t, mine)) != 1 {
		t.Errorf("%v", err)
	}
}

func tagged(t *testing.T, b *awstest.Bucket, key, value string) {
	t.Helper()
	if _, err := b.Owner.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &b.Name, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: &key, Value: &value}}}}); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, b *awstest.Bucket) []types.Object {
	t.Helper()
	out, err := b.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	return out.Contents
}
