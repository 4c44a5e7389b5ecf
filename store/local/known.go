package local

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// known is the set of events that are there, so that every one is kept once. It
// is held by hours of event time of one account, those in use, and read again
// from the segments when one comes up: a year of ids is not to be held in memory.
// (By hours alone, whoever reads logs account by account would come back to all
// hours with each.)
type known struct {
	seed maphash.Seed
	// load calls each for every event of an hour that is committed.
	load func(ctx context.Context, of accountHour, each func(cloudtrail.ID, form)) error

	mu    sync.Mutex
	hours map[accountHour]*hourSet
	clock int64
}

// accountHour is an hour of the events that one account received.
type accountHour struct {
	account string
	hour    int32
}

// form is one way in which an event is told.
type form struct {
	print lineage.Fingerprint
	sum   uint32
}

func (f form) compare(other form) int {
	return cmp.Or(cmp.Compare(f.print, other.print), cmp.Compare(f.sum, other.sum))
}

type hourSet struct {
	used int64 // by the clock; guarded by known.mu

	mu    sync.Mutex        // guards what follows
	ready bool              // what is committed is in it
	epoch int64             // in which it last grew
	forms map[uint64]form   // by hash of the identity
	more  map[uint64][]form // further forms of the few events that have several
}

// mostKnown is how many events are remembered, some 60 bytes each.
const mostKnown = 1 << 20

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

// around is an hour with those whose events may be forms of its own: the hours
// beside it, and those of no known time.
type around struct {
	accountHour
	sets [4]*hourSet // its own first
}

// nearby is how far apart the times of two forms of one event may be to be
// noticed. AWS writes one time for one event; tools that rewrite logs do not.
const nearby = 10 * 60

// around returns the sets of an hour, with all that is committed in them.
func (k *known) around(ctx context.Context, of accountHour) (*around, error) {
	a := &around{accountHour: of}
	for i, h := range [...]int32{of.hour, of.hour - 1, of.hour + 1, 0} {
		var err error
		if a.sets[i], err = k.loaded(ctx, accountHour{of.account, h}); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add adds an event of that hour. Where it has several forms all are returned.
func (k *known) add(a *around, t cloudtrail.Time, id cloudtrail.ID, f form, epoch int64) (verdict, []sighting) {
	key := maphash.Comparable(k.seed, id)
	h := a.sets[0]
	h.mu.Lock()
	v := h.put(key, f)
	if v != duplicate {
		h.epoch = epoch
	}
	var all []sighting
	if v == variant || v == reworded {
		all = h.sighted(all, a.hour, key, id)
	}
	h.mu.Unlock()
	if v == duplicate {
		return v, nil
	}
	second := t - cloudtrail.Time(a.hour)*secondsAnHour
	for i, beside := range [...]bool{false, second < nearby, second >= secondsAnHour-nearby, a.hour != 0} {
		if !beside {
			continue
		}
		hour := [...]int32{0, a.hour - 1, a.hour + 1, 0}[i]
		o := a.sets[i]
		o.mu.Lock()
		if len(o.forms) > 0 {
			all = o.sighted(all, hour, key, id)
		}
		o.mu.Unlock()
	}
	if v == fresh && len(all) > 0 {
		v, all = variant, append(all, sighting{a.hour, id, f})
	}
	return v, all
}

// loaded returns the set of an hour with all that is committed in it.
func (k *known) loaded(ctx context.Context, of accountHour) (*hourSet, error) {
	h := k.hour(of)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready {
		return h, nil
	}
	err := k.load(ctx, of, func(id cloudtrail.ID, f form) { h.put(maphash.Comparable(k.seed, id), f) })
	if err != nil {
		return nil, fmt.Errorf("reading what is there already: %w", err)
	}
	h.ready = true
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

func (k *known) hour(of accountHour) *hourSet {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clock++
	h := k.hours[of]
	if h == nil {
		h = &hourSet{forms: map[uint64]form{}}
		of.account = strings.Clone(of.account)
		k.hours[of] = h
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
	var idle []accountHour
	for of, h := range k.hours {
		total += h.size()
		if h.epoch <= epoch {
			idle = append(idle, of)
		}
	}
	if total <= mostKnown {
		return
	}
	slices.SortFunc(idle, func(a, b accountHour) int { return cmp.Compare(k.hours[a].used, k.hours[b].used) })
	for _, of := range idle {
		total -= k.hours[of].size()
		delete(k.hours, of)
		if total < mostKnown*3/4 { // so that it is not to be done each time
			return
		}
	}
}

// size is what a set takes, in events; an empty one is something too.
func (h *hourSet) size() int { return len(h.forms) + 8 }

// loadHour calls each for every event of an hour that is committed.
func (s *Store) loadHour(ctx context.Context, of accountHour, each func(cloudtrail.ID, form)) error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release(v)
	start := cloudtrail.Time(of.hour) * secondsAnHour
	for _, seg := range v.segments {
		if seg.rows == 0 || seg.last < start || seg.first >= start+secondsAnHour {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.identities(seg, of, each); err != nil {
			return fmt.Errorf("%s: %w", seg.name, err)
		}
	}
	return nil
}

// identities calls each for every event of an hour of a segment.
func (v *view) identities(s *segmentView, of accountHour, each func(cloudtrail.ID, form)) error {
	places, err := v.places(s)
	if err != nil || !slices.ContainsFunc(places, func(p place) bool { return p.recipient == of.account }) {
		return err
	}
	starts, err := v.hours(s)
	if err != nil {
		return err
	}
	for i, h := range starts[:max(len(starts)-1, 0)] {
		if h.hour != of.hour {
			continue
		}
		var picks []picked
		err := v.tallies(s, h.tally, starts[i+1].tally, func(_ uint32, t *tally) error {
			if int(t.place) >= len(places) {
				return errPlace
			}
			if places[t.place].recipient == of.account {
				picks = append(picks, picked{s, *t})
			}
			return nil
		})
		if err != nil || len(picks) == 0 {
			return err
		}
		start := cloudtrail.Time(of.hour) * secondsAnHour
		nameless := func(int64) (string, error) { return "", nil } // which is looked up, and in no checksum
		all, err := v.loadPicked(picks, start, start+secondsAnHour-1, nil, &vectors{}, nameless)
		if err != nil {
			return err
		}
		for i := range all {
			each(all[i].ID, form{all[i].Fingerprint, all[i].sum})
		}
	}
	return nil
}
