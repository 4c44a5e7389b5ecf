// Package awstest is AWS for tests: stand-ins for it on free loopback ports, with
// accounts, users and roles whose signatures and policies are really checked.
// README.md says what is proved against which stand-in, and what is not.
//
//	// stack is the AWS that the tests of this package share.
//	var stack awstest.Stack
//
//	func TestX(t *testing.T) {
//		aws := stack.Start(t) // empty, and this test's until it ends
//		logs := aws.Account("111111111111").Bucket(t, "logs")
//		logs.Put(t, awstest.Object{Key: "AWSLogs/…", Body: file})
//		reader := aws.Account("222222222222").User(t, "reader", awstest.Allow("arn:aws:s3:::logs/*", "s3:GetObject"))
//		…
//	}
//
// The programs are installed below .cache in the checkout, once. Where they cannot
// be had a test is skipped, loudly, and fails if CI=true.
package awstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/install"
)

// Region is where everything lies that is not put elsewhere.
const Region = "us-east-1"

// A Stack is an AWS that the tests of a package share, one after the other. The
// zero value is ready: it starts with the first test that wants it, and ends with
// the process.
type Stack struct {
	// Plain is ministack as it is, without what the launcher adds: what passes there
	// passes not because of us. Resetting and faults work, what else needs the
	// launcher ends the test.
	Plain bool

	mu     sync.Mutex
	aws    *AWS
	holder atomic.Pointer[string] // the name of the test that has it
}

// AWS is a stand-in that runs.
type AWS struct {
	Endpoint string // of every service
	client   aws.HTTPClient
	process  *process
	files    string // the folder of the launcher
	python   string
	plain    bool // without the launcher
	faults   *Faults
}

// Start gives a test the AWS, empty. Until the test ends no other has it; its
// subtests use what it got. The test's environment has no trace left of the
// machine's own AWS configuration, and leads every SDK to the stand-in, without
// credentials; so the test cannot be a parallel one.
func (s *Stack) Start(t testing.TB) *AWS {
	t.Helper()
	name := t.Name()
	if holder := s.holder.Load(); holder != nil && strings.HasPrefix(name+"/", *holder+"/") {
		t.Fatalf("%s has this AWS already: use what its Start gave", *holder)
	}
	s.mu.Lock()
	s.holder.Store(&name)
	t.Cleanup(func() {
		s.holder.Store(nil)
		s.mu.Unlock()
	})
	if s.aws == nil || s.aws.process.hasEnded() {
		started, err := open(t.Context(), s.Plain)
		if err != nil {
			install.Missing(t, t.Name(), err)
		}
		s.aws = started
	}
	s.aws.enclose(t)
	s.aws.Reset(t)
	return s.aws
}

// Open starts an AWS for a program: it runs until Close, or as long as the process.
func Open(ctx context.Context) (*AWS, error) { return open(ctx, false) }

func open(ctx context.Context, plain bool) (*AWS, error) {
	python, files, err := programs(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"-m", "launcher.aws"}
	if plain {
		args = append(args, "plain")
	}
	p, err := run(ctx, files, python, args...)
	if err != nil {
		return nil, err
	}
	return &AWS{Endpoint: p.address, client: newClient(), process: p, python: python, files: files, plain: plain}, nil
}

// Close ends it.
func (a *AWS) Close() error {
	err := a.process.stop()
	if a.faults != nil {
		err = errors.Join(err, a.faults.process.stop())
	}
	return err
}

// Reset empties it: accounts, buckets, sessions and records go.
func (a *AWS) Reset(t testing.TB) {
	t.Helper()
	if err := call(t.Context(), http.MethodPost, a.Endpoint+"/_ministack/reset", nil, nil); err != nil {
		t.Fatalf("resetting AWS: %v", err)
	}
	if a.faults != nil && !a.faults.process.hasEnded() {
		a.faults.Clear(t)
	}
}

// Requests are the calls since the last reset, by what a policy calls them, as
// s3:ListBucket; a HEAD is "HEAD s3:GetObject". Refused ones count.
func (a *AWS) Requests(t testing.TB) (counts map[string]int) {
	t.Helper()
	a.ask(t, "requests", nil, &counts)
	return counts
}

// enclose keeps the test's process to this AWS, and shows its log if the test fails.
func (a *AWS) enclose(t testing.TB) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // remembers what it was
			_ = os.Unsetenv(name)
		}
	}
	for _, entry := range a.environment() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		if log := a.process.log.String(); t.Failed() && log != "" {
			t.Logf("the end of the log of %s:\n%s", a.process.name, log)
		}
	})
}

// environment leads a program that knows nothing of AWS to this one, and nowhere
// else: no files, no instance's credentials, and no way out for what forgets the
// endpoint.
func (a *AWS) environment() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + a.Endpoint,
		"AWS_REGION=" + Region,
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"HTTPS_PROXY=http://127.0.0.1:9",
		"NO_PROXY=127.0.0.1,localhost",
	}
}

// ask puts a question to the launcher itself: control.py.
func (a *AWS) ask(t testing.TB, path string, question, answer any) {
	t.Helper()
	if a.plain {
		t.Fatalf("plain ministack has no %s: that is the launcher's; take a Stack that is not Plain", path)
	}
	if err := call(t.Context(), http.MethodPost, a.Endpoint+"/_awstest/"+path, question, answer); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// call sends a JSON document and reads one.
func call(ctx context.Context, method, url string, question, answer any, options ...func(*http.Request)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	text, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	for _, option := range options {
		option(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s: %s", response.Status, body)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(body, answer)
}
