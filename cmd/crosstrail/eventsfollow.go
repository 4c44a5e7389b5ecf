package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
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
	if _, ok := come.(*polled); ok && filter.Until != 0 && filter.Until < cloudtrail.TimeOf(time.Now().Add(-furtherBack)) {
		return usage(errors.New("--until: a table is looked at for events of the last "+shortly(furtherBack)+": none of those is so old"), "without --follow what is there is listed")
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
	show := func(r query.Reader, to io.Writer) error {
		now := *c
		now.Reader = r
		if err := now.link(ctx); err != nil {
			return err
		}
		if limited {
			filter.Limit = left
		}
		n, err := query.Print(ctx, &now, now.resolver, filter, 0, lines.Append, to)
		if err == nil || to == lines {
			left -= n
		}
		return errors.Join(err, w.Flush())
	}
	since := filter.Since != 0
	var err error
	if p, ok := come.(*polled); ok {
		err = p.first(ctx, since, func() error { return show(p, lines) })
		filter.Since = 0
		if err == nil && (!limited || left > 0) {
			err = q.poll(ctx, c.table, p, func() (enough bool, err error) {
				var out bytes.Buffer // of a look that fails nothing is printed: it is begun again
				if err := show(p, &out); err != nil {
					return false, err
				}
				_, err = lines.Write(out.Bytes())
				if err = errors.Join(err, w.Flush()); err != nil {
					return false, &unprinted{err}
				}
				return limited && left <= 0, nil
			})
		}
	} else {
		if since {
			err = show(c.Reader, lines)
		}
		filter.Since = 0
		for err == nil && (!limited || left > 0) {
			if err = come.Wait(ctx); errors.Is(err, local.ErrRebuilt) {
				q.ui.warn("%s", err)
				err = nil
				continue
			}
			if err == nil {
				err = show(come, lines)
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("print events: %w", err)
	}
	return errors.Join(err, lines.Close(), w.Flush())
}

// unprinted is that standard output takes no more.
type unprinted struct{ err error }

func (e *unprinted) Error() string { return e.err.Error() }
func (e *unprinted) Unwrap() error { return e.err }

// cheapHour is how many dollars an hour of looking may cost without a question.
const cheapHour = 0.10

// spending is a table, by name, and what was read of it.
type spending interface {
	fmt.Stringer
	Spent() dynamo.Cost
}

// poll looks, again and again, until ctx ends or there is enough. What it comes to is
// told after the first look; what cannot be read later is said once, and tried again.
func (q *question) poll(ctx context.Context, t spending, p *polled, look func() (enough bool, err error)) error {
	before := t.Spent().Units
	p.begin()
	enough, err := look()
	if err != nil || enough {
		return err
	}
	if err := q.agreePolls(ctx, t, t.Spent().Units-before); err != nil {
		return err
	}
	said := false
	for !enough {
		if err := p.Wait(ctx); err != nil {
			return err
		}
		if enough, err = look(); err == nil {
			if said {
				q.ui.say("note", t.String()+" can be read again")
			}
			said = false
			continue
		}
		if _, ok := errors.AsType[*unprinted](err); ok || ctx.Err() != nil {
			return err
		}
		p.undo()
		if !said {
			q.ui.warn("%v: it is tried again until it can be read", q.aws.explained(err))
		}
		said = true
	}
	return nil
}

// agreePolls says what is looked at, and what that costs an hour, and asks where it is
// much. From then on nothing is asked.
func (q *question) agreePolls(ctx context.Context, t spending, look float64) error {
	q.polls = true
	units := look * float64(time.Hour/pollEvery)
	hour := units * dynamo.DollarsARead
	q.ui.say("note", fmt.Sprintf("%s is looked at every %s for events of the last %s, and now and then of the last %s: what comes later than that is not shown; an hour of it costs about %s, %s",
		t, shortly(pollEvery), shortly(pollBack), shortly(furtherBack), number(int64(units+0.5), "read unit"), dollars(hour)))
	if hour <= cheapHour {
		return nil
	}
	return q.ui.wanted(ctx, q.yes, "it does not go on", "for less: a folder that crosstrail follow fills is looked at for nothing")
}

// shortly is a duration in words.
func shortly(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return number(int64(d/time.Hour), "hour")
	case d >= time.Minute:
		return number(int64(d/time.Minute), "minute")
	}
	return number(int64(d/time.Second), "second")
}
