package dynamo

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestCutShort: runs that end before their files do leave nothing behind: not the
// places of the events that they were writing, nor what they knew of their files.
func TestCutShort(t *testing.T) {
	s := newStore(aws.Config{Region: "us-east-1"}, "Audit", Options{})
	s.meta.Store(&meta{read: time.Now()})
	for n := range 2 * mostFlying {
		ctx, cancel := context.WithCancel(t.Context())
		f := logFile(fmt.Sprintf("%d.json", n), `{"eventID":"a","eventTime":"2026-01-02T10:00:00Z"}`)
		cancel()
		if _, _, err := s.Add(ctx, f); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if !s.writer.flying.TryAcquire(mostFlying) {
		t.Error("places of events were not given back")
	}
	left := func() int {
		s.writer.mu.Lock()
		defer s.writer.mu.Unlock()
		return len(s.writer.reading)
	}
	for deadline := time.Now().Add(5 * time.Second); left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d files are still being read", left())
		}
	}
}

// TestKnownAnew: what was written is written again when it is to go at another time,
// or may have gone.
func TestKnownAnew(t *testing.T) {
	var r recent
	i := itemKey{partDays, "x#2026-01-02"}.attributes()
	r.add([]item{i})
	if n := len(r.missing([]item{i})); n != 0 {
		t.Errorf("%d are missing that were written", n)
	}
	later := changed(i, attrExpires, number(1))
	if n := len(r.missing([]item{later})); n != 1 {
		t.Error("it was written to stay another time")
	}
	r.add([]item{later})
	if r.forget(); len(r.missing([]item{i, later})) != 2 {
		t.Error("they are known still")
	}
}
