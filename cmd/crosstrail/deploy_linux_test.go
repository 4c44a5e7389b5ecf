package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// interruptible is a command that is killed as soon as it says something.
type interruptible struct {
	t           *testing.T
	environment []string
	signal      os.Signal
	after       time.Duration // what it said
}

// run gives what it said; marker "": it is let run, and has to end well.
func (i *interruptible) run(marker string, args ...string) string {
	i.t.Helper()
	program, err := exec.LookPath("crosstrail")
	if err != nil {
		i.t.Fatal(err)
	}
	cmd := exec.CommandContext(i.t.Context(), program, append([]string{"deploy"}, args...)...)
	cmd.Env = append(i.environment, "GORACE=atexit_sleep_ms=0", "HOME="+i.t.TempDir())
	stderr, err := cmd.StderrPipe()
	if err != nil || cmd.Start() != nil {
		i.t.Fatal(err)
	}
	var said strings.Builder
	killed := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if marker != "" && !killed && strings.HasPrefix(lines.Text(), marker) {
			time.Sleep(i.after)
			killed = cmd.Process.Signal(i.signal) == nil
		}
	}
	switch err := cmd.Wait(); {
	case marker == "" && err != nil:
		i.t.Fatalf("%v: %v\n%s", args, err, said.String())
	case marker != "" && (!killed || err == nil):
		i.t.Fatalf("%v was not killed at %q: %v\n%s", args, marker, err, said.String())
	}
	return said.String()
}

// TestDeployInterrupted: killed anywhere, the next run finishes what it began, up and
// down; and a table goes only when its name is typed.
func TestDeployInterrupted(t *testing.T) {
	stand := stack.Start(t)
	prod := stand.Account(hubAccount)
	logs := prod.Bucket(t, "acme-cut-logs")
	prod.Trail(t, "main", logs.Name)
	operator := prod.User(t, "operator", awstest.Allow("*", "*"))
	i := &interruptible{t, append(stand.Environment(t, operator), "PATH="+t.TempDir()), os.Kill, 0}
	for _, v := range i.environment {
		name, value, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	code := t.TempDir() + "/bootstrap"
	writeProgram(t, code)
	up := []string{"up", "hub", "--function", code, "--watch-external-id", "3414", "--yes"}

	stand.StackTime(t, 50*time.Millisecond)
	i.run("done: the function's code", up...)
	i.run("made: event bus", up...)
	i.run("done: the table", up...)
	if said := i.run("", up...); !strings.Contains(said, "done: the bucket acme-cut-logs tells the hub's queue") {
		t.Errorf("what was left was not done:\n%s", said)
	}
	if said := i.run("", up...); !strings.Contains(said, "nothing to change") {
		t.Errorf("once more:\n%s", said)
	}
	if s, err := dynamo.Open(t.Context(), operator, deploy.DefaultTable, dynamo.Options{}); err != nil || s.Watch() == nil || len(s.Watch().ExternalIDs) != 1 {
		t.Errorf("the table takes not what it was told to: %v", err)
	}

	down := []string{"down", "hub", "--yes"}
	i.run("done: the bucket acme-cut-logs", down...)
	i.run("removed: ", down...)
	i.run("", down...)
	if seen, status := asked(t, "", "deploy", "down", "hub"); status != exitFinding || !strings.Contains(seen, "there is no hub") {
		t.Errorf("exit status %d: %s", status, seen)
	}

	for answer, want := range map[string]string{"y\nno\n": "nothing was changed", "n\n": "nothing was changed"} {
		if seen, status := asked(t, answer, "deploy", "down", "hub", "--delete-table", "--table", "CrossAccountAuditing"); status != exitFailed || !strings.Contains(seen, want) {
			t.Errorf("%q: exit status %d: %s", answer, status, seen)
		}
	}
	seen, status := asked(t, "y\nCrossAccountAuditing\n", "deploy", "down", "hub", "--delete-table", "--table", "CrossAccountAuditing")
	if status != exitDone || !strings.Contains(seen, "to have the table deleted, type its name: ") || !strings.Contains(seen, "the table CrossAccountAuditing is gone") {
		t.Errorf("exit status %d: %s", status, seen)
	}
}

// TestDeployStopped: Ctrl-C while CloudFormation works says that it goes on, and where;
// the next run waits for it.
func TestDeployStopped(t *testing.T) {
	stand := stack.Start(t)
	dev := stand.Account(readerAccount)
	dev.Regions(t, "us-east-1", "eu-west-1")
	operator := dev.User(t, "operator", awstest.Allow("*", "*"))
	i := &interruptible{t, append(stand.Environment(t, operator), "PATH="+t.TempDir()), os.Interrupt, time.Second}
	stand.StackTime(t, 2*time.Second)
	spoke := []string{"up", "spoke", "--hub", "arn:aws:events:us-east-1:999999999999:event-bus/crosstrail", "--external-id", "3414", "--yes"}
	said := i.run("warning: EventBridge hears", spoke...)
	for _, want := range []string{
		"note: eu-west-1: ", "CloudFormation goes on by itself", "note: done in no region; not, or not to its end, in eu-west-1, us-east-1: the same command does the rest\n", "error: interrupted\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it lacks %q:\n%s", want, said)
		}
	}
	said = i.run("needs", "up", "role", "CrossAccountTest", "--to", hubAccount, "--external-id", "3414", "--yes")
	if !strings.Contains(said, "CloudFormation goes on by itself") || !strings.Contains(said, "hint: the same command again waits for its end") {
		t.Errorf("of the role it says:\n%s", said)
	}
	stand.StackTime(t, 0)
	if said := i.run("", spoke...); !strings.Contains(said, "nothing to change") && !strings.Contains(said, ": done") {
		t.Errorf("the next run:\n%s", said)
	}
}

