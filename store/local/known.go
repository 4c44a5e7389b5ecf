package local

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// known is the set of events that are there, so that every one is kept once. It
// is held by hours of event time, those in use, and read again from the segments
// when an hour comes up: a year of ids is not to be held in memory.
type known struct {
	seed maphash.Seed
	// load calls each for every event of an hour that is committed.
	load func(ctx context.Context, hour int32, each func(cloudtrail.ID, form)) error

	mu    sync.Mutex
	hours map[int32]*hourSet
	clock int64
}

// form is one way in which an event is told.
type form struct {
	print lineage.Fingerprint
	sum   uint32
}

func (f form) less(other form) bool {
	return f.print < other.print || f.print == other.print && f.sum < other.sum
}

type hourSet struct {
	used  int64 // by the clock; guarded by known.mu
	ready atomic.Bool

	mu    sync.Mutex        // guards what follows
	epoch int64             // in which it last grew
	forms map[uint64]form   // by hash of the identity
	more  map[uint64][]form // further forms of the few events that have several
}

// mostKnown is how many events are remembered, some 32 bytes each.
const mostKnown = 4 << 20

// verdict is what an event is to what is there.
type verdict uint8

const (
	fresh     verdict = iota // not there
	variant                  // there, with other link fields
	reworded                 // there, with the same link fields and other words
	duplicate                // there
)

// sighting is a form of an event, and the hour it is in.
type sighting struct {
	hour int32
	id   cloudtrail.ID
	form
}

// add adds an event. Where it has several forms all are returned: those of its
// hour, of the hours beside it and of no known time. Forms further apart than
// that are not noticed; AWS writes one time for one event.
func (k *known) add(ctx context.Context, hour int32, id cloudtrail.ID, f form, epoch int64) (verdict, []sighting, error) {
	key := maphash.Comparable(k.seed, id)
	h, err := k.loaded(ctx, hour)
	if err != nil {
		return 0, nil, err
	}
	h.mu.Lock()
	v := h.put(key, f)
	if v != duplicate {
		h.epoch = epoch
	}
	var all []sighting
	if v == variant || v == reworded {
		all = h.sighted(all, hour, key, id)
	}
	h.mu.Unlock()
	if v == duplicate {
		return v, nil, nil
	}
	for _, other := range [...]int32{hour - 1, hour + 1, 0} {
		if other == hour {
			continue
		}
		o, err := k.loaded(ctx, other)
		if err != nil {
			return 0, nil, err
		}
		o.mu.Lock()
		all = o.sighted(all, other, key, id)
		o.mu.Unlock()
	}
	if v == fresh && len(all) > 0 {
		v, all = variant, append(all, sighting{hour, id, f})
	}
	return v, all, nil
}

// loaded returns the set of an hour with all that is committed in it.
func (k *known) loaded(ctx context.Context, hour int32) (*hourSet, error) {
	h := k.hour(hour)
	if h.ready.Load() {
		return h, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready.Load() {
		return h, nil
	}
	err := k.load(ctx, hour, func(id cloudtrail.ID, f form) { h.put(maphash.Comparable(k.seed, id), f) })
	if err != nil {
		return nil, fmt.Errorf("reading what is there already: %w", err)
	}
	h.ready.Store(true)
	return h, nil
}

// sighted appends the forms of an event.
func (h *hourSet) sighted(to []sighting, hour int32, key uint64, id cloudtrail.ID) []sighting {
	if first, ok := h.forms[key]; ok {
		to = append(to, sighting{hour, id, first})
	}
	for _, f := range h.more[key] {
		to = append(to, sighting{hour, id, f})
	}
	return to
}

func (h *hourSet) put(id uint64, f form) verdict {
	first, ok := h.forms[id]
	switch {
	case !ok:
		h.forms[id] = f
		return fresh
	case first == f:
		return duplicate
	}
	v := variant
	if first.print == f.print {
		v = reworded
	}
	for _, other := range h.more[id] {
		switch {
		case other == f:
			return duplicate
		case other.print == f.print:
			v = reworded
		}
	}
	if h.more == nil {
		h.more = map[uint64][]form{}
	}
	h.more[id] = append(h.more[id], f)
	return v
}

func (k *known) hour(hour int32) *hourSet {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clock++
	h := k.hours[hour]
	if h == nil {
		h = &hourSet{forms: map[uint64]form{}}
		k.hours[hour] = h
	}
	h.used = k.clock
	return h
}

// forget drops the hours used least recently until few enough events are held.
// What was added after the commit that ended with an epoch stays: the segments
// do not have it. It is not called during add.
func (k *known) forget(epoch int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	total := 0
	for _, h := range k.hours {
		total += len(h.forms)
	}
	for total > mostKnown {
		oldest, found := int32(0), false
		for hour, h := range k.hours {
			if h.epoch <= epoch && (!found || h.used < k.hours[oldest].used) {
				oldest, found = hour, true
			}
		}
		if !found {
			return
		}
		total -= len(k.hours[oldest].forms)
		delete(k.hours, oldest)
	}
}

// loadHour calls each for every event of an hour that is committed.
func (s *Store) loadHour(ctx context.Context, hour int32, each func(cloudtrail.ID, form)) error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release(v)
	start := cloudtrail.Time(hour) * secondsAnHour
	for _, seg := range v.segments {
		if seg.rows == 0 || seg.last < start || seg.first >= start+secondsAnHour {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.identities(seg, hour, each); err != nil {
			return fmt.Errorf("%s: %w", seg.name, err)
		}
	}
	return nil
}

// identities calls each for every event of an hour of a segment.
func (v *view) identities(s *segmentView, hour int32, each func(cloudtrail.ID, form)) error {
	starts, err := v.hours(s)
	if err != nil {
		return err
	}
	for i, h := range starts[:max(len(starts)-1, 0)] {
		if h.hour != hour {
			continue
		}
		var picks []picked
		err := v.tallies(s, h.tally, starts[i+1].tally, func(_ uint32, t *tally) error { picks = append(picks, picked{s, *t}); return nil })
		if err != nil || len(picks) == 0 {
			return err
		}
		start := cloudtrail.Time(hour) * secondsAnHour
		all, err := v.loadRange(picks, start, start+secondsAnHour-1, nil, &vectors{})
		if err != nil {
			return err
		}
		for i := range all {
			each(all[i].ID, form{all[i].Fingerprint, all[i].sum})
		}
	}
	return nil
}
