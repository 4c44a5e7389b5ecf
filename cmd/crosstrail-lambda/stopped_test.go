package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestKilled: the process is killed in the middle of a batch. The same batch again
// completes it, and nothing is there twice.
func TestKilled(t *testing.T) {
	h := newHub(t, stack.Start(t))
	var records []string
	for i := range 300 {
		records = append(records, record(fmt.Sprintf("many-%03d", i)))
	}
	h.logs.Put(t, awstest.Object{Key: keyOf("many"), Body: logFile(records...)})
	again := batch("work", 1, h.event("one"), s3Event("logs", keyOf("many")), h.event("two"))
	e := h.start(h.Config())
	e.begin(t, again)
	for end := time.Now().Add(20 * time.Second); len(h.stored()) < 50 && time.Now().Before(end); {
	}
	e.kill()
	e = h.start(h.Config())
	if said, failed := e.invoke(t, again); failed || said != `{"batchItemFailures":[]}` {
		t.Error(said)
	}
	got := h.stored()
	if n := len(slices.Compact(slices.Clone(got))); len(got) != 302 || n != 302 {
		t.Errorf("%d events, %d of them different", len(got), n)
	}
	if l := sums(t, e.log()); len(l) != 1 || l[0].Records.Kept == 0 || l[0].Records.Duplicate < 50 || l[0].Records.Kept+l[0].Records.Duplicate != 302 {
		t.Errorf("%+v", l)
	}
}

// TestTimeRunsOut: what is not done in time comes again, however often it came, and
// the rest is stored.
func TestTimeRunsOut(t *testing.T) {
	h := newHub(t, stack.Start(t))
	dead := h.Queue(t, "dead")
	h.Queue(t, "work", awstest.Redrive(dead, 2))
	var hangs atomic.Bool // DynamoDB
	e := h.start(h.Config(), "AWS_ENDPOINT_URL="+h.slow(func(r *http.Request) bool {
		return strings.Contains(r.URL.Path, "slow") || hangs.Load() && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "PutItem")
	}))
	if said, failed := e.invoke(t, h.event("zero")); failed {
		t.Error(said)
	}
	e.timeout = 2 * time.Second
	began := time.Now()
	said, failed := e.invoke(t, batch("work", 9, h.event("one"), h.event("slow"), h.event("two")))
	if took := time.Since(began); failed || said != `{"batchItemFailures":[{"itemIdentifier":"m1"}]}` || took > e.timeout {
		t.Errorf("%s after %v", said, took)
	}
	if got := h.stored(); fmt.Sprint(got) != "[one two zero]" {
		t.Errorf("stored: %q", got)
	}
	if log := e.log(); !strings.Contains(log, "--timeout") {
		t.Error("the log does not say what to do")
	}
	// The table takes nothing: no event is lost, and the answer comes in time.
	hangs.Store(true)
	began = time.Now()
	said, failed = e.invoke(t, batch("work", 9, h.event("three")))
	if took := time.Since(began); !failed || !strings.Contains(said, "the time of the function ran out") || took > e.timeout {
		t.Errorf("%s after %v", said, took)
	}
	if n := len(dead.Messages(t)); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// TestInOrder: of a FIFO queue nothing is worked on after a message that failed. One
// that is sent to the dead letters is none.
func TestInOrder(t *testing.T) {
	h := newHub(t, stack.Start(t))
	fifo := func(in *sqs.CreateQueueInput) { in.Attributes["FifoQueue"] = "true" }
	dead := h.Queue(t, "dead.fifo", fifo)
	h.Queue(t, "work.fifo", fifo, awstest.Redrive(dead, 2))
	e := h.start(h.Config())
	bodies := []string{h.event("one"), s3Event("logs", keyOf("gone")), "no JSON", h.event("two")}
	if said, failed := e.invoke(t, batch("work.fifo", 1, bodies...)); failed || said != `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m2"},{"itemIdentifier":"m3"}]}` {
		t.Error(said)
	}
	if got := h.stored(); fmt.Sprint(got) != "[one]" || len(dead.Messages(t)) != 0 {
		t.Errorf("stored: %q", got)
	}
	if said, failed := e.invoke(t, batch("work.fifo", 2, bodies...)); failed || said != `{"batchItemFailures":[]}` {
		t.Error(said)
	}
	if got := h.stored(); fmt.Sprint(got) != "[one two]" || len(dead.Messages(t)) != 2 {
		t.Errorf("stored: %q, dead letters: %+v", got, dead.Messages(t))
	}
}

// slow is AWS, but that it never answers some calls. Root's signature, which names
// another host, is not looked at.
func (h *hub) slow(hangs func(*http.Request) bool) (endpoint string) {
	to, err := url.Parse(h.aws.Endpoint)
	if err != nil {
		h.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // who calls goes away before it has its answer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs(r) {
			_, _ = io.Copy(io.Discard, r.Body) // else the end of the connection is not seen
			<-r.Context().Done()
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	h.t.Cleanup(server.Close)
	return server.URL
}
