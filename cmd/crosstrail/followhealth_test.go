package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/memory"
)

// TestHealth lets an hour pass.
func TestHealth(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	queues := newFollowed([]string{"q"})
	h := newHealth(queues, func() time.Time { return now })
	wrong := func(want string) {
		t.Helper()
		if got := strings.Join(h.wrong(), "; "); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("at %s: %q", now.Format(time.TimeOnly), got)
		}
	}
	heard := func() {
		c := queues.done["q"]
		c.Heard = now
		queues.done["q"] = c
	}
	wrong("")
	now = now.Add(6 * time.Minute)
	wrong("q: nothing could be received for 6m0s")
	heard()
	h.work(1)
	now = now.Add(4 * time.Minute)
	wrong("")
	now = now.Add(2 * time.Minute)
	heard()
	wrong("nothing was committed for 6m0s")
	h.commit()
	wrong("")
	h.opened(errors.New("full"))
	wrong("the store failed, and is tried again: full")
	h.opened(nil)
	c := queues.done["q"]
	c.Waiting = 3
	queues.done["q"] = c
	wrong("q: 3 messages cannot be worked on: S3 refuses")
	c.Waiting = 0
	queues.done["q"] = c
	h.work(-1)
	now = now.Add(time.Hour) // with nothing to do
	heard()
	wrong("")
}

// TestHealthOfNothing: neither a commit of nothing, nor a file that could not be read,
// nor a message that is kept in hand counts as work that is done.
func TestHealthOfNothing(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	queues := newFollowed(nil)
	f := &following{followed: queues, metrics: newFollowMetrics(queues), health: newHealth(queues, func() time.Time { return now })}
	f.teller = startTeller(t.Context(), newTerminal(nil, io.Discard, io.Discard), queues)
	defer f.teller.end()
	store := &metered{followedStore: unclosed{memory.New()}, following: f}
	c := f.begin(t.Context())
	var settled error
	handed := func() source.Delivery {
		return c.hand(&source.Delivery{Settle: func(context.Context, error) error { return settled }})
	}
	commit := func(want string) {
		t.Helper()
		if err := store.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.health.wrong(), "; "); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q", got)
		}
	}
	finish := func(failed error) {
		t.Helper()
		if err := store.Finish(t.Context(), cloudtrail.LogFile{URI: "s3://b/k"}, failed); err != nil {
			t.Fatal(err)
		}
	}
	f.health.work(1) // of a message that nothing comes of
	now = now.Add(6 * time.Minute)
	refused := errors.New("refused")
	for range failsBefore + 1 {
		settled = queue.ErrKept
		if err := handed().Settle(t.Context(), refused); err != nil {
			t.Error(err)
		}
	}
	if !f.slow.until.IsZero() {
		t.Error("it slows down for what is kept")
	}
	commit("nothing was committed for 6m0s")
	finish(refused)
	commit("nothing was committed for 6m0s")
	finish(nil)
	commit("")
	now = now.Add(6 * time.Minute)
	commit("nothing was committed for 6m0s")
	settled = nil
	if err := handed().Settle(t.Context(), nil); err != nil {
		t.Error(err)
	}
	commit("")
	for range failsBefore + 1 {
		if err := handed().Settle(t.Context(), refused); err != nil {
			t.Error(err)
		}
	}
	if f.slow.until.IsZero() {
		t.Error("it does not slow down for what is given back")
	}
}

func TestListenAddress(t *testing.T) {
	for given, want := range map[string]string{
		"9464": "127.0.0.1:9464", ":9464": "127.0.0.1:9464", "0": "127.0.0.1:0",
		"0.0.0.0:1": "0.0.0.0:1", "[::1]:2": "[::1]:2", "localhost:http": "localhost:http",
		"a:b:c": "", "foo": "", "99999": "", "host:": "", "": "",
	} {
		if got, err := listenAddress(given); got != want || (err == nil) != (want != "") {
			t.Errorf("--listen %s: %q, %v", given, got, err)
		}
	}
}
