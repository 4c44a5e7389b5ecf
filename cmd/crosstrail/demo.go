package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// demoFolder is made where the user is: the log files are there to be looked
// into, and the commands that are printed name a short path.
const demoFolder = "crosstrail-demo"

// demoNote is the file by which demo knows its own folder again.
const demoNote = "README.txt"

const demoNoteText = `The log files of a small made-up organisation, written by: crosstrail demo
Nobody in them is real. The folder may be deleted; crosstrail demo writes it anew.
`

func newDemoCommand(ui *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "demo [FOLDER]",
		Short: "write a small made-up organisation's log files and trace them",
		Long: `Write the CloudTrail log files of a small made-up organisation into a folder (by default
` + demoFolder + ` where you are), trace them, and say what to look at and what to type next.
It needs nothing: no AWS account, no network, no configuration. It may be run again.`,
		Example: `  crosstrail demo

  # somewhere else
  crosstrail demo /tmp/acme`,
		Annotations: exits(exitDone, exitFailed, exitUsage),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("crosstrail demo takes one FOLDER at most, but was given %q", args), "for example: crosstrail demo /tmp/acme")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := demoFolder
			if len(args) == 1 {
				folder = args[0]
			}
			return runDemo(cmd.Context(), ui, folder)
		},
	}
}

func runDemo(ctx context.Context, ui *terminal, folder string) error {
	org := synth.Demo()
	if err := writeDemo(org, folder); err != nil {
		return err
	}
	q := &question{ui: ui, form: formValue(render.Table), naming: naming{files: []string{filepath.Join(folder, "names.csv")}}}
	if err := runTrace(ctx, q, query.Filter{}, []string{folder}); err != nil {
		return err
	}
	return q.print(func(w io.Writer) error { return tellDemo(w, org, folder, ui.columns()) })
}

// writeDemo writes the log files and the names beside them. A folder that is
// not demo's own is left alone.
func writeDemo(org *synth.Org, folder string) error {
	switch there, err := os.ReadDir(folder); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return hinted(fmt.Errorf("demo: %w", err), "name another folder: crosstrail demo FOLDER")
	case len(there) > 0:
		note, err := os.ReadFile(filepath.Join(folder, demoNote))
		if err != nil || string(note) != demoNoteText {
			return hinted(fmt.Errorf("demo: %s holds files that are not the demo's", folder), "name another folder: crosstrail demo FOLDER")
		}
	}
	files := map[string][]byte{demoNote: []byte(demoNoteText), "names.csv": demoNames(org)}
	for f := range org.Files() {
		files[f.Name] = f.Gzip()
	}
	for name, body := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := writeFile(path, body); err != nil {
			return hinted(fmt.Errorf("demo: %w", err), "name a folder that can be written: crosstrail demo FOLDER")
		}
	}
	return nil
}

func writeFile(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o644)
}

func demoNames(org *synth.Org) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, n := range org.Names {
		_ = w.Write([]string{n.ID, n.Name}) // a bytes.Buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

// tellDemo says what to look at, with commands that work when they are pasted.
func tellDemo(w io.Writer, org *synth.Org, folder string, width int) error {
	var b strings.Builder
	program := programName()
	from := "--from " + quoteShell(folder)
	fmt.Fprintf(&b, "\nThe log files of this organisation are in %s. What to look at:\n", folder)
	for _, tale := range org.Tales {
		fmt.Fprintf(&b, "\n  %s\n", tale.Title)
		for line := range wrapped(tale.Text+".", width-4) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		fmt.Fprintf(&b, "      %s who %s %s\n", program, tale.EventID, from)
	}
	fmt.Fprintf(&b, `
What to type next:

  # where jsmith got to
  %[1]s reach jsmith %[2]s
  # which people changed something in production
  %[1]s events --account 999999999999 --writes --not kind=AWSService %[2]s
  # sessions that began in another account, with names beside ids
  %[1]s sessions --cross-account %[2]s --names %[3]s
  # every call with its chain, one JSON object a line
  %[1]s trace %[4]s -o jsonl

Then your own:

  %[1]s trace FOLDER-OF-LOG-FILES
  aws cloudtrail lookup-events --output json | %[1]s trace -
  # or read once into a store, to ask without --from as often as you like
  %[1]s ingest FOLDER-OF-LOG-FILES
`, program, from, quoteShell(filepath.Join(folder, "names.csv")), quoteShell(folder))
	_, err := io.WriteString(w, b.String())
	return err
}

// wrapped breaks a text between words into lines of at most width columns.
func wrapped(text string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		line := ""
		for word := range strings.FieldsSeq(text) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				if !yield(line) {
					return
				}
				line = ""
			}
			line = strings.TrimLeft(line+" "+word, " ")
		}
		yield(line)
	}
}

// programName is how the user called the program, so that what is printed can
// be pasted: from the path, by a path, or with go run.
func programName() string {
	called := os.Args[0]
	switch {
	case strings.Contains(called, "go-build"):
		return "go run ./cmd/crosstrail"
	case strings.ContainsRune(called, filepath.Separator) && !filepath.IsAbs(called):
		return quoteShell(called)
	}
	return "crosstrail"
}

// quoteShell quotes a word where a shell would read it otherwise.
func quoteShell(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
