package fetch_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share/fetch"
	"github.com/crosstrail/crosstrail/source/bucket"
)

var stack awstest.Stack

const (
	owner  = "999999999999"
	reader = "222222222222"
	other  = "333333333333"
)

// minimal is what a reader's role may by linkage.md 8.1: list under its own
// prefix, and read there.
func minimal(name, prefix string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
 {"Sid":"ListOwn","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::%[1]s","Condition":{"StringLike":{"s3:prefix":["%[2]s/*","%[2]s"]}}},
 {"Sid":"Loc","Effect":"Allow","Action":"s3:GetBucketLocation","Resource":"arn:aws:s3:::%[1]s"},
 {"Sid":"ReadOwn","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%[1]s/%[2]s/*"},
 {"Sid":"Dec","Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`, name, prefix)
}

// eager tries again without much waiting.
func eager(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 4, 20*time.Millisecond })
	}
	return cfg
}

func reach(t *testing.T, cfg aws.Config, uri string) *bucket.Log {
	t.Helper()
	l, err := bucket.Reach(cfg, uri, bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// outcome is what a job did.
type outcome struct {
	fetch.Counts
	failed map[string]string
	err    error
}

func (o *outcome) String() string { return fmt.Sprintf("%+v %v %v", o.Counts, o.failed, o.err) }

// is holds the counts to what is wanted, and the sum to all.
func (o *outcome) is(t *testing.T, fetched, there, failed int) {
	t.Helper()
	c := o.Counts
	if o.err != nil || c.Fetched != fetched || c.There != there || c.Failed != failed || c.Listed != fetched+there+failed || len(o.failed) != failed {
		t.Fatalf("wanted %d fetched, %d there, %d failed: %v", fetched, there, failed, o)
	}
}

func into(t *testing.T, from *bucket.Log, to fetch.Dest) *outcome {
	t.Helper()
	out := &outcome{failed: map[string]string{}}
	job := fetch.Job{From: from, To: to, Workers: 8, Failed: func(uri string, err error) { out.failed[uri] = err.Error() }}
	if _, out.err = job.Survey(t.Context()); out.err == nil {
		out.Counts, out.err = job.Run(t.Context())
	}
	return out
}

func intoFolder(t *testing.T, from *bucket.Log, dir string) *outcome {
	t.Helper()
	to, err := fetch.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := to.Close(); err != nil {
			t.Error(err)
		}
	}()
	return into(t, from, to)
}

// files are the files of a folder but for what it notes, by their names.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".crosstrail-fetch" {
				return fs.SkipDir
			}
			return err
		}
		body, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(name)] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// same holds files to the objects whose keys begin so.
func same(t *testing.T, got map[string]string, prefix string, want ...awstest.Object) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files of %d", len(got), len(want))
	}
	for _, o := range want {
		if body, ok := got[strings.TrimPrefix(o.Key, prefix)]; !ok || body != string(o.Body) {
			t.Errorf("%s: is there: %v, %d bytes of %d", o.Key, ok, len(body), len(o.Body))
		}
	}
}

func random(size int, seed int) []byte {
	body := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(body) // never fails
	return body
}

func objects(prefix string, n int) []awstest.Object {
	var all []awstest.Object
	for i := range n {
		all = append(all, awstest.Object{
			Key:  fmt.Sprintf("%sCloudTrail/us-east-1/2026/03/%02d/log-%d.json.gz", prefix, i%28+1, i),
			Body: random(2000+i, i), Metadata: map[string]string{"signature": fmt.Sprint(i)},
		})
	}
	return all
}

// inParts puts an object by a multi-part upload: its ETag is no MD5.
func inParts(t *testing.T, b *awstest.Bucket, o awstest.Object) {
	t.Helper()
	made, err := b.Owner.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.Name, Key: &o.Key})
	if err != nil {
		t.Fatal(err)
	}
	part, err := b.Owner.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: &b.Name, Key: &o.Key, UploadId: made.UploadId, PartNumber: aws.Int32(1), Body: bytes.NewReader(o.Body)})
	if err != nil {
		t.Fatal(err)
	}
	done, err := b.Owner.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &b.Name, Key: &o.Key, UploadId: made.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1)}}},
	})
	if err != nil || !strings.HasSuffix(*done.ETag, `-1"`) {
		t.Fatal(done, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}
