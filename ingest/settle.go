package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/crosstrail/crosstrail/source"
)

// settleEvery is how often what was read is committed so that it can be settled.
const settleEvery = time.Second

// grace is how long settlements go on when a run is stopped: what is committed
// and not settled comes again, which is work for nothing.
const grace = 5 * time.Second

// delivery is one that is to be settled. Of those that are not there is none.
type delivery struct {
	settle func(context.Context, error) error
	beside bool    // others may be settled meanwhile
	open   int     // items not finished, and one while they are being handed out; under pump.mu
	errs   []error // what kept items from being stored; under pump.mu
}

// begin takes a delivery into account; nil if it is not to be settled.
func (p *pump) begin(d source.Delivery) *delivery {
	if d.Settle == nil {
		return nil
	}
	return &delivery{settle: d.Settle, beside: d.Beside, open: len(d.Items) + 1}
}

// done tells that an item of a delivery is in the store, or why it is not.
func (p *pump) done(d *delivery, err error) {
	if d == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		d.errs = append(d.errs, err)
	}
	d.open--
	if d.open == 0 {
		p.finished = append(p.finished, d)
	}
}

// claim takes a file for one worker. It is false if another is reading it just
// now; the delivery then waits for that one.
func (p *pump) claim(j job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting, flying := p.flying[j.item.Key()]
	if flying && j.delivery != nil {
		waiting = append(waiting, j.delivery)
	}
	p.flying[j.item.Key()] = waiting
	return !flying
}

// land tells all who wait for a file that it is finished.
func (p *pump) land(j job, err error) {
	p.mu.Lock()
	waiting := p.flying[j.item.Key()]
	delete(p.flying, j.item.Key())
	p.mu.Unlock()
	p.done(j.delivery, err)
	for _, d := range waiting {
		p.done(d, err)
	}
}

// settleMeanwhile commits and settles while the workers go on, until they have
// ended.
func (p *pump) settleMeanwhile(ctx context.Context, ended <-chan struct{}) error {
	every := p.options.SettleEvery
	if every <= 0 {
		every = settleEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return nil
		case <-tick.C:
			if ready := p.take(); len(ready) > 0 {
				if err := p.commit(ctx, ready); err != nil {
					return err
				}
			}
		}
	}
}

// take hands over the deliveries that are finished, each once.
func (p *pump) take() []*delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	ready := p.finished
	p.finished = nil
	return ready
}

// commit commits, and then settles deliveries that were finished before it was
// called. A commit is not cut short when the run is stopped.
func (p *pump) commit(ctx context.Context, ready []*delivery) error {
	if p.isUnsound() {
		return nil
	}
	if err := p.store.Commit(context.WithoutCancel(ctx)); err != nil {
		return p.storeFailed(err)
	}
	ctx, cancel := lingering(ctx)
	defer cancel()
	var all sync.WaitGroup
	room := make(chan struct{}, mostSettling)
	for i, d := range ready {
		if p.isUnsound() {
			break
		}
		ready[i] = nil // a run may go on for months
		if !d.beside {
			p.settled(d.settle(ctx, errors.Join(d.errs...)))
			continue
		}
		room <- struct{}{}
		all.Go(func() {
			p.settled(d.settle(ctx, errors.Join(d.errs...)))
			<-room
		})
	}
	all.Wait()
	p.tell()
	return nil
}

// mostSettling is how many settlements are under way at once, of those that may be.
const mostSettling = 100

// settled tells what became of a settlement.
func (p *pump) settled(err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	p.unsettled++
	if p.settleErr == nil {
		p.settleErr = err
	}
	p.mu.Unlock()
	p.fail(fmt.Errorf("not settled, so it will come again: %w", err))
}

// tell tells how far it has come: after the last file of a burst nothing else may
// for hours.
func (p *pump) tell() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.Progress != nil {
		p.told = time.Now()
		p.options.Progress(p.state)
	}
}

// lingering is a context that ends a moment after its parent.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}

// settleError is what became of the settlements of the whole run.
func (p *pump) settleError() error {
	if p.unsettled == 0 {
		return nil
	}
	return fmt.Errorf("deliveries not settled, they will come again: %d, the first: %w", p.unsettled, p.settleErr)
}

func (p *pump) storeFailed(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsound = true
	return &StoreError{err}
}

func (p *pump) isUnsound() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unsound
}
