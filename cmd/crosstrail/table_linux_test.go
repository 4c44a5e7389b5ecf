package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMakesTableWhenAsked: a person is asked before a table is made, and before much
// is written to it.
func TestMakesTableWhenAsked(t *testing.T) {
	stand := stack.Start(t)
	for _, entry := range stand.Environment(t, stand.Account(hubAccount).Config()) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "one.json"), []byte(`{"Records":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	command := []string{"ingest", dir, "--store", "dynamodb://asked-events"}
	table := stand.Account(hubAccount).OwnedTable("asked-events")
	if seen, status := asked(t, "\n", command...); status != exitFailed || !strings.Contains(seen, "go on? [y/N]") || !strings.Contains(seen, "error: nothing was changed") {
		t.Errorf("exit status %d: %s", status, seen)
	}
	if seen, status := asked(t, "y\n", command...); status != exitDone || !strings.Contains(seen, "go on? [y/N]") {
		t.Errorf("exit status %d: %s", status, seen)
	}
	if got := table.Describe(t); *got.TableName != "asked-events" {
		t.Errorf("%+v", got)
	}
	if seen, status := asked(t, "", command...); status != exitDone || strings.Contains(seen, "go on? [y/N]") {
		t.Errorf("exit status %d: %s", status, seen)
	}

	much := filepath.Join(dir, "much.json")
	if err := os.WriteFile(much, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(much, 100<<20); err != nil { // of which no byte is on the disk
		t.Fatal(err)
	}
	const says = "100 MiB of log files hold, by guess, 260,000 to 1,000,000 events: in the table about $0.66 to about $2.62 to write, and about $0.16 to about $0.66 a month to keep"
	if _, stderr, status := runProgram(t, "", command...); status != exitUsage || !strings.Contains(stderr, says) || !strings.Contains(stderr, "error: nothing was read: nobody can be asked here") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if seen, status := asked(t, "\n", command...); status != exitFailed || !strings.Contains(seen, "go on? [y/N]") {
		t.Errorf("exit status %d: %s", status, seen)
	}
	if n := len(table.Items(t)); n != 3 {
		t.Errorf("%d items: want the table's own, the file without records, and its span", n)
	}
}
