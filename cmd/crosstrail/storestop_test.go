//go:build unix

package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestIngestGoesOn: Ctrl-C keeps what was read, and the same command goes on
// from there.
func TestIngestGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	stdin := &idle{waiting: make(chan struct{}), end: make(chan struct{})}
	defer close(stdin.end)
	go func() {
		<-stdin.waiting
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	var stdout, stderr bytes.Buffer
	status := run([]string{"ingest", "crosstrail-demo", "-", "--store", "s"}, stdin, &stdout, &stderr)
	if status != exitFailed || stdout.String() != "" ||
		!strings.Contains(stderr.String(), "\nnote: what was read until now is in the store; the same command goes on from there\nerror: interrupted\n") {
		t.Errorf("exit status %d, %q, %q", status, stdout.String(), stderr.String())
	}
	told, read, _ := strings.Cut(stderr.String(), "\n")
	if told != "note: stopping: what was read is being kept; Ctrl-C again ends it at once" {
		t.Errorf("at once it says %q", told)
	}
	if !strings.HasPrefix(read, "read 51 files (49 kept") && !strings.HasPrefix(read, "read 50 files (48 kept") {
		t.Errorf("it had read: %q", read)
	}
	_, again, status := runProgram(t, "", "ingest", "crosstrail-demo", "--store", "s")
	if status != 0 || !strings.Contains(again, " seen before") {
		t.Errorf("again: exit status %d, %q", status, again)
	}
	events, _, _ := runProgram(t, "", "events", "--store", "s", "-o", "jsonl")
	if n := strings.Count(events, "\n"); n != 93 {
		t.Errorf("%d events", n)
	}
}
