package render

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/query"
)

var update = flag.Bool("update", false, "write what is printed to testdata")

func names() *query.Names {
	n := &query.Names{}
	n.Add("111111111111", "dev")
	n.Add("999999999999", "prod")
	n.Add("333333333333", "payments")
	n.Add("72.21.196.0/24", "office")
	return n
}

// TestForPeople holds what people see, at both widths, to files that people
// have looked at: go test ./render -update, then read the difference.
func TestForPeople(t *testing.T) {
	for name, print := range printed {
		for _, width := range []int{80, 160} {
			golden(t, fmt.Sprintf("%s-%d.txt", name, width), func(w io.Writer) error {
				return print(w, Table, Style{Width: width, Names: names(), Program: "crosstrail", From: "--from logs"})
			})
		}
	}
}

// TestForPrograms holds the forms that scripts read.
func TestForPrograms(t *testing.T) {
	for name, print := range printed {
		if name == "trace" {
			continue // its lines are lines
		}
		for _, form := range []Form{JSON, CSV} {
			golden(t, name+"."+string(form), func(w io.Writer) error { return print(w, form, Style{}) })
		}
	}
}

func golden(t *testing.T, name string, print func(io.Writer) error) {
	t.Run(name, func(t *testing.T) {
		var got bytes.Buffer
		if err := print(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
			t.Error(diff)
		}
	})
}

func printLines(w io.Writer, all []query.Line, form Form, s Style) error {
	lines := NewLines(w, form, s)
	for _, l := range all {
		if _, err := lines.Write(lines.Append(nil, l)); err != nil {
			return err
		}
	}
	return lines.Close()
}
