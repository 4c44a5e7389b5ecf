package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// printedCommands are the commands in what people are told: to the end of a line, or of
// the sentence that they stand in.
var (
	printedCommands = regexp.MustCompile(`(?:^|[ (])((?:crosstrail (?:deploy|who|show|store|ingest|share|trace)|aws [a-z][a-z0-9-]+ [a-z]+-[a-z-]+) ?[^\n]*)`)
	saidToDo        = regexp.MustCompile(`^ *(hint|do): `)
	notReached      = regexp.MustCompile(`deploy template|aws configure|^aws cloudformation deploy|list-mfa-devices|share verify|crosstrail show`)
)

// commandsOf are the commands of a line. What follows a semicolon, or a comma and a
// space, is another sentence.
func commandsOf(line string) (all []string) {
	line = regexp.MustCompile(`'[^']*'`).ReplaceAllString(line, "QUOTED")
	for _, part := range regexp.MustCompile(`; |,( |$)|: | does it\b| makes it\b`).Split(line, -1) {
		m := printedCommands.FindStringSubmatch(part)
		if m == nil {
			continue
		}
		command, _, _ := strings.Cut(m[1], ")")
		all = append(all, strings.NewReplacer("[", "", "]", "", "`", "").Replace(command))
	}
	return all
}

// wrongCommand is what our own command tree says against a command that is printed; ""
// nothing. Of aws it is not known here which flags there are.
func wrongCommand(command string) string {
	args := strings.Fields(command)
	if args[0] != "crosstrail" {
		return ""
	}
	root := newRootCommand(newTerminal(strings.NewReader(""), io.Discard, io.Discard))
	cmd, rest, err := root.Find(args[1:])
	switch {
	case err != nil:
		return err.Error()
	case cmd.HasSubCommands() && len(rest) > 0:
		return "there is no command " + strings.Join(args, " ")
	}
	for _, arg := range rest {
		if flag, ok := strings.CutPrefix(arg, "--"); ok && flag != "" {
			name, _, _ := strings.Cut(flag, "=")
			if flagOf(cmd, name) == nil {
				return cmd.CommandPath() + " has no flag --" + name
			}
		}
	}
	return ""
}

func flagOf(cmd *cobra.Command, name string) *pflag.Flag {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	return cmd.InheritedFlags().Lookup(name)
}

// unreached is which of some flags a command lacks that is to reach a place; aws has
// --region for our --aws-region, and no --name of ours.
func unreached(command string, flags ...string) (lacks []string) {
	if notReached.MatchString(command) {
		return nil
	}
	ours := strings.HasPrefix(command, "crosstrail ")
	for _, flag := range flags {
		switch {
		case flag == "--aws-region" && !ours:
			flag = "--region"
		case flag == "--name" && !strings.HasPrefix(command, "crosstrail deploy "):
			continue
		}
		if !slices.Contains(strings.Fields(command), flag) {
			lacks = append(lacks, flag)
		}
	}
	return lacks
}

// TestPrintedCommands: each command in a text of ours is one that there is, with flags
// that it has; and what deploy says is to be done, on the page that is its output, reaches
// the account.
func TestPrintedCommands(t *testing.T) {
	for command, want := range map[string]bool{
		"crosstrail deploy up hub --account 1":     true,
		"crosstrail deploy up hub --accounts 1":    false,
		"crosstrail deploy up hubs":                false,
		"crosstrail who ASIA --store x":            true,
		"crosstrail share reader-policy R --to 11": false,
	} {
		if wrong := wrongCommand(command); (wrong == "") != want {
			t.Errorf("%s: %q", command, wrong)
		}
	}
	if got := unreached("aws events put-rule --region r", "--profile", "--aws-region", "--name"); !slices.Equal(got, []string{"--profile"}) {
		t.Errorf("%q", got)
	}
	n := 0
	for _, pattern := range []string{"../../docs/deploy.md", "../../README.md", "testdata/aws/deploy_*.txtar", "deploy*.go", "../../deploy/*.go", "../../deploy/site/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") {
				n += heldCommands(t, file, string(text))
			}
		}
	}
	if n < 50 {
		t.Errorf("%d commands were found", n)
	}
}

// heldCommands holds the commands of a file to the command tree, and gives their number.
func heldCommands(t *testing.T, file, text string) (n int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasSuffix(file, ".go") { // what stands in it is put together: the start alone
			line, _, _ = strings.Cut(regexp.MustCompile(`^[^"]*"`).ReplaceAllString(line, ""), `"`)
		}
		if strings.HasPrefix(line, "exits 2 ") || strings.Contains(line, "crosstrail deploy up uses") {
			continue // it is wrong on purpose, or no command
		}
		for _, command := range commandsOf(strings.Trim(line, " '\n")) {
			n++
			if wrong := wrongCommand(strings.Trim(command, `'$.:`)); wrong != "" {
				t.Errorf("%s: %s\n%s", file, command, wrong)
			}
			if strings.HasSuffix(file, "deploy.md") && saidToDo.MatchString(line) {
				if lacks := unreached(command, "--profile"); lacks != nil {
					t.Errorf("%s: %s\nit reaches no account: it has no %s", file, command, lacks)
				}
			}
		}
	}
	return n
}

// reaches holds the commands of a run with --profile to that.
func (d *deployed) reaches(r ran) {
	d.t.Helper()
	for line := range strings.Lines(r.stdout + r.stderr) {
		if !saidToDo.MatchString(line) {
			continue
		}
		for _, command := range commandsOf(strings.TrimSpace(line)) {
			if wrong := wrongCommand(command); wrong != "" {
				d.t.Errorf("%s: %s", command, wrong)
			}
			if lacks := unreached(command, "--profile"); lacks != nil {
				d.t.Errorf("%s\nreaches no account: it has no %s", command, lacks)
			}
		}
	}
}
