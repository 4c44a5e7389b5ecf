package main

import (
	"path/filepath"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

// TestIncidentPage holds the incident page to what its commands print, or with
// -update the page to them.
func TestIncidentPage(t *testing.T) {
	aws := stack.Start(t)
	demo.Fill(t, aws)
	t.Setenv("AWS_ACCESS_KEY_ID", demo.Owner)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv(storeVariable, filepath.Join(t.TempDir(), "no-store"))
	t.Setenv("COLUMNS", "100")
	if n := (page{name: "incident.md"}).hold(t); n != 4 {
		t.Errorf("the page has %d commands, and promises four", n)
	}
}
