package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page is a page of docs whose commands are held to what they print.
type page struct {
	name     string
	in       func(command string) string                               // what is typed for it; nil: itself
	out      func(printed string) string                               // what the page has for what is printed; nil: itself
	statuses func(command string) (expected int)                       // nil: all are done
	during   func(command string, printed func() string) (ends func()) // begins beside a command; nil: nothing does
	beside   func(command string)                                      // does what a command that is not this program's does; nil: they are text
}

// hold runs the page's commands in their order and compares, or with -update
// rewrites the page. It gives the number of commands.
func (p page) hold(t *testing.T) (commands int) {
	t.Helper()
	name, err := filepath.Abs(filepath.Join("..", "..", "docs", p.name))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var made strings.Builder
	inBlock := false
	for line := range strings.Lines(string(text)) {
		command, isCommand := strings.CutPrefix(line, "    $ crosstrail ")
		switch {
		case isCommand:
			commands, inBlock = commands+1, true
			made.WriteString(line)
			made.WriteString(p.screen(t, strings.TrimSpace(command)))
		case !inBlock || !strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "":
			if inBlock {
				made.WriteString("\n")
			}
			inBlock = false
			made.WriteString(line)
			if other, ok := strings.CutPrefix(line, "    $ "); ok && p.beside != nil {
				p.beside(strings.TrimSpace(other))
			}
		}
	}
	if made.String() == string(text) {
		return commands
	}
	if !*update {
		t.Errorf("the page is not what its commands print: go test ./cmd/crosstrail -run %s -update, and look at the diff (-page +printed):\n%s", t.Name(), cmp.Diff(string(text), made.String()))
	} else if err := os.WriteFile(name, []byte(made.String()), 0o600); err != nil {
		t.Error(err)
	}
	return commands
}

// screen is what was printed until now.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// screen is what a person sees of a command, indented as the page has it. Behind >
// is a file that standard output goes to.
func (p page) screen(t *testing.T, command string) string {
	t.Helper()
	typed := command
	if p.in != nil {
		typed = p.in(command)
	}
	typed, file, redirected := strings.Cut(typed, " > ")
	want := exitDone
	if p.statuses != nil {
		want = p.statuses(command)
	}
	var both, redirect screen
	if p.during != nil {
		defer p.during(command, both.String)()
	}
	stdout := &both
	if redirected {
		stdout = &redirect
	}
	if status := run(strings.Fields(typed), strings.NewReader(""), stdout, &both); status != want {
		t.Errorf("crosstrail %s ended with %d:\n%s", command, status, both.String())
	}
	if redirected {
		if err := os.WriteFile(file, []byte(redirect.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	printed := both.String()
	if p.out != nil {
		printed = p.out(printed)
	}
	var indented strings.Builder
	for line := range strings.Lines(printed) {
		if strings.TrimSpace(line) != "" {
			indented.WriteString("    ")
		}
		indented.WriteString(line)
	}
	return indented.String()
}
