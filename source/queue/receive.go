package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
)

// message is one that was received.
type message struct {
	notice.Message
	source  *Source
	receipt string
	came    time.Time // when it was received
	items   []source.Item
	tries   int       // that it waited in hand after
	tried   time.Time // when the last began
	doubted bool      // it failed where others of its bucket did not

	// Under hands.mu:
	until     time.Time // until when it is ours
	bytes     int64
	delivered cloudtrail.Time
	lost      bool // it is in the queue again
	waiting   bool // in hand, to be tried again, or being so
}

// receive asks for messages.
func (q *queue) receive(ctx context.Context, most int, wait, visible time.Duration) ([]types.Message, error) {
	out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: int32(most), WaitTimeSeconds: int32(wait / time.Second), VisibilityTimeout: int32(visible / time.Second), //nolint:gosec // small
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameMessageGroupId,
		},
	})
	if err != nil {
		return nil, explain(err, "sqs:ReceiveMessage", q.arn)
	}
	return out.Messages, nil
}

const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// follow takes the first messages, and receives more until ctx ends.
func (s *Source) follow(ctx context.Context, first []types.Message) {
	defer close(s.idle)
	s.hands.mu.Lock()
	s.hands.asked += len(first)
	s.hands.mu.Unlock()
	s.take(ctx, len(first), first)
	pause, said := firstPause, false
	for ctx.Err() == nil {
		n, err := s.hands.wait(ctx, s.share())
		if err != nil {
			return
		}
		all, err := s.await(ctx, n)
		if err == nil {
			if said {
				s.options.OnNote(s.queue.url + ": answers again")
			}
			pause, said = firstPause, false
			s.take(ctx, n, all)
			continue
		}
		s.hands.failed(n)
		if ctx.Err() != nil {
			return
		}
		if !said {
			said = true
			s.options.OnError(fmt.Errorf("%s: cannot be received from, and is asked again until it can: %w", s.queue.url, err))
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
		}
		pause = min(2*pause, longestPause)
	}
}

// lastAnswer is how long an answer is waited for when all stops: what SQS has handed
// out, and nobody takes, is kept from everybody for as long as was asked for.
const lastAnswer = time.Second

// await asks for messages, and goes on waiting for a moment after ctx has ended.
func (s *Source) await(ctx context.Context, n int) ([]types.Message, error) {
	asking, cancel := context.WithCancel(s.calls)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastAnswer, cancel) })()
	return s.queue.receive(asking, n, s.options.Wait, s.options.Visible)
}

// take takes what came in hand, and makes it ready in the background.
func (s *Source) take(ctx context.Context, asked int, all []types.Message) {
	now := time.Now()
	taken := make([]*message, 0, len(all))
	for i := range all {
		a := all[i].Attributes
		m := &message{
			source: s, receipt: aws.ToString(all[i].ReceiptHandle), came: now, until: now.Add(s.options.Visible),
			Message: notice.Message{ID: aws.ToString(all[i].MessageId), Source: s.queue.arn, Group: a["MessageGroupId"], Body: []byte(aws.ToString(all[i].Body))},
		}
		m.Received, _ = strconv.Atoi(a["ApproximateReceiveCount"])
		if ms, err := strconv.ParseInt(a["SentTimestamp"], 10, 64); err == nil {
			m.Sent = time.UnixMilli(ms)
		}
		m.bytes = int64(len(m.Body))
		taken = append(taken, m)
	}
	s.hands.came(asked, taken)
	for _, m := range taken {
		s.all.Go(func() { s.prepare(ctx, m) })
	}
}

// prepare makes a delivery of a message and hands it to Next.
func (s *Source) prepare(ctx context.Context, m *message) {
	m.tried = time.Now()
	d, err := s.opener.open(ctx, m.Message, func(n int64) bool { return s.hands.take(m, n) })
	if ctx.Err() != nil {
		s.stopped(m)
		return
	}
	if err != nil {
		s.unreadable(m, err)
		return
	}
	m.items = d.Items
	var oldest cloudtrail.Time
	for i := range d.Items {
		if at := d.Items[i].Delivered; at != 0 && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	s.hands.names(m, oldest)
	select {
	case s.ready <- m:
	case <-ctx.Done():
		s.stopped(m)
	}
}

// stopped gives back what was not handed out. A call that receives must have ended:
// it would be given the message again, and nobody hears it.
func (s *Source) stopped(m *message) {
	<-s.idle
	s.giveBack(m)
}

// unreadable is of a message of which no delivery can be made.
func (s *Source) unreadable(m *message, err error) {
	ctx, cancel := context.WithTimeout(s.calls, mostWaited)
	defer cancel()
	dead, failed := s.reject(ctx, m, err, IsFinal(err))
	where := "it is tried again"
	if dead {
		where = "it is with the dead letters"
	}
	s.options.OnError(fmt.Errorf("%s: message %s: %w; %s", s.queue.url, m.ID, err, where))
	if err := failed; err != nil && !errors.Is(err, ErrKept) {
		s.options.OnError(fmt.Errorf("%s: message %s is not settled, so it will come again: %w", s.queue.url, m.ID, err))
	}
}
