package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeScreen holds the README's screen to what its command prints.
func TestReadmeScreen(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "    $ crosstrail ")
	if !ok {
		t.Fatal("the README shows no run")
	}
	command, block, _ := strings.Cut(block, "\n")
	var screen strings.Builder
	for line := range strings.Lines(block) {
		text, indented := strings.CutPrefix(line, "    ")
		if !indented && strings.TrimSpace(line) != "" {
			break
		}
		screen.WriteString(text)
	}

	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	stdout, stderr, status := runProgram(t, "", strings.Fields(command)...)
	if status != 0 {
		t.Fatal(stderr)
	}
	shown := strings.TrimSpace(screen.String())
	if got := strings.TrimSpace(stdout); strings.ReplaceAll(got, programName()+" ", "crosstrail ") != shown {
		t.Errorf("crosstrail %s prints\n%s\n\nthe README shows\n%s", command, got, shown)
	}
}
