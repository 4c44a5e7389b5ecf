package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

	name := filepath.Join("..", "..", "docs", "incident.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var made strings.Builder
	commands, inBlock := 0, false
	for line := range strings.Lines(string(page)) {
		command, isCommand := strings.CutPrefix(line, "    $ crosstrail ")
		switch {
		case isCommand:
			commands, inBlock = commands+1, true
			made.WriteString(line)
			made.WriteString(screen(t, strings.Fields(command)))
		case !inBlock || !strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "":
			if inBlock {
				made.WriteString("\n")
			}
			inBlock = false
			made.WriteString(line)
		}
	}
	if commands != 4 {
		t.Errorf("the page has %d commands, and promises four", commands)
	}
	if made.String() == string(page) {
		return
	}
	if !*update {
		t.Errorf("the page is not what its commands print: go test ./cmd/crosstrail -run TestIncidentPage -update, and look at the diff (-page +printed):\n%s", cmp.Diff(string(page), made.String()))
	} else if err := os.WriteFile(name, []byte(made.String()), 0o600); err != nil {
		t.Error(err)
	}
}

// screen is what a person sees of a command, indented as the page has it.
func screen(t *testing.T, args []string) string {
	t.Helper()
	var both bytes.Buffer
	if status := run(args, strings.NewReader(""), &both, &both); status != exitDone {
		t.Errorf("crosstrail %s ended with %d:\n%s", strings.Join(args, " "), status, both.String())
	}
	var indented strings.Builder
	for line := range strings.Lines(both.String()) {
		if strings.TrimSpace(line) != "" {
			indented.WriteString("    ")
		}
		indented.WriteString(line)
	}
	return indented.String()
}
