package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// environment is an execution environment of Lambda: a process of the function, and
// what hands it events (Lambda Developer Guide, "Using the Lambda runtime API for
// custom runtimes"). It is quicker than ministack's, and lets its process be killed
// and measured.
type environment struct {
	cmd     *exec.Cmd
	events  chan event
	answers chan answer
	ended   chan struct{}
	timeout time.Duration // of an invocation; the function is not ended after it

	mu     sync.Mutex
	output bytes.Buffer
	calls  int
}

type event struct {
	id, body string
	deadline time.Time
}

type answer struct {
	body   string
	failed bool
}

// start starts the function, as this caller.
func (h *hub) start(caller aws.Config, env ...string) *environment {
	h.t.Helper()
	e := &environment{events: make(chan event), answers: make(chan answer), ended: make(chan struct{}), timeout: 20 * time.Second}
	api := httptest.NewServer(e)
	e.cmd = exec.Command(built)
	e.cmd.Env = append(h.aws.Environment(h.t, caller), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"), envMemory+"=128", envStore+"="+store)
	e.cmd.Env = append(e.cmd.Env, env...)
	e.cmd.Stdout, e.cmd.Stderr = e, e
	if err := e.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		_ = e.cmd.Wait() // it is killed
		close(e.ended)
	}()
	h.t.Cleanup(func() {
		e.kill()
		if h.t.Failed() {
			h.t.Logf("the log of the function:\n%s", e.log())
		}
		api.CloseClientConnections()
		api.Close()
	})
	return e
}

func (e *environment) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.output.Write(p)
}

func (e *environment) log() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.output.String()
}

// kill is kill -9.
func (e *environment) kill() {
	_ = e.cmd.Process.Kill() // it may have ended
	<-e.ended
}

// ServeHTTP is the runtime API.
func (e *environment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime/invocation/")
	if path == "next" {
		select {
		case next := <-e.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", next.id)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(next.deadline.UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:"+prod+":function:crosstrail")
			_, _ = io.WriteString(w, next.body)
		case <-r.Context().Done():
		case <-e.ended:
		}
		return
	}
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	select {
	case e.answers <- answer{string(body), strings.HasSuffix(path, "/error")}:
	case <-e.ended:
	}
}

// invoke calls the function, and gives what it answers, or its error.
func (e *environment) invoke(t *testing.T, body string) (said string, failed bool) {
	t.Helper()
	e.begin(t, body)
	select {
	case a := <-e.answers:
		// What it logged before it answered may be on its way still.
		for sum := fmt.Sprintf(`"requestId":"request-%d","shape"`, e.calls); !strings.Contains(e.log(), sum); time.Sleep(time.Millisecond) {
			if t.Context().Err() != nil {
				t.Fatal("there is no summary in the log")
			}
		}
		return a.body, a.failed
	case <-e.ended:
		t.Fatalf("the function ended: %s", e.log())
	case <-time.After(time.Minute):
		t.Fatalf("the function does not answer: %s", e.log())
	}
	return "", false
}

// begin calls the function and does not wait for its answer.
func (e *environment) begin(t *testing.T, body string) {
	t.Helper()
	e.calls++
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case e.events <- event{"request-" + strconv.Itoa(e.calls), body, time.Now().Add(e.timeout)}:
	case <-e.ended:
		t.Fatalf("the function ended: %s", e.log())
	case <-ctx.Done():
		t.Fatalf("the function takes no event: %s", e.log())
	}
}

// batch is what Lambda hands over of a queue: messages "m0", "m1" and so on.
func batch(queue string, received int, bodies ...string) string {
	var records []string
	for i, body := range bodies {
		records = append(records, fmt.Sprintf(`{"messageId":"m%d","receiptHandle":"r","body":%s,"attributes":{"ApproximateReceiveCount":"%d","SentTimestamp":"1772532300000"},"messageAttributes":{},`+
			`"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:%s:%s","awsRegion":"us-east-1"}`, i, quoted(body), received, prod, queue))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}
