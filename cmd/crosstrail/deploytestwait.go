package main

import (
	"context"
	"fmt"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// leg is the way of one record into the table.
type leg struct {
	id    cloudtrail.ID // of the record; zero: it did not arrive
	at    cloudtrail.Time
	file  string
	took  time.Duration // from the call until it was seen in the table
	stamp time.Duration // from the call until its log file was delivered, by the file's name; 0: there is none
}

func (l *leg) arrived() bool { return l.id.Event != "" }

// byMessage reports whether it came as an event, and not in a log file.
func (l *leg) byMessage() bool { return cloudtrail.IsInline(l.file) }

// arrive notes a record that is there.
func (l *leg) arrive(f *lineage.Use, since, now time.Time) {
	*l = leg{id: f.ID, at: f.Time, file: f.File, took: now.Sub(since)}
	if stamp := cloudtrail.ParseLogFileName(f.File).Delivered; stamp != 0 {
		l.stamp = max(stamp.Time().Sub(since.Truncate(time.Minute)), 0)
	}
}

// pace is how often the table is looked at.
type pace struct {
	first, last time.Duration // between two looks: an event takes seconds, a log file minutes
	// atLeast is how long it waits all the same where nothing can come, as far as is
	// seen: what was put right just now takes effect by and by.
	atLeast time.Duration
}

// usualPace is that of a person who waits.
func usualPace() pace { return pace{250 * time.Millisecond, 5 * time.Second, 2 * time.Second} }

const (
	// lateEvent is when an event is late: it takes seconds.
	lateEvent = 2 * time.Minute
	// mostFailed is how often on end reading the table may fail: each was tried again
	// for some time.
	mostFailed = 3
)

// wait looks at the table until both records are there, the time is over, or what is
// missing cannot come.
func (t *trial) wait(ctx context.Context) error {
	m := &meter{start: time.Now()}
	if isTerminal(t.d.ui.stderr) {
		m.out = t.d.ui.stderr
	}
	defer m.clear()
	end := t.used.Add(t.d.timeout)
	every, late, failed := t.d.pace.first, false, 0
	for {
		event, use := t.event.arrived(), t.use.arrived()
		if err := t.lookUp(ctx); err != nil {
			if ctx.Err() != nil {
				return t.away(ctx, m)
			}
			t.blind = err
			if failed++; failed == mostFailed {
				return nil // what is known is told
			}
		} else {
			failed, t.blind = 0, nil
		}
		m.aside(func() { t.tellArrived(event, use) })
		now := time.Now()
		if t.event.arrived() && t.use.arrived() || now.After(end) || now.Sub(t.used) > t.d.pace.atLeast && t.hopeless(now) {
			return nil
		}
		if !late && !t.event.arrived() && now.Sub(t.used) > lateEvent {
			late = true
			if err := t.tellLate(ctx, m); err != nil {
				return err
			}
		}
		m.show(t.waiting(now))
		select {
		case <-ctx.Done():
			return t.away(ctx, m)
		case <-time.After(min(every, time.Until(end)+time.Millisecond)):
		}
		every = min(every*5/4, t.d.pace.last)
	}
}

// away is for who waits no longer.
func (t *trial) away(ctx context.Context, m *meter) error {
	m.aside(func() {
		t.d.ui.say("note", "the session was made, and its records may come yet: crosstrail who "+t.key+" --store "+t.table.String()+t.d.aws.flag())
	})
	return ctx.Err()
}

// lookUp looks for both records.
func (t *trial) lookUp(ctx context.Context) error {
	spans, err := t.table.Spans(ctx)
	if err != nil {
		return err
	}
	resolver := lineage.NewResolver(t.table, lineage.NewHorizon(spans).Under(t.table.Watch(), t.table.Before()...))
	who, err := query.Who(ctx, t.table, resolver, t.key)
	if err != nil {
		return err
	}
	now := time.Now()
	for i := range who.Answers {
		a := &who.Answers[i]
		if !a.Unused && a.Row != nil && a.Row.Caller.AccessKeyID == t.key && !t.use.arrived() {
			t.use.arrive(&a.Row.Use, t.used, now)
		}
		for _, f := range issuancesOf(a) {
			switch {
			case f.ID.Recipient != t.asAccount || f.Grant.AccessKeyID != t.key || t.event.arrived():
			case cloudtrail.IsInline(f.File):
				t.event.arrive(&f.Use, t.issued, now)
			default: // which takes the place of a message that comes later
				t.logged.arrive(&f.Use, t.issued, now)
			}
		}
	}
	t.who = who
	return nil
}

// issuancesOf are the copies of the call that made the session.
func issuancesOf(a *query.Answer) (all []*lineage.Fact) {
	if a.Chain == nil {
		return nil
	}
	for i := range a.Chain.Hops {
		h := &a.Chain.Hops[i]
		if h.Issuance != nil {
			all = append(append(all, h.Issuance), h.Copies...)
		}
	}
	return all
}

// tellArrived tells what has arrived since the last look.
func (t *trial) tellArrived(event, use bool) {
	say := func(text string) { fmt.Fprintln(t.d.ui.stderr, render.Text(text)) }
	if !event && t.event.arrived() {
		say(fmt.Sprintf("the assumption is in the table after %s, %s", secondsText(t.event.took), t.event.way()))
	}
	if !use && t.use.arrived() {
		say(fmt.Sprintf("the call is in the table after %s, %s", secondsText(t.use.took), t.use.way()))
	}
}

// tellLate tells what may be why the event has not come yet.
func (t *trial) tellLate(ctx context.Context, m *meter) error {
	if err := t.lookAgain(ctx); err != nil {
		return err
	}
	m.aside(func() {
		t.d.ui.warn("the assumption has not come as an event after %s", lateEvent)
		for _, c := range t.eventCauses() {
			t.d.ui.say("note", query.RedactText(c.text))
		}
	})
	return nil
}

// way is how a record came.
func (l *leg) way() string {
	switch {
	case l.byMessage():
		return "as an event"
	case l.stamp > 0:
		return "by a log file that was delivered within " + (l.stamp + time.Minute).Truncate(time.Minute).String()
	}
	return "by a log file"
}

// waiting is the line that is drawn while it waits, in ASCII so that it can be cut.
func (t *trial) waiting(now time.Time) string {
	what := "both records"
	switch {
	case t.event.arrived():
		what = "the log file"
	case t.use.arrived():
		what = "the event"
	}
	return fmt.Sprintf("waiting for %s: %s of %s; a log file takes 5 minutes on average, and 15 or more at worst", what, now.Sub(t.used).Truncate(time.Second), t.d.timeout)
}

func secondsText(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
