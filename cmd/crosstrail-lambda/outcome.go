package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
)

var (
	errLate    = errors.New("the time of the function ran out before it was done: if that goes on, give the function more, aws lambda update-function-configuration --timeout, or fewer messages at once")
	errBehind  = errors.New("a message before it in its FIFO queue failed")
	errDropped = errors.New("it was not settled")
)

// verdict is what became of one message.
type verdict struct {
	message   notice.Message
	unsettled bool  // nothing is known of it yet
	err       error // why not all of it was kept; nil: it was, or there was nothing to keep
	hindered  bool  // err is not the message's fault: it comes again, however often it came
	dead      bool  // it was sent to the dead letters
	unsent    error // why it was not, or why it is not known whether it should be
}

func (o *verdict) settle(err error) { o.unsettled, o.err = false, err }

// hinder tells that a message was not worked on to its end.
func (o *verdict) hinder(err error) {
	if err == nil {
		err = errDropped
	}
	o.unsettled, o.hindered, o.err = false, true, err
}

// deadLetter sends a message to the dead letters of its queue that can never be read,
// or failed and came for the last time. It is true if the message is there: then it
// is done with, as one that was kept.
func (v *invocation) deadLetter(ctx context.Context, o *verdict) bool {
	if o.err == nil || o.hindered || o.message.Source == "" {
		return false
	}
	never := queue.IsFinal(o.err)
	last, err := never, error(nil)
	if !never {
		last, err = v.dead.Last(ctx, o.message)
	}
	if last && err == nil {
		o.dead, err = v.dead.Send(ctx, o.message, reason(o.err))
	}
	o.unsent = err
	return o.dead
}

// letters is how many dead letters are sent at once.
const letters = 16

// bury sends the dead letters of a batch. What time leaves over comes again.
func (v *invocation) bury(ctx context.Context) {
	if !v.last.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, v.last)
		defer cancel()
	}
	var group errgroup.Group
	group.SetLimit(letters)
	for i := range v.verdicts {
		group.Go(func() error {
			v.deadLetter(ctx, &v.verdicts[i])
			return nil
		})
	}
	_ = group.Wait() // none fails
}

// judge tells what failed, and what becomes of it.
func (v *invocation) judge() {
	hindered := map[string]int{} // by what: it may have been the same for thousands
	var first []*verdict
	for i := range v.verdicts {
		o := &v.verdicts[i]
		if o.err == nil {
			continue
		}
		if o.hindered {
			if hindered[o.err.Error()]++; hindered[o.err.Error()] == 1 {
				first = append(first, o)
			}
			continue
		}
		text, attrs := "a message was not kept", []any{slog.String("messageId", o.message.ID), slog.Int("received", o.message.Received)}
		switch {
		case o.dead:
			text = "a message was not kept, and sent to the dead letters"
		case o.unsent != nil:
			text, attrs = "a message was not kept, could not be sent to the dead letters, and comes again", append(attrs, slog.String("deadLetters", reason(o.unsent)))
		case o.message.Source != "":
			text = "a message was not kept, and comes again"
		}
		v.failures.tell(text, o.err, attrs...)
	}
	for _, o := range first {
		v.failures.tell("messages were not worked on to their end, and come again", o.err, slog.Int("messages", hindered[o.err.Error()]), slog.String("messageId", o.message.ID))
	}
	v.failures.end()
}

// answer is what Lambda is told. Of a queue's it is heard only where the event source
// has ReportBatchItemFailures: without that Lambda deletes the whole batch, and what
// failed is lost.
func (v *invocation) answer() (any, error) {
	if v.shape != "sqs" {
		return nil, v.notKept()
	}
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	hindered := 0
	for i := range v.verdicts {
		o := &v.verdicts[i]
		if o.err != nil && !o.dead {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: o.message.ID})
		}
		if o.hindered {
			hindered++
		}
	}
	if hindered == len(v.verdicts) {
		// All of them come again by an error too, which shows in the function's metrics,
		// and lets Lambda call it less often.
		return nil, v.notKept()
	}
	return answer, nil
}

// mostError is how long the text of an error may be, which goes to an on-failure
// destination beside the event.
const mostError = 8 << 10

// notKept lists what was not kept and why; nil: there is nothing such.
func (v *invocation) notKept() error {
	var said []string
	n, length := 0, 0
	for i := range v.verdicts {
		o := &v.verdicts[i]
		if o.err == nil || o.dead {
			continue
		}
		for _, err := range each(o.err) {
			n++
			text := reason(err)
			if len(said) > 0 && (length+len(text) > mostError || said[len(said)-1] == text) {
				continue
			}
			said, length = append(said, text), length+len(text)
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("not kept: %d. What was kept is not lost.\n%s", n, strings.Join(said, "\n"))
}

// each is the errors that were joined. One that wraps several has words of its own.
func each(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, each(e)...)
	}
	return all
}

func (v *invocation) count(files, records ingest.Counts, bytes int64) {
	v.files, v.records, v.bytes = v.files.Plus(files), v.records.Plus(records), v.bytes+bytes
}

// sum is the one line that every invocation logs.
func (v *invocation) sum(began time.Time, err error) {
	failed, dead := 0, 0
	for i := range v.verdicts {
		switch o := &v.verdicts[i]; {
		case o.dead:
			dead++
		case o.err != nil:
			failed++
		}
	}
	attrs := []any{
		slog.String("shape", v.shape), slog.Int("messages", len(v.verdicts)), slog.Int("messagesFailed", failed), slog.Int("messagesDead", dead),
		slog.Int("objects", v.objects), counts("files", v.files), counts("records", v.records),
		slog.Int64("bytes", v.bytes), slog.Int64("milliseconds", time.Since(began).Milliseconds()), slog.Bool("coldStart", v.cold),
	}
	switch {
	case err != nil:
		v.log.Error("failed", append(attrs, slog.String("reason", reason(err)))...)
	case failed+dead > 0:
		v.log.Warn("done in part", attrs...)
	default:
		v.log.Info("done", attrs...)
	}
}

func counts(name string, c ingest.Counts) slog.Attr {
	return slog.Group(name,
		slog.Int("read", c.Read), slog.Int("kept", c.Kept), slog.Int("duplicate", c.Duplicate),
		slog.Int("passedOver", c.PassedOver), slog.Int("failed", c.Failed))
}
