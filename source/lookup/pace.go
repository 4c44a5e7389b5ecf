package lookup

import (
	"context"
	"time"
)

// perSecond is how many calls AWS answers in a second, for an account in a
// region, whoever of it makes them. The quota cannot be raised.
const perSecond = 2

// pace holds calls to AWS's rate: each has one of two turns, and gives it on a
// second after its answer came, so that no delay on the way brings calls too close.
// Others of the account may be calling too: what is refused all the same the SDK
// asks again, more slowly.
type pace struct {
	second time.Duration
	turns  chan struct{}
}

func newPace() *pace { return &pace{second: time.Second, turns: make(chan struct{}, perSecond)} }

// wait returns when one more call may go; done is to be called when it has ended.
func (p *pace) wait(ctx context.Context) (done func(), err error) {
	select {
	case p.turns <- struct{}{}:
		return func() { time.AfterFunc(p.second, func() { <-p.turns }) }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
