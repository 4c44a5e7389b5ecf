package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
)

// arrivals is a store to who waits for what comes into it.
type arrivals interface {
	query.Reader // whose Rows are what came between the last two returns of Wait
	Wait(ctx context.Context) error
	Close() error
}

// follow prints what comes into the store, until it is stopped.
func (q *question) follow(ctx context.Context, filter query.Filter) error {
	if err := q.canFollow(filter); err != nil {
		return err
	}
	style, err := q.named(ctx, nil, &filter)
	if err != nil {
		return err
	}
	c, err := q.open(ctx)
	if err != nil {
		return err
	}
	come, err := q.arrivals(c)
	if err != nil {
		return err
	}
	q.ui.atEnd(come.Close)
	style.Integrity = c.sealed.integrity(ctx)
	err = q.followInto(ctx, c, come, filter, style)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil // as it is meant to end
	}
	return q.done(c, err)
}

func (q *question) canFollow(filter query.Filter) error {
	switch {
	case len(q.from) > 0:
		return usage(errors.New("--follow shows what comes into a store: log files that --from names do not change"),
			"to fill a store with what comes: crosstrail follow, or crosstrail ingest now and then")
	case render.Form(q.form) == render.JSON:
		return usage(errors.New("-o json is one array, and this one would have no end"), "one object a line: -o jsonl")
	case filter.Newest:
		return usage(errors.New("--newest: what is followed comes in its own order"))
	}
	return nil
}

// arrivals begins to wait.
func (q *question) arrivals(c *corpus) (arrivals, error) {
	switch r := c.Reader.(type) {
	case *local.Reader:
		return r.Arrivals()
	case *memory.Store:
		return nil, usage(errors.New("the table is as its maker left it, and was read whole: nothing can be seen to come into it"),
			"to have it kept, and then followed: crosstrail ingest "+string(q.store)+q.store.flag())
	}
	return newPolled(c.Reader, time.Now), nil
}

// followInto prints what is there from the filter's time on, then what comes. What
// comes is printed whatever its time.
func (q *question) followInto(ctx context.Context, c *corpus, come arrivals, filter query.Filter, style render.Style) error {
	w := bufio.NewWriterSize(q.ui.stdout, 1<<16)
	lines := render.NewLines(w, render.Form(q.form), style)
	limited, left := filter.Limit > 0, filter.Limit
	show := func(r query.Reader) error {
		now := *c
		now.Reader = r
		if err := now.link(ctx); err != nil {
			return err
		}
		if limited {
			filter.Limit = left
		}
		n, err := query.Print(ctx, &now, now.resolver, filter, 0, lines.Append, lines)
		left -= n
		return errors.Join(err, w.Flush())
	}
	var err error
	if p, ok := come.(*polled); ok {
		err = p.first(ctx, filter.Since != 0, func() error { return show(p) })
	} else if filter.Since != 0 {
		err = show(c.Reader)
	}
	filter.Since = 0
	for err == nil && (!limited || left > 0) {
		if err = come.Wait(ctx); errors.Is(err, local.ErrRebuilt) {
			q.ui.warn("%s", err)
			err = nil
			continue
		}
		if err == nil {
			err = show(come)
		}
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("print events: %w", err)
	}
	return errors.Join(err, lines.Close(), w.Flush())
}
