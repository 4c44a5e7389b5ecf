package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

const (
	// settleEvery is how long a message that is done waits for its commit: it matters
	// where the time runs out before all are.
	settleEvery = 2 * time.Second
	// mostMargin is how long before its time runs out an invocation takes in no more,
	// and commits what is done; a short one keeps a quarter of its time.
	mostMargin = 5 * time.Second
)

// function is what an execution environment keeps from one invocation to the next.
// Lambda gives it one at a time.
type function struct {
	config
	wrong error // what is wrong with the environment
	log   *slog.Logger
	warm  bool // there was an invocation before

	cfg    *aws.Config // nil: not read yet, as the next two
	opener *queue.Opener
	dead   *queue.DeadLetters
	table  *dynamo.Store // nil: not open
}

// invocation is one call of the function.
type invocation struct {
	*function
	log      *slog.Logger
	failures failures
	cold     bool
	obeys    bool // the table's watch was read since it began
	shape    string
	end      time.Time // when the last commit must be done
	last     time.Time // when the last dead letter must be sent; zero, as end: there is no hurry
	verdicts []verdict // of each message, in order

	objects        int // log files to be read, and records that came without one
	files, records ingest.Counts
	bytes          int64
}

// handle takes an event of any shape. Of a queue's it answers which messages are to
// come again. Any other it fails if not all of it was kept: Lambda then tries it
// again, and sends it to the function's on-failure destination in the end (Developer
// Guide, "How Lambda handles errors and retries with asynchronous invocation").
func (f *function) handle(ctx context.Context, event json.RawMessage) (answer any, err error) {
	began := time.Now()
	v := f.begin(ctx)
	defer func() { v.sum(began, err) }()
	if f.wrong != nil {
		return nil, f.wrong
	}
	messages, err := notice.Event(event)
	if err != nil {
		v.failures.tell("the event cannot be read", err)
		return nil, err
	}
	v.shape = cmp.Or(messages[0].Via, "direct")
	for _, m := range messages {
		v.verdicts = append(v.verdicts, verdict{message: m, unsettled: true})
	}
	if err := f.configure(ctx); err != nil {
		v.failures.tell("there is no AWS configuration", err)
		return nil, err
	}
	soon, cancel := v.soon(ctx)
	defer cancel()
	if ordered(messages) {
		v.inOrder(soon)
	} else {
		v.work(soon, v.verdicts)
		v.bury(ctx)
	}
	v.judge()
	return v.answer()
}

func (f *function) begin(ctx context.Context) *invocation {
	log := f.log
	if c, ok := lambdacontext.FromContext(ctx); ok {
		log = log.With("requestId", c.AwsRequestID)
	}
	cold := !f.warm
	f.warm = true
	return &invocation{function: f, log: log, failures: failures{log: log}, cold: cold}
}

// configure reads the AWS configuration with the first event: Lambda starts more
// environments than it uses.
func (f *function) configure(ctx context.Context) error {
	if f.cfg != nil {
		return nil
	}
	cfg, err := awscfg.Load(ctx, awscfg.Options{})
	if err != nil {
		return err
	}
	f.use(&cfg)
	return nil
}

func (f *function) use(cfg *aws.Config) {
	f.cfg, f.dead = cfg, queue.NewDeadLetters(*cfg)
	f.opener = queue.NewOpener(*cfg, queue.OpenerOptions{From: f.from, Topics: f.topics, Ahead: f.ahead(), Known: f.known})
}

// known reports whether a log file is in the table, and need not be fetched. Where
// that cannot be told no message is to blame: the pump asks again.
func (f *function) known(ctx context.Context, file cloudtrail.LogFile) (bool, error) {
	there, err := f.table.Has(ctx, file)
	return there && err == nil, nil
}

// soon is a context that ends in time for what is done to be committed.
func (v *invocation) soon(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	margin := min(mostMargin, time.Until(deadline)/4)
	v.end, v.last = deadline.Add(-margin/2), deadline.Add(-margin/4)
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// ordered reports whether messages are of a FIFO queue.
func ordered(messages []notice.Message) bool {
	return len(messages) > 0 && strings.HasSuffix(messages[0].Source, ".fifo")
}

// inOrder works on one message after the other, and stops after the first that
// fails: with a FIFO queue a function "should stop processing messages after the
// first failure and return all failed and unprocessed messages" (Developer Guide,
// "Handling errors for an SQS event source", partial batch responses).
func (v *invocation) inOrder(ctx context.Context) {
	for i := range v.verdicts {
		o := &v.verdicts[i]
		v.work(ctx, v.verdicts[i:i+1])
		if o.err == nil || v.deadLetter(ctx, o) {
			continue
		}
		for n := range v.verdicts[i+1:] {
			v.verdicts[i+1+n].hinder(errBehind)
		}
		return
	}
}

// work keeps what messages announce in the table.
func (v *invocation) work(ctx context.Context, some []verdict) {
	err := v.pump(ctx, some)
	for i := range some {
		if o := &some[i]; o.unsettled {
			o.hinder(err)
		}
	}
}

// pump moves what messages announce into the table, and settles them. The error is
// what kept it from going on.
func (v *invocation) pump(ctx context.Context, some []verdict) error {
	table, err := v.open(ctx)
	if err != nil {
		return late(ctx, err)
	}
	store := &guarded{Store: table, end: v.end}
	feed := v.feed(ctx, store, some)
	var read int64
	files, records, err := ingest.Pump(ctx, feed, store, ingest.Options{
		Workers: v.workers(), Memory: v.budget(), MaxFile: v.maxFile, SettleEvery: settleEvery,
		OnError:   func(err error) { v.failures.tell("not all of an object could be kept", err) },
		OnNote:    func(text string) { v.log.Info(text) },
		OnWarning: func(text string) { v.log.Warn(text) },
		Progress:  func(p ingest.Progress) { read = p.Bytes },
	})
	feed.stop()
	v.count(files, records, read)
	if _, failed := errors.AsType[*ingest.StoreError](err); failed {
		v.table = nil // the next invocation opens it anew, and may be told more
	}
	return late(ctx, err)
}

// late tells that the time ran out, where it did, and what was waited for then.
func late(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil:
		return err
	case err == nil || err.Error() == ctx.Err().Error(): // it says no more
		return errLate
	}
	return fmt.Errorf("%w; it ended with: %v", errLate, err)
}

// open is the table, with the watch that it has now: what an environment that was idle
// left out by another is acknowledged, and would never come again.
func (v *invocation) open(ctx context.Context) (*dynamo.Store, error) {
	if v.table != nil && !v.obeys {
		if err := v.table.Renew(ctx); err != nil {
			v.table = nil
			if _, another := errors.AsType[*dynamo.NotOursError](err); !another {
				return nil, err
			}
		}
	}
	v.obeys = true
	if v.table != nil {
		return v.table, nil
	}
	log := v.function.log // it outlives the invocation
	table, err := dynamo.Open(ctx, *v.cfg, v.config.table, dynamo.Options{Write: true, New: v.isNew, Note: func(text string) { log.Warn(text) }})
	if err != nil {
		return nil, err
	}
	v.table = table
	return table, nil
}
