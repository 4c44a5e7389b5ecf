//go:build unix

package main

import (
	"bufio"
	"context"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/install"
)

// TestUp types what is printed, line by line, in one terminal. The last part is the
// seed's: a log file into the bucket, an event onto the topic, and it was jsmith.
func TestUp(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "crosstrail")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/crosstrail/crosstrail/cmd/crosstrail").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Chdir(repository)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reads, writes := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, writes, io.Discard)
		_ = writes.CloseWithError(err)
		ended <- err
	}()

	typist := &terminal{T: t, dir: t.TempDir(), program: program, function: elsewhere(t)}
	lines := bufio.NewScanner(reads)
	for lines.Scan() {
		if command, ok := strings.CutPrefix(lines.Text(), "    "); ok {
			typist.enter(command)
		}
		if strings.Contains(lines.Text(), "crosstrail follow ") {
			break
		}
	}
	go io.Copy(io.Discard, reads) //nolint:errcheck // what else is printed waits for a reader
	if err := lines.Err(); err != nil {
		install.Missing(t, "make aws-up", err)
	}
	if len(typist.unseen()) > 0 {
		t.Errorf("never typed: %q", typist.unseen())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// elsewhere is the function's program, said to be for another processor than this
// machine's, as a release's may be: it could not run here.
func elsewhere(t *testing.T) (name string) {
	t.Helper()
	program, err := os.ReadFile(awstest.Build(t, "./cmd/crosstrail-lambda"))
	if err != nil {
		t.Fatal(err)
	}
	other := elf.EM_AARCH64
	if runtime.GOARCH == "arm64" {
		other = elf.EM_X86_64
	}
	binary.LittleEndian.PutUint16(program[18:], uint16(other))
	name = filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(name, program, 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// printed is what commands are to print, by a part of the command.
var printed = map[string]string{
	"make build":            ``, // the program was built
	"deploy up hub":         `(?s)bus .*event-bus/crosstrail.*# For account 111111111111`,
	"deploy up role":        `arn:aws:iam::999999999999:role/CrossAccountTest`,
	"deploy up spoke":       `arn:aws:events:eu-west-1:111111111111:rule/crosstrail`,
	"deploy test":           `(?s)ok .*AssumeRole by 111111111111.*ok .*ListBuckets in 999999999999.*● jsmith  IAMUser in 111111111111.*= exact`,
	"deploy status":         `(?s)ok +bus crosstrail: takes events of 111111111111.*us-east-1.*1 came as\s+events`,
	"deploy down spoke":     `us-east-1: removed`,
	"deploy down role":      `removed: role CrossAccountTest`,
	"deploy down hub":       `the table CrossAccountAuditing stays`,
	"crosstrail trace":      `jsmith`,
	"who ASIA6RVFFB7735NGG": `● kim\.lee  IAMUser in 111111111111`,
	"share plan":            `grant +dox47olukvgi`,
	"s3 cp":                 `upload: .* to s3://cloudtrailbucket/AWSLogs/999999999999/`,
	"sns publish":           `"MessageId"`,
	"who 099ff820":          `(?s)099ff820.*● jsmith  IAMUser in 1111111111111.*= exact`,
	"s3api list-buckets":    `"Name": "cloudtrailbucket"`,
	"events --event-name":   `jsmith > CrossAccountTest`,
	"crosstrail follow":     `(?s)jsmith > CrossAccountTest.*099ff820`,
}

// terminal is one in which lines are typed.
type terminal struct {
	*testing.T
	dir, program string
	function     string // the Lambda function's program
	exported     strings.Builder
	seen         map[string]bool
}

// enter types a line. What AWS does takes its time: a question is asked again.
func (o *terminal) enter(line string) {
	o.Helper()
	if strings.HasPrefix(line, "export ") || strings.HasPrefix(line, "unset ") {
		o.exported.WriteString(line + "\n")
		return
	}
	part := ""
	for p := range printed {
		if strings.Contains(line, p) {
			part = p
		}
	}
	if part == "" {
		o.Errorf("nobody knows what this is to print: %s", line)
		return
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[part] = true
	command := strings.ReplaceAll(line, "go run ./cmd/crosstrail", o.program)
	switch {
	case part == "make build":
		command = "true"
	case part == "deploy up hub": // the release's own is for arm64, on AWS and here
		command += " --yes --function " + o.function
	case strings.HasPrefix(part, "deploy up ") || strings.HasPrefix(part, "deploy down "):
		command += " --yes"
	}
	if part == "crosstrail follow" { // until Ctrl-C, and then what it has
		command = strings.ReplaceAll(command, "./followed", filepath.Join(o.dir, "followed"))
		command = "timeout --signal=INT 2 " + command + "; " + o.program + " events --event-name ListBuckets --store " + filepath.Join(o.dir, "followed")
	}
	want := regexp.MustCompile(printed[part])
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		shell := exec.CommandContext(o.Context(), "sh", "-c", o.exported.String()+command)
		shell.Env = append(os.Environ(), "HOME="+o.dir, "PATH="+filepath.Dir(o.program)+":"+os.Getenv("PATH"), "AWS_PAGER=", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1")
		said, err := shell.CombinedOutput()
		if want.Match(said) {
			o.Logf("$ %s", line)
			return
		}
		if time.Now().After(end) {
			o.Errorf("$ %s\n%v, does not print %s:\n%s", line, err, want, said)
			return
		}
	}
}

func (o *terminal) unseen() (parts []string) {
	for p := range printed {
		if !o.seen[p] {
			parts = append(parts, p)
		}
	}
	return parts
}
