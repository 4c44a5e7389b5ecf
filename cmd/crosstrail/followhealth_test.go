package main

import (
	"errors"
	"strings"
	"testing"
	"time"
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
