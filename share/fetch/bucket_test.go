package fetch_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share/fetch"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestBucket: read in the owner's role and written as the reader, who may not read
// the one, as the role may not write the other.
func TestBucket(t *testing.T) {
	stand := stack.Start(t)
	const prefix = "AWSLogs/" + reader + "/"
	b := stand.Account(owner).Bucket(t, "trails")
	ours := stand.Account(reader).Bucket(t, "our-copy")
	all := objects(prefix, 12)
	all[3].Body = random(3<<20, 3)
	all[4].KMSKey = stand.Account(owner).Key(t, "")
	b.Put(t, all...)
	role := stand.Account(owner).Role(t, "reader", awstest.Trust("", reader), minimal("trails", strings.TrimSuffix(prefix, "/")))
	caller := stand.Account(reader).User(t, "kim", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"},
		{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::our-copy/acme/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::our-copy"}]}`)
	cfg := stand.Assume(t, caller, role)
	copied := func(as aws.Config, to string) *outcome {
		return into(t, reach(t, cfg, b.URI(prefix)), fetch.OpenBucket(reach(t, as, ours.URI(to)), to))
	}
	copied(caller, "acme/").is(t, 12, 0, 0)
	for _, o := range all {
		out, err := ours.Owner.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &ours.Name, Key: aws.String("acme/" + strings.TrimPrefix(o.Key, prefix))})
		if err != nil {
			t.Fatal(o.Key, err)
		}
		if body, err := io.ReadAll(out.Body); err != nil || !bytes.Equal(body, o.Body) || out.Metadata["signature"] != o.Metadata["signature"] {
			t.Error(o.Key, err, len(body), out.Metadata)
		}
	}
	calls := stand.Requests(t)
	copied(caller, "acme/").is(t, 0, 12, 0)
	if again := stand.Requests(t); again["s3:PutObject"] != calls["s3:PutObject"] || again["s3:GetObject"] != calls["s3:GetObject"] {
		t.Errorf("a repeat fetched or wrote: %v, before: %v", again, calls)
	}

	all[5].Body = random(50, 9)
	b.Put(t, all[5])
	copied(caller, "acme/").is(t, 1, 11, 0)
	ours.Put(t, awstest.Object{Key: "acme/" + strings.TrimPrefix(all[6].Key, prefix), Body: []byte("somebody's")})
	out := copied(caller, "acme/")
	out.is(t, 0, 11, 1)
	if text := out.failed[b.URI(all[6].Key)]; !strings.Contains(text, "another object is there, that is no copy of it") {
		t.Error(text)
	}
	refusedDest(t, stand, role, caller, cfg, ours, copied)
	faults := stand.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Corrupt: 2, Times: 1}, awstest.Fault{Service: "s3", Operation: "PutObject", Error: "SlowDown", Times: 1})
	one := prefix + "CloudTrail/us-east-1/2026/03/01/"
	to := fetch.OpenBucket(reach(t, eager(faults.Through(stand.Account(reader).Config())), ours.URI("acme/new/")), "acme/new/")
	into(t, reach(t, eager(faults.Through(cfg)), b.URI(one)), to).is(t, 1, 0, 0)
	if o, _, err := reach(t, caller, ours.URI("")).Stat(t.Context(), "acme/new/log-0.json.gz"); err != nil || o == nil || o.Size != int64(len(all[0].Body)) {
		t.Error(o, err)
	}
	if n := len(faults.Fired(t)); n != 2 {
		t.Errorf("%d faults", n)
	}
}

// refusedDest: one error of the whole destination, with all that it needs, and no
// more tries.
func refusedDest(t *testing.T, stand *awstest.AWS, role string, caller, cfg aws.Config, ours *awstest.Bucket, copied func(as aws.Config, to string) *outcome) {
	t.Helper()
	puts := stand.Account(reader).User(t, "lee", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"},{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}]}`)
	for name, c := range map[string]struct {
		as      aws.Config
		to, was string
	}{
		"where the caller may not look": {caller, "other/", "was refused s3:GetObject or s3:ListBucket, to look at what is there"},
		"where it may not write":        {puts, "other/", "was refused s3:PutObject"},
		"in the role":                   {cfg, "acme/", "was refused s3:GetObject or s3:ListBucket, to look at what is there"},
	} {
		calls := stand.Requests(t)
		out := copied(c.as, c.to)
		_, stops := errors.AsType[*fetch.StopError](out.err)
		if !stops || len(out.failed) > 0 || out.Fetched > 0 {
			t.Fatalf("%s: %v", name, out)
		}
		for _, want := range []string{ours.URI(c.to) + ": cannot be written to: ", c.was, "needs s3:PutObject and s3:GetObject on arn:aws:s3:::our-copy/" + c.to + "*, and s3:ListBucket on arn:aws:s3:::our-copy;"} {
			if !strings.Contains(out.err.Error(), want) {
				t.Errorf("%s: %s\nhas not %s", name, out.err, want)
			}
		}
		if again := stand.Requests(t); again["s3:HeadObject"]-calls["s3:HeadObject"] > 8 {
			t.Errorf("%s: asked of all files: %v, before %v", name, again, calls)
		}
	}
}

// TestByBucketPolicy: without a role, where the bucket's policy lets the reader's
// account in, and the reader's own policy the reader out.
func TestByBucketPolicy(t *testing.T) {
	stand := stack.Start(t)
	const prefix = "AWSLogs/" + reader + "/"
	b := stand.Account(owner).Bucket(t, "trails")
	all := objects(prefix, 3)
	b.Put(t, all...)
	b.Put(t, objects("AWSLogs/"+other+"/", 1)...)
	b.Policy(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+reader+`:root"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::trails","Condition":{"StringLike":{"s3:prefix":["`+prefix+`*"]}}},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+reader+`:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::trails/`+prefix+`*"}]}`)
	caller := stand.Account(reader).User(t, "kim", awstest.Allow("*", "s3:GetObject", "s3:ListBucket"))
	dir := t.TempDir()
	intoFolder(t, reach(t, caller, b.URI(prefix)), dir).is(t, 3, 0, 0)
	same(t, files(t, dir), prefix, all...)
	if out := intoFolder(t, reach(t, caller, b.URI("AWSLogs/"+other+"/")), dir); out.err == nil || !strings.Contains(out.err.Error(), "its policy has to allow it too") {
		t.Error(out)
	}
}

// TestTooLarge: what one request cannot write is said before it is fetched.
func TestTooLarge(t *testing.T) {
	o := bucket.Object{Key: "large", Size: bucket.MostPut + 1}
	_, err := fetch.OpenBucket(nil, "").Take(t.Context(), nil, &o, "large", nil)
	if err == nil || !strings.Contains(err.Error(), "5 GiB") {
		t.Error(err)
	}
}
