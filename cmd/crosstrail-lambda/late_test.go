package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// within is the function in this process, whose AWS is at an endpoint, and calls of it
// that have so much time.
func (h *hub) within(endpoint string) func(timeout time.Duration, event string) (answer string, err error) {
	cfg := h.Config()
	cfg.BaseEndpoint = &endpoint
	f := &function{config: config{table: table, memory: leastMemory}, log: slog.New(slog.DiscardHandler)}
	f.use(&cfg)
	return func(timeout time.Duration, event string) (string, error) {
		ctx, cancel := context.WithTimeout(h.t.Context(), timeout)
		defer cancel()
		answer, err := f.handle(ctx, json.RawMessage(event))
		text, _ := json.Marshal(answer)
		return string(text), err
	}
}

// TestFlood: what can never be read goes to the dead letters many at a time; what time
// leaves over comes again, and the answer says so in time.
func TestFlood(t *testing.T) {
	h := newHub(t, stack.Start(t))
	dead := h.Queue(t, "dead")
	h.Queue(t, "work", awstest.Redrive(dead, 2))
	var hangs atomic.Bool // SQS
	call := h.within(h.slow(func(r *http.Request) bool {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "SendMessage") {
			return false
		}
		time.Sleep(20 * time.Millisecond)
		return hangs.Load()
	}))
	poison := make([]string, 150)
	for i := range poison {
		poison[i] = "no JSON"
	}
	if said, err := call(2*time.Second, batch("work", 1, poison...)); err != nil || said != `{"batchItemFailures":[]}` {
		t.Errorf("%.1000s, %v", said, err)
	}
	if n := dead.Count(t).Visible; n != len(poison) {
		t.Errorf("%d dead letters", n)
	}
	hangs.Store(true)
	began := time.Now()
	said, err := call(2*time.Second, batch("work", 1, append(poison[:40], h.event("good"))...))
	if err != nil || time.Since(began) > 2*time.Second || strings.Count(said, "itemIdentifier") != 40 || strings.Contains(said, `"m40"`) {
		t.Errorf("%.1000s, %v", said, err)
	}
	if got := h.stored(); fmt.Sprint(got) != "[good]" {
		t.Errorf("stored: %q", got)
	}
}

// TestKnown: an object that is announced once more is not fetched once more.
func TestKnown(t *testing.T) {
	h := newHub(t, stack.Start(t))
	var gets atomic.Int32
	call := h.within(h.slow(func(r *http.Request) bool {
		if r.Method == http.MethodGet {
			gets.Add(1)
		}
		return false
	}))
	again := h.event("a")
	for range 3 {
		if _, err := call(5*time.Second, again); err != nil {
			t.Error(err)
		}
	}
	if n := gets.Load(); n != 1 || fmt.Sprint(h.stored()) != "[a]" {
		t.Errorf("fetched %d times", n)
	}
}

// TestLate: it is said what was waited for, where that is known.
func TestLate(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for err, want := range map[error]string{
		ctx.Err():                              errLate.Error(),
		fmt.Errorf("the table: %w", ctx.Err()): errLate.Error() + "; it ended with: the table: " + ctx.Err().Error(),
		errors.New("another"):                  errLate.Error() + "; it ended with: another",
	} {
		if got := late(ctx, err); got.Error() != want {
			t.Errorf("%v; want %s", got, want)
		}
	}
}
