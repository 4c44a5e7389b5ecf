package queue

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/source"
)

// Options are what a user may set. The zero value is good.
type Options struct {
	Opener OpenerOptions

	Most      int           // deliveries at once that are not settled; 0: 500
	MostBytes int64         // bytes of them that are held; 0: 64 MiB
	Visible   time.Duration // how long a message is ours before that is renewed, in seconds; 0: a minute
	Wait      time.Duration // how long SQS waits for a message, in seconds up to 20; 0: 20 s
	Backoff   time.Duration // after which a message comes again that failed once; each time it is doubled; 0: a second

	// OnNote is told what is worth saying and no failure, OnError what failed: a
	// message that cannot be read, a queue that does not answer; that once, not for
	// every try. Each may be nil, and may be called by several at once.
	OnNote  func(string)
	OnError func(error)
}

const (
	defaultMost    = 500
	defaultBytes   = 64 << 20
	defaultVisible = time.Minute
	longestWait    = 20 * time.Second
)

func (o Options) filled() Options {
	if o.Most <= 0 {
		o.Most = defaultMost
	}
	if o.MostBytes <= 0 {
		o.MostBytes = defaultBytes
	}
	if o.Visible < time.Second {
		o.Visible = defaultVisible
	}
	if o.Wait < time.Second || o.Wait > longestWait {
		o.Wait = longestWait
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.OnNote == nil {
		o.OnNote = func(string) {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

// Source is the messages of a queue, each as a delivery of its own: an ingest.Source.
type Source struct {
	options Options
	opener  *Opener
	dead    *DeadLetters
	queue   *queue
	calls   context.Context // of calls that a stop does not cut short
	running context.Context // until a stop
	ready   chan *message
	hands   *hands
	cancel  context.CancelFunc
	all     sync.WaitGroup // those that receive and prepare
	idle    chan struct{}  // closed when nothing more is received
	mute    bool           // it was told that messages cannot be renewed; keepAlive's
	closed  chan struct{}
	close   sync.Once
	alive   sync.WaitGroup // keepAlive
}

// queue is where messages come from.
type queue struct {
	address
	api     *sqs.Client
	arn     string
	deletes batch
	changes batch
}

// Open begins to receive, until ctx ends: then [Source.Next] says io.EOF, what was
// received and not handed out is given back at once, and what was handed out may
// still be settled. [Source.Close] gives back the rest. An error says why the queue
// cannot be used.
func Open(ctx context.Context, cfg aws.Config, url string, o Options) (*Source, error) {
	ctx, cancel := context.WithCancel(ctx)
	s, err := open(ctx, cfg, url, o.filled())
	if err != nil {
		cancel()
		return nil, err
	}
	s.cancel = cancel
	return s, nil
}

func open(ctx context.Context, cfg aws.Config, url string, o Options) (*Source, error) {
	if err := o.Opener.Check(); err != nil {
		return nil, err
	}
	s := &Source{
		options: o, opener: NewOpener(cfg, o.Opener), dead: NewDeadLetters(cfg),
		calls: context.WithoutCancel(ctx), running: ctx, ready: make(chan *message), hands: newHands(o.Most, o.MostBytes),
		idle: make(chan struct{}), closed: make(chan struct{}),
	}
	var err error
	if s.queue, err = s.reach(ctx, cfg, url); err != nil {
		return nil, err
	}
	first, err := s.queue.receive(ctx, s.share(), 0, o.Visible)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	s.all.Go(func() { s.follow(ctx, first) })
	s.alive.Go(s.keepAlive)
	return s, nil
}

// share is how many messages it asks for at once.
func (s *Source) share() int { return min(mostBatch, s.options.Most) }

// reach asks what a queue is, which shows that it is there and may be used.
func (s *Source) reach(ctx context.Context, cfg aws.Config, url string) (*queue, error) {
	a, err := readURL(cfg, url)
	if err != nil {
		return nil, err
	}
	q := &queue{address: a, arn: a.arn()}
	q.api = clientFor(cfg, &q.address)
	out, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn, types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, explain(err, "sqs:GetQueueAttributes", q.arn))
	}
	if arn := out.Attributes[string(types.QueueAttributeNameQueueArn)]; arn != "" {
		q.arn = arn
	}
	r, err := readRedrive(cfg, out.Attributes[string(types.QueueAttributeNameRedrivePolicy)])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	if r.target.name == "" {
		s.options.OnNote(url + ": has no dead-letter queue: a message that cannot be read comes again until the queue forgets it")
	}
	q.deletes = batch{linger: linger, calls: s.calls, send: q.delete}
	q.changes = batch{linger: linger, calls: s.calls, send: q.change}
	// What is not allowed is told now, and not when a message is done.
	none := []*entry{{receipt: "crosstrail-asks-whether-it-may"}}
	if _, err := q.delete(ctx, none); isRefused(err) {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	if _, err := q.change(ctx, none); isRefused(err) {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return q, nil
}

// Next returns the next message's delivery; io.EOF once the context that was given
// to Open has ended. Its Settle may say [ErrKept].
func (s *Source) Next(ctx context.Context) (source.Delivery, error) {
	select {
	case <-s.running.Done():
		return source.Delivery{}, io.EOF
	default:
	}
	select {
	case m := <-s.ready:
		return source.Delivery{Items: m.items, Settle: m.settle, Beside: true}, nil
	case <-s.running.Done():
		return source.Delivery{}, io.EOF
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}
