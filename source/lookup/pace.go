package lookup

import (
	"context"
	"sync"
	"time"
)

// perSecond is how many calls AWS answers in a second, for an account in a
// region, whoever of it makes them. The quota cannot be raised.
const perSecond = 2

// second is a little more than one: a call may be faster on its way than the one
// before.
const second = time.Second + 50*time.Millisecond

// pace holds calls to AWS's rate. Others of the account may be calling too: what
// is refused all the same the SDK asks again, more slowly.
type pace struct {
	mu   sync.Mutex
	last [perSecond]time.Time // when the last calls were let go, the oldest first
}

// wait returns when one more call may go.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	at := time.Now()
	if due := p.last[0].Add(second); due.After(at) {
		at = due
	}
	copy(p.last[:], p.last[1:])
	p.last[perSecond-1] = at
	p.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
