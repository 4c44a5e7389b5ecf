package dynamo

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

const (
	// apart is how far the times of two forms of one event may lie apart for them to
	// be noticed as forms of one where events are read by time.
	apart cloudtrail.Time = 10 * 60
	// mostHeld is how many events are held to look for their other forms, and
	// mostHeldTexts how many bytes of texts. Where ten minutes have more, it is looked
	// less far ahead; where one second has more bytes, the others of it are read again
	// when they are given.
	mostHeld      = 1 << 16
	mostHeldTexts = 64 << 20
	// atFirst is for how many events their other forms are looked for by their ids:
	// who asks for the newest event alone should not pay for ten minutes of a busy log.
	atFirst = 16
)

// rowsByTime gives all events of a span.
func (s *Store) rowsByTime(ctx context.Context, sel *query.Selection, give func(*event, error) bool) {
	w := formWindow{newest: sel.Newest, forms: map[cloudtrail.ID][]form{}, give: func(e *event) bool {
		if !e.thin {
			return give(e, nil)
		}
		if e.Variant && !sel.Forms || !within(e.Time, sel.Since, sel.Until) {
			return true
		}
		whole, err := s.again(ctx, e)
		return whole == nil && err == nil || give(whole, err)
	}}
	first := 0
	for e, err := range s.eventsByTime(ctx, sel) {
		if err == nil && first < atFirst && len(w.held) > 0 && w.held[0].Time != e.Time {
			if first += len(w.held); first <= atFirst && within(w.held[0].Time, sel.Since, sel.Until) {
				err = s.noteForms(ctx, w.held)
			}
			if err == nil && first <= atFirst && !w.giveSecond() {
				return
			}
		}
		if err != nil {
			give(nil, err)
			return
		}
		if !w.add(e) {
			return
		}
	}
	w.flush()
}

// thinned is what is held of an event that is read again when it is given. Ids that
// are longer than any of CloudTrail's are ordered by how they begin.
func thinned(e *event) *event {
	brief := func(s string) string { return strings.Clone(s[:min(len(s), mostPart)]) }
	t := &event{key: e.key, thin: true, Row: query.Row{Use: lineage.Use{Time: e.Time, Fingerprint: e.Fingerprint}}}
	t.formID = e.formID
	t.ID = cloudtrail.ID{Event: brief(e.ID.Event), Recipient: brief(e.ID.Recipient)}
	return t
}

// again reads a thin event; nil where it is not there any more.
func (s *Store) again(ctx context.Context, thin *event) (*event, error) {
	found, err := s.getCheaply(ctx, []itemKey{thin.key})
	i := found[thin.key]
	if err != nil || i == nil {
		return nil, err
	}
	e, err := s.readEvent(ctx, i, false)
	if err != nil {
		if ctx.Err() == nil {
			s.leftOut(thin.key, err)
		}
		return nil, ctx.Err()
	}
	e.Forms, e.Variant = thin.Forms, thin.Variant
	return e, nil
}

// noteForms looks by their ids for all forms of events.
func (s *Store) noteForms(ctx context.Context, events []*event) error {
	var partitions []string
	for _, e := range events {
		partitions = append(partitions, e.key.partition)
	}
	slices.Sort(partitions)
	all, err := s.eventsIn(ctx, slices.Compact(partitions), true)
	for _, e := range events {
		for _, one := range all {
			if one.ID == e.ID && one.Fingerprint == e.Fingerprint {
				e.Forms, e.Variant, e.known = one.Forms, one.Variant, true
			}
		}
	}
	return err
}

