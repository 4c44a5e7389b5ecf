package main

import (
	"context"
	"iter"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// How a table is looked at for what comes. CloudTrail delivers log files within about
// 5 minutes on average, and EventBridge sooner (CloudTrail User Guide, "How CloudTrail
// works"); what comes later than that is met by the look that reaches further back.
const (
	pollEvery   = 10 * time.Second
	pollBack    = 20 * time.Minute
	furtherEach = 5 * time.Minute
	furtherBack = 3 * time.Hour
)

// polled is a store that cannot tell what came last: it is asked, again and again,
// for the events of the last hours, and what was met before is left out.
type polled struct {
	query.Reader
	now     func() time.Time
	every   time.Duration // a look
	back    time.Duration // how far this look reaches
	further time.Time     // when one reached further last
	look    int
	met     map[cloudtrail.ID]sighting
}

// sighting is when an event was met.
type sighting struct {
	at   cloudtrail.Time // of the event
	look int
}

func newPolled(r query.Reader, now func() time.Time) *polled {
	return &polled{Reader: r, now: now, every: pollEvery, met: map[cloudtrail.ID]sighting{}}
}

// Close has nothing to let go of.
func (p *polled) Close() error { return nil }

// first meets what is there already. It is shown where that is wanted.
func (p *polled) first(ctx context.Context, wanted bool, show func() error) error {
	p.back, p.further = furtherBack, p.now()
	if wanted {
		return show()
	}
	for _, err := range p.Rows(ctx, query.Selection{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Wait returns when it is time for the next look.
func (p *polled) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.every):
	}
	p.begin()
	if now := p.now(); now.Sub(p.further) >= furtherEach {
		p.back, p.further = furtherBack, now
		p.forget(cloudtrail.TimeOf(now.Add(-furtherBack - pollBack)))
	}
	return nil
}

// begin begins a look.
func (p *polled) begin() {
	p.look++
	p.back = pollBack
}

// undo is for a look that failed: what it met is met anew, at the next that reaches as
// far.
func (p *polled) undo() {
	for id, s := range p.met {
		if s.look == p.look {
			delete(p.met, id)
		}
	}
	if p.back > pollBack {
		p.further = time.Time{}
	}
}

// forget forgets the events from before a time, which no look reaches any more.
func (p *polled) forget(before cloudtrail.Time) {
	for id, s := range p.met {
		if s.at < before {
			delete(p.met, id)
		}
	}
}

// Rows yields the events of the last hours that no earlier look met, and in the
// first look those that are asked for besides. By id it finds all.
func (p *polled) Rows(ctx context.Context, s query.Selection) iter.Seq2[*query.Row, error] {
	if len(s.EventIDs) > 0 {
		return p.Reader.Rows(ctx, s)
	}
	from := cloudtrail.TimeOf(p.now().Add(-p.back))
	if p.look > 0 || s.Since == 0 {
		s.Since = from
	}
	s.Since = min(s.Since, from)
	return func(yield func(*query.Row, error) bool) {
		for row, err := range p.Reader.Rows(ctx, s) {
			if err != nil {
				yield(nil, err)
				return
			}
			before, met := p.met[row.ID]
			if met && before.look < p.look {
				continue
			}
			p.met[row.ID] = sighting{row.Time, p.look}
			if !yield(row, nil) {
				return
			}
		}
	}
}
