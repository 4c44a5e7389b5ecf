package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestGrantAsks: on a terminal it shows what will be done, in words of its own where
// that is more than log files, and asks. A plan is in colour there.
func TestGrantAsks(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account("530000000001")
	b := account.Bucket(t, "acme-asked")
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	account.Trail(t, "main", b.Name)
	for _, entry := range stand.Environment(t, account.User(t, "asked", awstest.Allow("*", "*"))) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	asked := func(answer string, args ...string) (string, int) { return atTerminal(t, answer, args...) }
	grant := []string{"share", "grant", "--to", readerAccount, "--policy", "managed-read-only"}
	for _, c := range []struct {
		answer string
		status int
		says   string
	}{{"\n", exitFailed, "nothing was changed"}, {"no\n", exitFailed, "nothing was changed"}, {"y\n", exitDone, "done: iam:AttachRolePolicy"}} {
		seen, status := asked(c.answer, grant...)
		if status != c.status || !strings.Contains(seen, c.says) || !strings.Contains(seen, "EVERY bucket of account 530000000001. Is that what you want?") || !strings.Contains(seen, "go on? [y/N] ") {
			t.Errorf("%q: exit status %d, %q", c.answer, status, seen)
		}
	}
	if seen, status := asked("", grant...); status != exitDone || strings.Contains(seen, "go on?") || !strings.Contains(seen, "nothing to do") {
		t.Errorf("again: exit status %d, %q", status, seen)
	}
	if seen, status := asked("", "share", "plan", "--to", "530000000002"); status != exitDone || !strings.Contains(seen, "\x1b[32m+ {\x1b[0m") {
		t.Errorf("a plan: exit status %d, %q", status, seen)
	}
}
