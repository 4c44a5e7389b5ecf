package dynamo

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Waits before something is tried again.
const (
	firstWait = 50 * time.Millisecond
	mostWait  = 5 * time.Second
	// sayEvery is how often it is said that DynamoDB is slow, and sayAfter how often
	// something was tried before that was not throttled: a connection is cut now and then.
	sayEvery = time.Minute
	sayAfter = 3
)

// patient makes a call wait for DynamoDB until its context ends: what is throttled,
// what fails inside AWS and what a network cuts off is tried again, ever slower.
// Other errors are not.
func (s *Store) patient(o *dynamodb.Options) {
	o.Retryer = newPatience(s)
}

func newPatience(s *Store) *patience {
	return &patience{Standard: retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.None }), store: s}
}

// patience is the SDK's idea of what may be tried again, without an end.
type patience struct {
	*retry.Standard
	store *Store
	ended func() error // of the call's context; nil before the first try
}

// GetAttemptToken implements [aws.RetryerV2]. It is called before each try.
func (p *patience) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	p.ended = ctx.Err
	return p.Standard.GetAttemptToken(ctx)
}

func (*patience) MaxAttempts() int { return math.MaxInt32 }

func (p *patience) RetryDelay(attempt int, err error) (time.Duration, error) {
	if p.ended != nil && p.ended() != nil {
		return 0, nil // whoever ended it cut the connection off
	}
	if attempt >= sayAfter || throttles.IsErrorThrottle(err).Bool() {
		p.store.writer.slow.say(p.store, err)
	}
	return waitBefore(attempt), nil
}

// throttles tells errors by which DynamoDB says that it is asked too much.
var throttles = retry.IsErrorThrottles(retry.DefaultThrottles)

// waitBefore is how long to wait before something is tried again for the nth time:
// at random, so that those who were turned away together do not come together.
func waitBefore(n int) time.Duration {
	most := min(firstWait<<min(n, 16), mostWait)
	return most/2 + rand.N(most/2)
}

// slowness is how slow DynamoDB is.
type slowness struct{ said atomic.Int64 }

func (w *slowness) say(s *Store, err error) {
	last, now := w.said.Load(), time.Now().UnixNano()
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if ended || now-last < int64(sayEvery) || !w.said.CompareAndSwap(last, now) {
		return
	}
	why := "it did not take all of a batch"
	if err != nil {
		why = err.Error()
	}
	s.options.note("%s%s is slow, going on as fast as it lets us: %s", Scheme, s.table, why)
}

// wait waits before something that was tried so often.
func (w *slowness) wait(ctx context.Context, s *Store, tried int) error {
	if tried == 0 {
		return nil
	}
	w.say(s, nil)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(waitBefore(tried)):
		return nil
	}
}

var _ aws.RetryerV2 = (*patience)(nil)
