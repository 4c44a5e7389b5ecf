package dynamo

import (
	"context"
	"iter"
	"slices"

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
	// less far ahead.
	mostHeld      = 1 << 16
	mostHeldTexts = 64 << 20
	// atFirst is for how many events their other forms are looked for by their ids:
	// who asks for the newest event alone should not pay for ten minutes of a busy log.
	atFirst = 16
)

// rowsByTime gives all events of a span.
func (s *Store) rowsByTime(ctx context.Context, sel *query.Selection, give func(*event, error) bool) {
	w := formWindow{newest: sel.Newest, forms: map[cloudtrail.ID][]form{}, give: func(e *event) bool { return give(e, nil) }}
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

// formWindow holds events that come in time order until it has looked ten minutes
// ahead for other forms of theirs.
type formWindow struct {
	newest bool
	give   func(*event) bool
	held   []*event // by time
	texts  int      // bytes of theirs
	passed []*event // given already; kept for their forms alone
	forms  map[cloudtrail.ID][]form
}

// past is how long ago, in the order of reading, an event is.
func (w *formWindow) past(e, now *event) cloudtrail.Time {
	if w.newest {
		return e.Time - now.Time
	}
	return now.Time - e.Time
}

// add takes in the next event; false: no more is wanted.
func (w *formWindow) add(e *event) bool {
	for len(w.held) > 0 && (w.past(w.held[0], e) > apart || (len(w.held) >= mostHeld || w.texts > mostHeldTexts) && w.held[0].Time != e.Time) {
		if !w.giveSecond() {
			return false
		}
	}
	w.held = append(w.held, e)
	w.texts += e.texts
	w.forms[e.ID] = append(w.forms[e.ID], form{e.Fingerprint, e.Time})
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
	w.forget(second[0])
	for _, e := range second {
		w.texts -= e.texts
		others, less := 0, false
		for _, f := range w.forms[e.ID] {
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
	for _, e := range second {
		if !w.give(e) {
			return false
		}
	}
	for _, e := range second {
		w.passed = append(w.passed, &event{Row: query.Row{Use: lineage.Use{ID: e.ID, Time: e.Time}}})
	}
	return true
}

// forget lets go of forms of which no event that comes can be one.
func (w *formWindow) forget(now *event) {
	for len(w.passed) > 0 && w.past(w.passed[0], now) > apart {
		gone := w.passed[0]
		w.passed = w.passed[1:]
		left := slices.DeleteFunc(w.forms[gone.ID], func(f form) bool { return f.at == gone.Time })
		if w.forms[gone.ID] = left; len(left) == 0 {
			delete(w.forms, gone.ID)
		}
	}
}
