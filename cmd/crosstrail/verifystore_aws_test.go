package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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

// ask runs a command that must end so.
func ask(t *testing.T, want int, args ...string) (out, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(args, strings.NewReader(""), &stdout, &stderr); got != want {
		t.Fatalf("crosstrail %s ended with %d, want %d:\n%s%s", strings.Join(args, " "), got, want, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}
