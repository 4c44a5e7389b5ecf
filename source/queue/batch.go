package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	mostBatch  = 10                    // entries of a request, which is what SQS takes
	linger     = 10 * time.Millisecond // how long an entry waits for others
	mostWaited = 30 * time.Second      // how long a request may take, with all that the SDK tries again
)

// entry is what a request says of one message.
type entry struct {
	receipt string
	visible int32 // seconds
	done    chan error
}

// batch puts what several ask for at about the same time into one request.
type batch struct {
	linger time.Duration
	calls  context.Context
	send   func(context.Context, []*entry) (failed map[int]error, err error)

	mu      sync.Mutex
	waiting []*entry
}

// do has an entry sent, and gives what became of it alone.
func (b *batch) do(ctx context.Context, e *entry) error {
	e.done = make(chan error, 1)
	b.mu.Lock()
	b.waiting = append(b.waiting, e)
	switch len(b.waiting) {
	case mostBatch:
		go b.flush(b.take())
	case 1:
		time.AfterFunc(b.linger, func() {
			b.mu.Lock()
			all := b.take()
			b.mu.Unlock()
			b.flush(all)
		})
	}
	b.mu.Unlock()
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take hands over what waits. The mutex is held.
func (b *batch) take() []*entry {
	all := b.waiting
	b.waiting = nil
	return all
}

func (b *batch) flush(all []*entry) {
	if len(all) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(b.calls, mostWaited)
	defer cancel()
	failed, err := b.send(ctx, all)
	for i, e := range all {
		if err != nil {
			e.done <- err
			continue
		}
		e.done <- failed[i]
	}
}

// delete deletes messages: DeleteMessageBatch.
func (q *queue) delete(ctx context.Context, all []*entry) (map[int]error, error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
	for i, e := range all {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &e.receipt})
	}
	out, err := q.api.DeleteMessageBatch(ctx, in)
	if err != nil {
		return nil, explain(err, "sqs:DeleteMessage", q.arn)
	}
	return failures(out.Failed, len(out.Successful), len(all))
}

// change sets how long messages stay ours: ChangeMessageVisibilityBatch.
func (q *queue) change(ctx context.Context, all []*entry) (map[int]error, error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url}
	for i, e := range all {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &e.receipt, VisibilityTimeout: e.visible,
		})
	}
	out, err := q.api.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, explain(err, "sqs:ChangeMessageVisibility", q.arn)
	}
	return failures(out.Failed, len(out.Successful), len(all))
}

// entryError is what SQS says of one entry.
type entryError struct{ code, message string }

func (e *entryError) Error() string { return "SQS says " + e.code + ": " + e.message }

// failures are those entries that failed. SQS tells of every one.
func failures(failed []types.BatchResultErrorEntry, good, all int) (map[int]error, error) {
	if good+len(failed) != all {
		return nil, fmt.Errorf("SQS tells of %d messages of %d", good+len(failed), all)
	}
	errs := map[int]error{}
	for i := range failed {
		n, err := strconv.Atoi(aws.ToString(failed[i].Id))
		if err != nil || n < 0 || n >= all {
			return nil, errors.New("SQS tells of a message that it was not asked of")
		}
		errs[n] = &entryError{aws.ToString(failed[i].Code), aws.ToString(failed[i].Message)}
	}
	return errs, nil
}
