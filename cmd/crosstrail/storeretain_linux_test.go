package main

import (
	"io"
	"strings"
	"testing"
)

// TestRetainAsks: on a terminal it says what will go, and asks.
func TestRetainAsks(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	if _, stderr, status := runProgram(t, "", "ingest", "crosstrail-demo", "--store", "s"); status != 0 {
		t.Fatal(stderr)
	}
	for _, c := range []struct {
		answer string
		status int
		says   string
		left   int
	}{
		{"\n", exitFailed, "error: nothing was deleted", 93},
		{"no\n", exitFailed, "error: nothing was deleted", 93},
		{"y\n", exitDone, "gone: 2 events", 91},
	} {
		person, program := openTerminal(t, 80)
		if _, err := io.WriteString(person, c.answer); err != nil {
			t.Fatal(err)
		}
		var seen strings.Builder
		done := make(chan struct{})
		go func() {
			_, _ = io.Copy(&seen, person) // ends with EIO once the program's end is closed
			close(done)
		}()
		status := run([]string{"store", "retain", "2026-03-01", "--store", "s"}, program, io.Discard, program)
		program.Close()
		<-done
		person.Close()
		asked := strings.Contains(seen.String(), "2 events of 93 in the store at s are before 2026-03-01T00:00:00Z: they go for good") && strings.Contains(seen.String(), "go on? [y/N] ")
		if status != c.status || !asked || !strings.Contains(seen.String(), c.says) {
			t.Errorf("%q: exit status %d, %q", c.answer, status, seen.String())
		}
		events, _, _ := runProgram(t, "", "events", "--store", "s", "-o", "jsonl")
		if n := strings.Count(events, "\n"); n != c.left {
			t.Errorf("%q: %d events are left, want %d", c.answer, n, c.left)
		}
	}
}
