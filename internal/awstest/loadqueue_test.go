package awstest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// story is what a queue answers, step by step.
func story(t *testing.T, q *awstest.Queue) (steps []string) {
	t.Helper()
	tell := func(what string, values ...any) { steps = append(steps, what+": "+fmt.Sprint(values...)) }
	receive := func(what string) (got []types.Message) {
		got = q.Receive(t, time.Second)
		var seen []string
		for _, m := range got {
			seen = append(seen, *m.Body+" "+m.Attributes["ApproximateReceiveCount"]+" "+*m.MD5OfBody)
		}
		slices.Sort(seen)
		tell(what, strings.Join(seen, ", "))
		return got
	}
	client := sqs.New(q.Owner.Options(), func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} })
	hide := func(m types.Message, seconds int32) {
		_, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
		tell("hide", code(err))
	}
	q.Send(t, "a", "b", "c")
	tell("sent", q.Count(t))
	got := receive("received")
	tell("in flight", q.Count(t))
	slices.SortFunc(got, func(x, y types.Message) int { return strings.Compare(*x.Body, *y.Body) })
	if len(got) != 3 {
		return steps
	}
	q.Delete(t, got[0])
	hide(got[1], 0)
	hide(got[2], 30)
	tell("one left, one hidden", q.Count(t))
	again := receive("again")
	q.Delete(t, again...)
	q.Delete(t, again...) // what is gone may be deleted
	q.Delete(t, got[2])
	tell("deleted", q.Count(t))
	hide(got[2], 1) // and what is gone cannot be hidden
	q.Send(t, "d", "e")
	two := receive("d and e")
	if len(two) != 2 {
		return steps
	}
	time.Sleep(1100 * time.Millisecond) // their visibility
	hide(two[0], 1)                     // it is visible already
	_, err := client.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &q.URL, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("0"), ReceiptHandle: two[0].ReceiptHandle}, {Id: aws.String("1"), ReceiptHandle: got[0].ReceiptHandle},
	}})
	tell("batch", code(err), q.Count(t))
	tell("left", len(q.Receive(t, time.Second)))
	_, err = client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(q.URL + "2")})
	tell("another queue", code(err))
	_, err = client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: aws.String("none")})
	tell("no handle", code(err))
	return steps
}

// TestLoadQueueAlike: LoadQueue tells the same story as ministack.
func TestLoadQueueAlike(t *testing.T) {
	there := stack.Start(t).Account(prod).Queue(t, "work", awstest.Visibility(time.Second))
	load := awstest.OpenLoadQueue("work", time.Second)
	t.Cleanup(load.Close)
	if diff := cmp.Diff(story(t, there), story(t, load.Queue)); diff != "" {
		t.Errorf("- ministack, + LoadQueue:\n%s", diff)
	}
}

// TestLoadQueueDrains: a full queue is as fast as an empty one.
func TestLoadQueueDrains(t *testing.T) {
	load := awstest.OpenLoadQueue("work", time.Minute)
	t.Cleanup(load.Close)
	const all = 10_000
	for i := range all {
		load.Put(fmt.Sprint(i))
	}
	var group errgroup.Group
	var n atomic.Int64
	for range 4 {
		group.Go(func() error {
			for {
				got, err := load.Owner.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &load.URL, MaxNumberOfMessages: 10})
				if err != nil || len(got.Messages) == 0 {
					return err
				}
				batch := &sqs.DeleteMessageBatchInput{QueueUrl: &load.URL}
				for _, m := range got.Messages {
					batch.Entries = append(batch.Entries, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
				}
				if _, err := load.Owner.DeleteMessageBatch(t.Context(), batch); err != nil {
					return err
				}
				n.Add(int64(len(got.Messages)))
			}
		})
	}
	if err := group.Wait(); err != nil || n.Load() != all || load.Count(t) != (awstest.Count{}) {
		t.Errorf("%d of %d, left %+v, %v", n.Load(), all, load.Count(t), err)
	}
}