// eventsByTime yields all forms in a span, and of ten minutes around it, in time
// order.
func (s *Store) eventsByTime(ctx context.Context, sel *query.Selection) iter.Seq2[*event, error] {
	from, to := sel.Since, sel.Until
	if !from.IsZero() {
		from -= apart
	}
	if !to.IsZero() {
		to += apart
	}
	return func(yield func(*event, error) bool) {
		days, err := s.days(ctx, from, to)
		if err != nil {
			yield(nil, err)
			return
		}
		days = slices.DeleteFunc(days, func(d accountDay) bool { return !anyOf(sel.Accounts, d.account) })
		s.expectDays(len(days))
		if sel.Newest {
			slices.Reverse(days)
		}
		for len(days) > 0 {
			n := 1
			for n < len(days) && days[n].day == days[0].day {
				n++
			}
			for e, err := range s.merged(ctx, days[:n], from, to, sel.Newest) {
				if !yield(e, err) || err != nil {
					return
				}
			}
			days = days[n:]
		}
	}
}

// form is one form of an event, as far as others must know.
type form struct {
	print lineage.Fingerprint
	at    cloudtrail.Time
}

// passed is an event that was given, as far as its forms are to be forgotten with it.
type passed struct {
	id cloudtrail.ID
	at cloudtrail.Time
}

// formID tells events apart as their keys do. It holds on to nothing of the event's,
// whose id may be as long as a record.
func formID(e *event) cloudtrail.ID {
	return cloudtrail.ID{Event: strings.Clone(eventPartition(e.ID.Event)), Recipient: strings.Clone(fit(e.ID.Recipient, mostPart))}
}

// formWindow holds events that come in time order until it has looked ten minutes
// ahead for other forms of theirs.
type formWindow struct {
	newest bool
	give   func(*event) bool
	held   []*event // by time
	texts  int      // bytes of theirs
	passed []passed // given already
	forms  map[cloudtrail.ID][]form
}

// past is how long ago, in the order of reading, an event is.
func (w *formWindow) past(at, now cloudtrail.Time) cloudtrail.Time {
	if w.newest {
		return at - now
	}
	return now - at
}

// add takes in the next event; false: no more is wanted.
func (w *formWindow) add(e *event) bool {
	for len(w.held) > 0 && (w.past(w.held[0].Time, e.Time) > apart || (len(w.held) >= mostHeld || w.texts > mostHeldTexts) && w.held[0].Time != e.Time) {
		if !w.giveSecond() {
			return false
		}
	}
	e.formID = formID(e)
	w.forms[e.formID] = append(w.forms[e.formID], form{e.Fingerprint, e.Time})
	if w.texts > mostHeldTexts { // all of one second
		e = thinned(e)
	}
	w.held = append(w.held, e)
	w.texts += e.texts
	return true
}

func (w *formWindow) flush() {
	for len(w.held) > 0 && w.giveSecond() {
	}
}

// giveSecond gives the events of the first second that is held.
func (w *formWindow) giveSecond() bool {
	n := 1
	for n < len(w.held) && w.held[n].Time == w.held[0].Time {
		n++
	}
	second := w.held[:n:n]
	w.held = w.held[n:]
	w.forget(second[0].Time)
	for _, e := range second {
		w.texts -= e.texts
		others, less := 0, false
		for _, f := range w.forms[e.formID] {
			if f.print != e.Fingerprint && max(f.at-e.Time, e.Time-f.at) <= apart {
				others++
				less = less || f.print < e.Fingerprint
			}
		}
		if !e.known {
			e.Forms, e.Variant = others, less
		}
	}
	inOrder(second, w.newest)
	for n, e := range second {
		w.passed = append(w.passed, passed{e.formID, e.Time})
		second[n] = nil // which held lies in the same array as
		if !w.give(e) {
			return false
		}
	}
	return true
}

// forget lets go of forms of which no event that comes can be one.
func (w *formWindow) forget(now cloudtrail.Time) {
	for len(w.passed) > 0 && w.past(w.passed[0].at, now) > apart {
		gone := w.passed[0]
		w.passed = w.passed[1:]
		left := slices.DeleteFunc(w.forms[gone.id], func(f form) bool { return f.at == gone.at })
		if w.forms[gone.id] = left; len(left) == 0 {
			delete(w.forms, gone.id)
		}
	}
}
