package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestAsksBeforeMuch: before much is fetched it says how much, and asks on a
// terminal; where nobody can be asked it says so and goes on.
func TestAsksBeforeMuch(t *testing.T) {
	load := awstest.OpenLoad("acme-trail")
	defer load.Close()
	const files = 1100
	for n := range files {
		load.Put(awstest.Object{
			Key:  fmt.Sprintf("AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/03/111111111111_CloudTrail_us-east-1_20260303T%02d%02dZ_%016d.json.gz", n/60, n%60, n),
			Body: []byte(`{"Records":[]}`),
		})
	}
	credentials, err := load.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", credentials.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", credentials.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", credentials.SessionToken)
	command := []string{"trace", "s3://acme-trail", "--endpoint-url", aws.ToString(load.Config().BaseEndpoint)}
	says := regexp.MustCompile(`s3://acme-trail/: 1,100 log files, 15\.0 KiB; 1,10\d requests to S3, about 1s`)
	for _, c := range []struct {
		answer string
		more   []string
		status int
		asked  bool
		says   string
		gets   int64
	}{
		{"\n", nil, exitFailed, true, "error: nothing was read", 0},
		{"y\n", nil, exitDone, true, "read 1,100 files", files},
		{"", []string{"--yes"}, exitDone, false, "read 1,100 files", files},
		{"", []string{"--since", "2026-03-03T10:00:00Z", "--until", "2026-03-03T10:05:00Z"}, exitDone, false, "read 68 files", 68},
	} {
		before := load.Served().Gets
		seen, status := asked(t, c.answer, append(command, c.more...)...)
		if status != c.status || strings.Contains(seen, "go on? [y/N]") != c.asked || !strings.Contains(seen, c.says) {
			t.Errorf("%q %v: exit status %d, %q", c.answer, c.more, status, seen)
		}
		if much := len(c.more) < 2; says.MatchString(seen) != much {
			t.Errorf("%v: %q", c.more, seen)
		}
		if gets := load.Served().Gets - before; gets != c.gets {
			t.Errorf("%q %v: %d objects were fetched, want %d", c.answer, c.more, gets, c.gets)
		}
	}
	// What is in the store already is not much to fetch.
	t.Chdir(t.TempDir())
	ingest := append([]string{"ingest", "--store", "s"}, command[1:]...)
	if seen, status := asked(t, "y\n", ingest...); status != exitDone || !strings.Contains(seen, "go on? [y/N]") {
		t.Errorf("exit status %d: %s", status, seen)
	}
	if seen, status := asked(t, "", ingest...); status != exitDone || strings.Contains(seen, "go on? [y/N]") || !strings.Contains(seen, "seen before") {
		t.Errorf("exit status %d: %s", status, seen)
	}
	if _, stderr, status := runProgram(t, "", command...); status != exitDone || !says.MatchString(stderr) || strings.Contains(stderr, "go on?") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

// asked runs the program on a terminal at which a person answers.
func asked(t *testing.T, answer string, args ...string) (seen string, status int) {
	t.Helper()
	person, program := openTerminal(t, 80)
	if _, err := io.WriteString(person, answer); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(&all, person) // ends with EIO once the program's end is closed
		close(done)
	}()
	status = run(args, program, io.Discard, program)
	program.Close()
	<-done
	person.Close()
	return all.String(), status
}

// TestAsksOnce: a question that was allowed much is not asked about each step.
func TestAsksOnce(t *testing.T) {
	person, program := openTerminal(t, 80)
	defer person.Close()
	b := budget{ui: &terminal{stdin: program, stderr: program}}
	for _, c := range []struct {
		all    remote.Cost
		answer string
		asked  string
	}{
		{remote.Cost{Lists: 12}, "", ""},
		{remote.Cost{Lists: 1200, Files: 12, Bytes: 1 << 20}, "y\n", "the next step makes it 1,200 parts of the log looked into, 12 log files, 1.0 MiB, about 2s; how many steps follow, only the log tells; it is asked again at 64 times as much"},
		{remote.Cost{Lists: 3000, Files: 64 * manyFiles}, "", ""},
		{remote.Cost{Lists: 3000, Files: 65 * manyFiles}, "n\n", "65,000 log files"},
	} {
		if _, err := io.WriteString(person, c.answer); err != nil {
			t.Fatal(err)
		}
		err := b.allow(t.Context(), c.all)
		if refused := c.answer == "n\n"; (err != nil) != refused {
			t.Errorf("%+v: %v", c.all, err)
		}
		if c.asked == "" {
			continue
		}
		seen := make([]byte, 1024)
		n, err := person.Read(seen)
		for err == nil && !strings.Contains(string(seen[:n]), "go on?") {
			var more int
			more, err = person.Read(seen[n:])
			n += more
		}
		if !strings.Contains(string(seen[:n]), c.asked) {
			t.Errorf("%+v: %q, %v", c.all, seen[:n], err)
		}
	}
}
