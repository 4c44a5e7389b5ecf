package main

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
)

// feeds is of how many messages the objects are fetched at once.
const feeds = 4

// feed hands out what messages announce, as it has come (ingest.Source).
type feed struct {
	invocation *invocation
	ready      chan source.Delivery
	cancel     context.CancelFunc
}

// feed begins to fetch. What came of each message is in its verdict, once that is
// settled or the feed was stopped.
func (v *invocation) feed(ctx context.Context, store *guarded, some []verdict) *feed {
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{v, make(chan source.Delivery), cancel}
	go func() {
		defer close(f.ready)
		var group errgroup.Group
		group.SetLimit(feeds)
		for i := range some {
			if ctx.Err() != nil {
				break
			}
			group.Go(func() error {
				f.fetch(ctx, store, &some[i])
				return nil
			})
		}
		_ = group.Wait() // none fails
	}()
	return f
}

func (f *feed) fetch(ctx context.Context, store *guarded, o *verdict) {
	d, err := f.invocation.delivery(ctx, o.message)
	if ctx.Err() != nil {
		return // it stays unsettled
	}
	if err != nil {
		o.settle(err)
		return
	}
	d.Settle = func(_ context.Context, err error) error {
		o.settle(err)
		return nil
	}
	store.guard(&d)
	select {
	case f.ready <- d:
	case <-ctx.Done():
	}
}

// delivery is what a message announces. A message that breaks something fails alone.
func (v *invocation) delivery(ctx context.Context, m notice.Message) (d source.Delivery, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the message broke the program, please report that: %s", broke(p))
		}
	}()
	return v.opener.Delivery(ctx, m)
}

func (f *feed) Next(ctx context.Context) (source.Delivery, error) {
	select {
	case d, ok := <-f.ready:
		if !ok {
			return d, io.EOF
		}
		for i := range d.Items {
			if d.Items[i].PassOver == "" {
				f.invocation.objects++
			}
		}
		return d, nil
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

// stop ends the feed, and returns when nothing of it runs any more.
func (f *feed) stop() {
	f.cancel()
	for range f.ready { // what comes now was not handed out
	}
}
