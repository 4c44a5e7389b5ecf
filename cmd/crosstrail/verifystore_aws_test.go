package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

// TestVerifyBucketIntoStore reads a bucket into a store, with and without copies,
// verifies it with the keys that AWS lists, and asks the store.
func TestVerifyBucketIntoStore(t *testing.T) {
	aws := stack.Start(t)
	demo.Fill(t, aws)
	t.Setenv("AWS_ACCESS_KEY_ID", demo.Owner)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	for _, keep := range []string{"copy", "reference"} {
		t.Run(keep, func(t *testing.T) {
			t.Setenv(storeVariable, filepath.Join(t.TempDir(), "store"))
			ask(t, exitDone, "ingest", "s3://acme-logs", "--keep", keep)
			_, told := ask(t, exitDone, "verify", "s3://acme-logs", "--since", "2026-03-03", "--store")
			if !strings.Contains(told, "log files verified") || strings.Contains(told, "ALTERED") {
				t.Errorf("told: %s", told)
			}
			out, _ := ask(t, exitDone, "events", "-o", "jsonl")
			files, verified := strings.Count(out, `"file":`), strings.Count(out, `"integrity":"verified"`)
			if rest := strings.Count(out, `"integrity":"unverified"`); files == 0 || verified+rest != files || rest > 8 {
				t.Errorf("%d files, %d verified, %d unverified", files, verified, rest)
			}
			out, told = ask(t, exitDone, "verify", "--store")
			if !regexp.MustCompile(`(?m)^  log files .* 0 altered, 0 missing, 0 in no digest`).MatchString(out) {
				t.Errorf("the store alone: %s%s", out, told)
			}
		})
	}
}

// TestVerifyRemembers: who deletes from a bucket the newest digest files of a log,
// or all of them, is found out by a store that keeps them.
func TestVerifyRemembers(t *testing.T) {
	aws := stack.Start(t)
	demo.Fill(t, aws)
	t.Setenv("AWS_ACCESS_KEY_ID", demo.Owner)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv(storeVariable, filepath.Join(t.TempDir(), "store"))
	b := &awstest.Bucket{Name: demo.Bucket, Owner: s3.NewFromConfig(aws.Account(demo.Owner).Config())}
	remove := func(account string, after cloudtrail.Time) (n int) {
		t.Helper()
		for p := s3.NewListObjectsV2Paginator(b.Owner, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: new("AWSLogs/" + account + "/")}); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Contents {
				if f := cloudtrail.ParseLogFileName(*o.Key); f.Delivered > after {
					if b.Delete(t, *o.Key); f.Kind == cloudtrail.DigestFile {
						n++
					}
				}
			}
		}
		return n
	}
	verify := []string{"verify", "s3://acme-logs", "--since", "2026-03-03T05:00:00Z", "--until", "2026-03-03T19:00:00Z", "--store"}
	ask(t, exitDone, "ingest", "s3://acme-logs")
	ask(t, exitDone, verify...)
	ask(t, exitDone, verify...)

	noon, _ := cloudtrail.ParseTime("2026-03-03T12:00:00Z")
	gone := remove("444444444444", noon)
	out, told := ask(t, exitFinding, verify...)
	if gone == 0 || strings.Count(out, "it was here once, for the store keeps it") == 0 || !strings.Contains(out, "! missing-digest") {
		t.Errorf("%d are gone: %s%s", gone, out, told)
	}
	remove("333333333333", 0)
	out, told = ask(t, exitFinding, append(verify, "-o", "jsonl")...)
	if !regexp.MustCompile(`"finding":"missing-digest","accountId":"333333333333".*it was here once`).MatchString(out) {
		t.Errorf("all of an account is gone: %s%s", out, told)
	}
	out, told = ask(t, exitDone, "verify", "--store", "--since", "2026-03-03T05:00:00Z", "--until", "2026-03-03T18:00:00Z")
	if !strings.HasPrefix(out, "WHOLE") {
		t.Errorf("the store has them: %s%s", out, told)
	}
}

// ask runs a command that must end so.
func ask(t *testing.T, want int, args ...string) (out, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(args, strings.NewReader(""), &stdout, &stderr); got != want {
		t.Fatalf("crosstrail %s ended with %d, want %d:\n%s%s", strings.Join(args, " "), got, want, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}
