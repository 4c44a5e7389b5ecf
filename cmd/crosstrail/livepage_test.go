//go:build unix

package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// livePage is what the page's commands do beside this program.
type livePage struct {
	*testing.T
	*demo.Audit
}

// TestLivePage holds the page on what happens now to what its commands print, or with
// -update the page to them.
func TestLivePage(t *testing.T) {
	stand := stack.Start(t)
	program := built(t, "crosstrail-lambda")
	l := livePage{t, demo.Auditing(t, stand, demo.TextsOwn(), program)}
	demo.FillPythonTable(t, stand.Account(demo.Production))
	profiles := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(profiles, []byte(demo.Profiles(t, stand, demo.TextsOwn())), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": profiles, "AWS_PROFILE": "prod", storeVariable: "dynamodb://" + demo.AuditTable, "COLUMNS": "100",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	stopped := make(chan os.Signal, 1) // where it comes late, the test goes on
	signal.Notify(stopped, syscall.SIGINT)
	defer signal.Stop(stopped)

	const queue = "https://sqs.us-east-1.amazonaws.com/999999999999/crosstrail"
	momentary := map[string]*regexp.Regexp{
		"message 1f6e9f6a-2f0b-4a57-9f0e-3f5ac9c3e0d1": regexp.MustCompile(`message [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`),
		"": regexp.MustCompile(`(?m)^note: \S+ is slow, .*\n`), // the stand-in's capacity, and the machine's
	}
	p := page{
		name: "live.md",
		in:   func(command string) string { return strings.ReplaceAll(command, queue, l.Queue.URL) },
		out: func(printed string) string {
			printed = strings.ReplaceAll(printed, l.Queue.URL, queue)
			for by, is := range momentary {
				printed = is.ReplaceAllString(printed, by)
			}
			return printed
		},
		during: l.during, beside: l.beside,
	}
	if n := p.hold(t); n < 10 {
		t.Errorf("the page has %d commands", n)
	}
}

// beside does what a command of AWS does, and waits for what comes of it.
func (l livePage) beside(command string) {
	switch {
	case strings.HasPrefix(command, "aws s3 cp --recursive logs "):
		l.put(demo.ListBucketsFile())
	case strings.HasPrefix(command, "aws s3 cp --recursive vendor "):
		l.put(demo.VendorFile())
	case strings.HasSuffix(command, "--message file://event.json"):
		l.Topic.Publish(l, string(demo.AssumeRoleEvent))
		l.arrives("e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf")
	case strings.HasSuffix(command, "--message file://vendor.json"):
		l.Topic.Publish(l, string(demo.VendorEvent))
		l.arrives("0b7c3e55-1f0f-4c7e-9d63-51f4f1f3a001")
	case strings.HasSuffix(command, "--message-body 'no notice'"):
		l.Queue.Send(l, "no notice")
	case strings.HasPrefix(command, "aws sqs receive-message"):
		if m := l.DeadLetters.Messages(l); len(m) != 1 || m[0].Body != "no notice" || !strings.Contains(m[0].Text["reason"].StringValue, "is no JSON object") {
			l.Errorf("the dead letters: %+v", m)
		}
	case strings.HasPrefix(command, "export "):
	default:
		l.Errorf("the page has a command that nobody knows: %s", command)
	}
}

func (l livePage) put(f synth.File) {
	l.Helper()
	l.Bucket.Put(l, awstest.Object{Key: f.Name, Body: f.Gzip()})
	l.arrives(f.Name) // noted last, when all its records are there
}

// arrives waits until the table has an event, or the note of a log file.
func (l livePage) arrives(what string) {
	l.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		for _, i := range l.Table.Items(l) {
			if awstest.Text(i["eventID"]) == what && i["record"] != nil || strings.Contains(awstest.Text(i["eventTime"]), what) {
				return
			}
		}
		if time.Now().After(end) {
			l.Fatalf("%s did not arrive in 30 seconds; the functions said\n%s%s", what, l.BySNS.Log(l), l.ByS3.Log(l))
		}
	}
}

// during stops what runs until somebody stops it, when it has done what there is.
func (l livePage) during(command string, printed func() string) (ends func()) {
	done := make(chan struct{})
	go func() {
		switch {
		case strings.HasPrefix(command, "follow "):
			for quiet := 0; quiet < 3; time.Sleep(200 * time.Millisecond) {
				if quiet++; l.Queue.Count(l) != (awstest.Count{}) {
					quiet = 0
				}
			}
		case strings.HasPrefix(command, "events --follow"):
			for end := time.Now().Add(20 * time.Second); !strings.Contains(printed(), "is looked at every") && time.Now().Before(end); {
				time.Sleep(50 * time.Millisecond)
			}
		default:
			return
		}
		select {
		case <-done:
		default:
			_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		}
	}()
	return func() { close(done) }
}
