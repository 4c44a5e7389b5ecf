package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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

// TestTableAgain: a writer does not take what it wrote to a table for what is in
// another of its name.
func TestTableAgain(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{Unprotected: true})
	s := c.open(t, c.writer)
	add(t, s, logFile(firstFile, `{"eventID":"a","eventTime":"2026-01-02T10:00:00Z"}`))
	before := c.items(t)
	if _, err := c.table.Owner.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &c.table.Name}); err != nil {
		t.Fatal(err)
	}
	c.make(t, MakeOptions{Unprotected: true})
	if err := s.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, logFile(firstFile, `{"eventID":"a","eventTime":"2026-01-02T10:00:00Z"}`))
	after := c.items(t)
	for k := range before {
		if after[k] == nil {
			t.Errorf("%s is not there", k)
		}
	}
}

// TestSpanAgain: a writer that has not learned yet that the table is another one leaves
// no span there that does not tell whose it is.
func TestSpanAgain(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{Unprotected: true})
	s := c.open(t, c.writer)
	add(t, s, logFile(firstFile, `{"eventID":"a","eventTime":"2026-01-02T10:00:00Z"}`))
	if _, err := c.table.Owner.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &c.table.Name}); err != nil {
		t.Fatal(err)
	}
	c.make(t, MakeOptions{Unprotected: true})
	s.meta.Load().read = time.Now() // it has just looked
	add(t, s, logFile(strings.Replace(firstFile, "T1000Z", "T1005Z", 1), `{"eventID":"b","eventTime":"2026-01-02T10:00:00Z"}`))
	var notes []string
	reader := opened(t, c.Account(account).Config(), "Audit", Options{Note: func(note string) { notes = append(notes, note) }})
	if spans, err := reader.Spans(t.Context()); err != nil || len(spans) != 1 || len(notes) > 0 {
		t.Errorf("%+v, %v; told %q", spans, err, notes)
	}
}
