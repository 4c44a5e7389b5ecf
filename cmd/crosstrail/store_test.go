package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/store/local"
)

// TestLockedStore: one writes at a time; who comes second is told who, or waits.
// Questions are answered meanwhile.
func TestLockedStore(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	if _, stderr, status := runProgram(t, "", "ingest", "crosstrail-demo", "--store", "s"); status != 0 {
		t.Fatal(stderr)
	}
	other, err := local.Open(t.Context(), "s", local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ingest", "crosstrail-demo"}, {"store", "rebuild"}, {"store", "failed", "--retry"}, {"store", "retain", "2020-01-01", "--yes"}} {
		stdout, stderr, status := runProgram(t, "", append(args, "--store", "s")...)
		if status != exitFailed || stdout != "" || !strings.Contains(stderr, " is writing to the store\nhint: to begin when that has ended: --wait\n") {
			t.Errorf("%q: exit status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	if stdout, stderr, status := runProgram(t, "", "sessions", "--store", "s", "--limit", "1"); status != 0 || stdout == "" || stderr != "" {
		t.Errorf("a question: exit status %d, %q, %q", status, stdout, stderr)
	}
	closed := make(chan error, 1)
	time.AfterFunc(200*time.Millisecond, func() { closed <- other.Close() })
	_, stderr, status := runProgram(t, "", "ingest", "crosstrail-demo", "--store", "s", "--wait")
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if status != 0 || !strings.Contains(stderr, ": waiting for it to end\n") || !strings.Contains(stderr, "49 seen before") {
		t.Errorf("--wait: exit status %d, %q", status, stderr)
	}
}

func TestFloor(t *testing.T) {
	now := time.Date(2026, 3, 3, 10, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"400d": "2025-01-27T00:00:00Z", "1w": "2026-02-24T00:00:00Z", "36h": "2026-03-01T22:30:00Z", "0d": "2026-03-03T00:00:00Z",
		"2025-01-01": "2025-01-01T00:00:00Z", "2025-01-01T12:00:00Z": "2025-01-01T12:00:00Z",
		"2026-03-04": "", "400": "", "-1d": "", "": "",
	} {
		got, err := floorOf(text, now)
		if got.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}

func TestLongGrowthIsCut(t *testing.T) {
	info := local.Info{Dir: "a\x1b[31m", Events: 1_234_567, LogFiles: 1, Failed: 2, First: 1, Last: 2}
	for day := range 20 {
		info.Days = append(info.Days, local.Growth{Day: cloudtrail.Time(day * 24 * 60 * 60), Files: int64(day), Events: 7, Bytes: 3 << 20})
	}
	var b strings.Builder
	store := storeValue("my store")
	if err := tellInfo(&b, &info, &store); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`a\x1b[31m (format 0`, "1,234,567 events of 1 log file, 0 facts", "2 files: crosstrail store failed --store 'my store'\n",
		"the newest 14 of 20 days", "grew       1970-01-07  6 files, 7 events, from 3.0 MiB of log files\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "1970-01-06") {
		t.Errorf("shows more than it says:\n%s", b.String())
	}
}

// TestAbsolute: what does not exist is left for the one who looks at it.
func TestAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	got := absolute([]string{".", "-", "s3://bucket", "nowhere", filepath.Join(dir, ".")})
	if strings.Join(got, " ") != dir+" - s3://bucket nowhere "+dir {
		t.Errorf("%q", got)
	}
}
