package main

import (
	"io"
	"strings"
	"testing"
)

// TestEveryCommandShowsHow: nobody should have to guess how a command is typed,
// or what its exit status means.
func TestEveryCommandShowsHow(t *testing.T) {
	root := newRootCommand(newTerminal(strings.NewReader(""), io.Discard, io.Discard))
	all := root.Commands()
	for _, cmd := range root.Commands() {
		all = append(all, cmd.Commands()...)
	}
	for _, cmd := range all {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			if !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("no example types the command: %q", cmd.Example)
			}
			if !strings.HasPrefix(cmd.Annotations[exitNote], "  0  ") {
				t.Error("the help does not list the exit statuses")
			}
			for line := range strings.Lines(cmd.Long) {
				if len(line) > 121 {
					t.Errorf("a line of %d columns: %s", len(line), line)
				}
			}
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("short help: %q", cmd.Short)
			}
		})
	}
}
