package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/queue"
)

// TestOutageOfMany: as many as there are wait for the end of a refusal, and none of
// them for long after it. Until then they count as waiting, also while they are tried.
func TestOutageOfMany(t *testing.T) {
	const many = 60
	s := newSite(t)
	var messages []string
	for n := range many {
		s.logs.Put(t, awstest.Object{Key: key(n), Body: logFile("a")})
		messages = append(messages, put("acme-logs", key(n), "", "", len(logFile("a"))))
	}
	faults := s.aws.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Error: "AccessDenied", Status: 403})
	follow, _ := s.openAs(t, faults.Through(s.caller), s.queue, queue.Options{Most: 2 * many})
	s.queue.Send(t, messages...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var kept atomic.Int64
	take := func() error {
		for {
			d, err := follow.Next(ctx)
			if err != nil {
				return nil
			}
			_, err = d.Items[0].Open(t.Context())
			if err != nil {
				err = &source.Error{URI: d.Items[0].URI, Problem: err.Error(), Err: err}
			}
			switch failed := d.Settle(t.Context(), err); {
			case errors.Is(failed, queue.ErrKept) && err != nil:
				kept.Add(1)
			case failed != nil || err != nil:
				return fmt.Errorf("settled with %w: %w", err, failed)
			}
		}
	}
	var group errgroup.Group
	for range 4 {
		group.Go(take)
	}
	until(t, "all wait", func() bool { return follow.Counts().Waiting == many })
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got := follow.Counts(); got.Waiting != many || got.Settled > 0 {
			t.Fatalf("%+v", got)
		}
	}
	if n := kept.Load(); n < 2*many {
		t.Errorf("tried %d times", n)
	}
	faults.Clear(t)
	lifted := time.Now()
	until(t, "all are settled", func() bool { return follow.Counts().Settled == many })
	if took := time.Since(lifted); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if got := follow.Counts(); got.Waiting != 0 || got.InHand != 0 || got.Received != many {
		t.Errorf("%+v", got)
	}
	cancel()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
