package query

import (
	"context"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Clock is the moment at which a question is asked. A stamp or an event that is
// later than that tells nothing of when the logs end: somebody chose it. Zero is
// no clock, by which nothing is too late.
type Clock cloudtrail.Time

func (c Clock) ahead(t cloudtrail.Time) bool { return c != 0 && t > cloudtrail.Time(c) }

// Ahead is what was left out because it is later than the clock.
type Ahead struct {
	Files int             // log files with such a stamp in their names
	Event cloudtrail.Time // the newest event, where that is so late; else zero
}

// newest is the moment that what is live is measured by: the newest delivery
// stamp or the newest event, whichever is later. A delivery may be of old events,
// and an event may come in a file whose name tells no time.
func newest(ctx context.Context, r Reader, clock Clock) (at cloudtrail.Time, left Ahead, err error) {
	if at, left.Files, err = newestStamp(ctx, r, clock); err != nil {
		return 0, left, err
	}
	event, err := newestEvent(ctx, r, 0)
	if clock.ahead(event) {
		left.Event = event
		event, err = newestEvent(ctx, r, cloudtrail.Time(clock))
	}
	if event != 0 && (at == 0 || event > at) {
		at = event
	}
	return at, left, err
}

// newestStamp is the newest delivery stamp that is not ahead of the clock, and
// how many files have one that is.
func newestStamp(ctx context.Context, r Reader, clock Clock) (at cloudtrail.Time, ahead int, err error) {
	spans, err := readSpans(ctx, r)
	if err != nil {
		return 0, 0, err
	}
	late := false
	for _, s := range spans {
		late = late || clock.ahead(s.Newest)
		at = max(at, s.Newest)
	}
	if !late {
		return at, 0, nil
	}
	var all lineage.Span
	for f, err := range r.LogFiles(ctx) {
		if err != nil {
			return 0, 0, fmt.Errorf("reading the list of log files: %w", err)
		}
		if clock.ahead(f.Delivered) {
			ahead++
			continue
		}
		all.Add(f)
	}
	return all.Newest, ahead, nil
}

// newestEvent is the time of the newest event up to a moment; zero is open.
func newestEvent(ctx context.Context, r Reader, until cloudtrail.Time) (cloudtrail.Time, error) {
	for row, err := range r.Rows(ctx, Selection{Until: until, Newest: true}) {
		if err != nil {
			return 0, fmt.Errorf("reading events: %w", err)
		}
		return row.Time, nil
	}
	return 0, nil
}