// TestSetFailed: a StackSet is done in part only where something of it is.
func TestSetFailed(t *testing.T) {
	failed := []cfn.Instance{{Account: hubAccount, Region: "us-east-1", Status: "FAILED", Reason: "no\x1b[31m"}}
	for _, c := range []struct {
		failed       []cfn.Instance
		done, status int
	}{{failed, 2, exitPart}, {failed, 0, exitFailed}, {nil, 0, exitFailed}, {nil, 2, exitFailed}} {
		var said strings.Builder
		ui := newTerminal(strings.NewReader(""), io.Discard, &said)
		changing := &changing{ui: ui}
		status := ui.finish(t.Context(), changing.setFailed(&cfn.SetError{Name: "crosstrail-spoke", Failed: c.failed, Status: "FAILED"}, c.done))
		if status != c.status || strings.Contains(said.String(), "are done;") != (status == exitPart) || strings.Contains(said.String(), "\x1b") {
			t.Errorf("%d failed, %d done: exit status %d: %s", len(c.failed), c.done, status, said.String())
		}
	}
}

// TestCommandsReach: an aws command in a hint reaches the account and region that the
// command itself did.
func TestCommandsReach(t *testing.T) {
	a := awsFlags{o: awscfg.Options{Profile: "prod", Region: "eu-west-1", Endpoint: "http://127.0.0.1:1"}}
	const flags = " --profile prod --region eu-west-1 --endpoint-url http://127.0.0.1:1"
	for text, want := range map[string]string{
		"how far it is: aws cloudformation describe-stacks --stack-name x":                         "how far it is: aws cloudformation describe-stacks --stack-name x" + flags,
		"aws cloudformation describe-stack-events --stack-name x":                                  "aws cloudformation describe-stack-events --stack-name x" + flags,
		"how far it is: aws cloudformation describe-stacks --stack-name x --region us-east-1":      "how far it is: aws cloudformation describe-stacks --stack-name x --region us-east-1 --profile prod --endpoint-url http://127.0.0.1:1",
		"--organization=o-a1b2c3d4e5 (aws organizations describe-organization)":                    "--organization=o-a1b2c3d4e5 (aws organizations describe-organization" + flags + ")",
		"let go of it: aws cloudformation delete-stack --stack-name x --profile prod --region r":   "let go of it: aws cloudformation delete-stack --stack-name x --profile prod --region r",
		"a trail of one region is seen there alone: --aws-region REGION, or its ARN":               "a trail of one region is seen there alone: --aws-region REGION, or its ARN",
		"CloudFormation works with your permissions: --permissions prints the policy for aws work": "CloudFormation works with your permissions: --permissions prints the policy for aws work",
	} {
		if got := a.reaching(text); got != want {
			t.Errorf("%s\nbecomes %s\nand not %s", text, got, want)
		}
	}
}

// TestDeployHostile: what is on a command line goes to no terminal as it is.
func TestDeployHostile(t *testing.T) {
	const hostile = "\x1b]0;owned\a\u202e"
	for _, args := range [][]string{
		{"up", "hub", "--account", hostile},
		{"up", "hub", "--name", hostile},
		{"up", "hub", "--table", hostile, "--remove", hostile},
		{"up", "hub", "--trigger", hostile},
		{"up", "spoke", "--hub", hostile},
		{"up", "spoke", "--external-id", hostile},
		{"up", "spoke", "--role-arn", hostile},
		{"up", "spoke", "--match", hostile},
		{"up", "spoke", "--region", hostile},
		{"up", "role", hostile},
		{"up", "role", "R", "--to", hostile},
		{"up", "role", "R", "--policy-arn", hostile},
		{"down", "role", hostile},
		{"template", "hub", "--bucket", hostile},
		{"template", "hub", "--bucket", "acme-logs", "--key", hostile},
		{"template", "hub", "--bucket", "acme-logs", "--prefix", hostile},
		{"template", "hub", "--no-logs", "--table", hostile},
	} {
		seen, status := asked(t, "", append([]string{"deploy"}, args...)...)
		if status != exitUsage || strings.Contains(seen, "\x1b") || strings.Contains(seen, "\u202e") {
			t.Errorf("%q: exit status %d: %q", args, status, seen)
		}
	}
	// What is taken is written into a template so that it says the same there.
	var out strings.Builder
	if status := run([]string{"deploy", "template", "spoke", "--hub", "arn:aws:events:us-east-1:999999999999:event-bus/b", "--match", "userAgent=" + hostile}, strings.NewReader(""), &out, io.Discard); status == exitDone && strings.Contains(out.String(), "\x1b") {
		t.Errorf("%q", out.String())
	}
}
