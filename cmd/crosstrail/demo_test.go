package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
)

// TestDemoCommandsWork pastes every command that demo prints.
func TestDemoCommandsWork(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout, stderr, status := runProgram(t, "", "demo")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	pasted := 0
	for text := range strings.Lines(stdout) {
		_, command, ok := strings.Cut(text, programName()+" ")
		if !ok || strings.Contains(command, "FOLDER") || command == "trace -\n" {
			continue
		}
		pasted++
		answer, stderr, status := runProgram(t, "", strings.Fields(command)...)
		if status != 0 || answer == "" || strings.Contains(stderr, "error:") {
			t.Errorf("%s: exit status %d, %d bytes, %s", command, status, len(answer), stderr)
		}
	}
	if want := len(synth.Demo().Tales) + 4; pasted < want {
		t.Errorf("%d commands, want at least %d:\n%s", pasted, want, stdout)
	}
}

// TestFormsAreWellFormed reads every form of every answer back.
func TestFormsAreWellFormed(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	event := synth.Demo().Tales[0].EventID
	for _, question := range []string{
		"trace crosstrail-demo", "events --from crosstrail-demo", "sessions --from crosstrail-demo", "who " + event + " --from crosstrail-demo",
		"show " + event + " --from crosstrail-demo", "reach jsmith --from crosstrail-demo", "who nothing-there --from crosstrail-demo",
		"events --from crosstrail-demo --event-name Nothing", "reach nobody --from crosstrail-demo", "show nothing --from crosstrail-demo",
		"sessions --from crosstrail-demo --event-name Nothing",
		"access --from crosstrail-demo", "access --from crosstrail-demo --event-name Nothing",
		"coverage --from crosstrail-demo", "coverage --from crosstrail-demo --account 000000000000",
	} {
		t.Run(question, func(t *testing.T) {
			for _, form := range forms() {
				stdout, stderr, status := runProgram(t, "", strings.Fields(question+" --names crosstrail-demo/names.csv -o "+form)...)
				if status != 0 && status != exitFinding {
					t.Fatalf("%s: exit status %d: %s", form, status, stderr)
				}
				checkForm(t, form, stdout)
			}
		})
	}
}

func checkForm(t *testing.T, form, stdout string) {
	t.Helper()
	switch form {
	case "jsonl":
		for text := range strings.Lines(stdout) {
			var v map[string]any
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Errorf("%v in %s", err, text)
			}
		}
	case "json":
		if !json.Valid([]byte(stdout)) {
			t.Errorf("no JSON: %s", stdout)
		}
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if err != nil || len(rows) == 0 || len(rows[0]) < 3 {
			t.Errorf("csv: %v, %d rows", err, len(rows))
		}
	default:
		for text := range strings.Lines(stdout) {
			if strings.ContainsAny(text, "\x1b\a\r") {
				t.Errorf("not plain text: %q", text)
			}
		}
	}
}

// TestDemoKeepsToItsFolder: a folder with somebody else's files is left alone.
func TestDemoKeepsToItsFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(demoFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(demoFolder, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := runProgram(t, "", "demo")
	if status != exitFailed || !strings.Contains(stderr, "hint: name another folder: crosstrail demo FOLDER") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if entries, err := os.ReadDir(demoFolder); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	for range 2 {
		if _, stderr, status := runProgram(t, "", "demo", "my demo"); status != 0 {
			t.Errorf("exit status %d: %s", status, stderr)
		}
	}
}
