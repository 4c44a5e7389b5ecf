package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestSeveralTrails: a person is asked which is meant, and a program told to say it.
// A grant that is there is found by its id alone, whichever trail's it is.
func TestSeveralTrails(t *testing.T) {
	const owner = "530000000011"
	stand := stack.Start(t)
	account := stand.Account(owner)
	account.Organization(t, "management", map[string]string{"530000000012": "reader"})
	for _, name := range []string{"acme-first", "acme-second", "acme-third"} {
		account.Bucket(t, name).Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
		account.Trail(t, name+"-trail", name)
	}
	beside := account.Trail(t, "beside", "acme-third")
	for _, entry := range stand.Environment(t, account.User(t, "several", awstest.Allow("*", "*"))) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	at := func(answer string, args ...string) (string, int) { return atTerminal(t, answer, args...) }
	for _, answer := range []string{"\n", "0\n", "5\n", "x\n"} {
		seen, status := at(answer, "share", "list")
		if status != exitFailed || !strings.Contains(seen, "there are 4 trails: say which one\n  1  arn:") || !strings.Contains(seen, "\n  4  "+beside+" (writes to s3://acme-third/)\nwhich one? [1-4] ") || !strings.Contains(seen, "error: there are 4 trails: say which one\n") {
			t.Errorf("%q: exit status %d, %q", answer, status, seen)
		}
	}
	if _, stderr, status := runProgram(t, "2\n", "share", "list"); status != exitFailed || strings.Contains(stderr, "which one?") || !strings.Contains(stderr, "hint: --trail "+beside) {
		t.Errorf("nobody to ask: exit status %d, %s", status, stderr)
	}
	// Then whether to go on.
	if seen, status := at("2\ny\n", "share", "grant", "--to", "530000000012"); status != exitDone || !strings.Contains(seen, "which one? [1-4] ") || !strings.Contains(seen, "go on? [y/N] ") || !strings.Contains(seen, "--trail arn:aws:cloudtrail:us-east-1:"+owner+":trail/acme-second-trail") {
		t.Fatalf("exit status %d, %q", status, seen)
	}
	if seen, status := at("3\n", "share", "list"); status != exitDone || !strings.Contains(seen, "there are no grants on the bucket acme-third") {
		t.Errorf("exit status %d, %q", status, seen)
	}
	grant := func(args ...string) string {
		t.Helper()
		stdout, stderr, status := runProgram(t, "", append([]string{"share", "grant", "--to", "530000000012", "--yes", "-o", "json"}, args...)...)
		var rows []struct{ ID string }
		if err := json.Unmarshal([]byte(stdout), &rows); err != nil || status != exitDone || len(rows) != 1 {
			t.Fatalf("exit status %d, %v: %s %s", status, err, stdout, stderr)
		}
		return rows[0].ID
	}
	ids := map[string]string{
		"acme-second": grant("--trail", "acme-second-trail"),
		"acme-first":  grant("--trail", "acme-first-trail", "--via", "role"),
		"acme-third":  grant("--trail", "beside"), // not the first of those that write there
	}
	for bucket, id := range ids {
		if stdout, stderr, status := runProgram(t, "", "share", "handover", id); status != exitDone || !strings.Contains(stdout, bucket) {
			t.Errorf("handover of %s: exit status %d, %s", bucket, status, stderr)
		}
		if stdout, stderr, status := runProgram(t, "", "share", "verify", id); status != exitDone || !strings.Contains(stdout, id) || strings.Contains(stdout, "unclear") {
			t.Errorf("verify of %s: exit status %d, %s %s", bucket, status, stdout, stderr)
		}
		if stdout, stderr, status := runProgram(t, "", "share", "revoke", id, "--yes"); status != exitDone || !strings.Contains(stdout, bucket) && !strings.Contains(stdout, "gone") || strings.Contains(stdout, "could not be read") {
			t.Errorf("revoke of %s: exit status %d, %s %s", bucket, status, stdout, stderr)
		}
	}
	const told = "error: there is no grant aaaaaaaaaaaa on the buckets acme-first, acme-second, acme-third\n"
	for _, command := range []string{"verify", "handover", "revoke"} {
		if _, stderr, status := runProgram(t, "", "share", command, "aaaaaaaaaaaa"); status != exitFinding || !strings.Contains(stderr, told) {
			t.Errorf("%s: exit status %d, %s", command, status, stderr)
		}
	}
	// That it is not there is not said where not all can be looked at.
	account.Trail(t, "zone", "acme-gone-by-now")
	if _, stderr, status := runProgram(t, "", "share", "verify", "aaaaaaaaaaaa"); status != exitFailed || !strings.Contains(stderr, "acme-gone-by-now") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
}

// atTerminal runs the program on a terminal, with all that it prints there.
func atTerminal(t *testing.T, answer string, args ...string) (seen string, status int) {
	t.Helper()
	person, program := openTerminal(t, 200)
	if _, err := io.WriteString(person, answer); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(&text, person) // ends with EIO once the program's end is closed
		close(done)
	}()
	status = run(args, program, program, program)
	program.Close()
	<-done
	person.Close()
	return strings.ReplaceAll(text.String(), "\r", ""), status
}
