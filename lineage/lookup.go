package lineage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// slot is one day's facts under one key: what is read from the index in one
// piece and kept. A principal with a hundred thousand issuances a day is read
// once a day, not once a use.
type slot struct {
	key Key
	day int32
}

// allTime is the day of a slot that holds all that is under its key.
const allTime int32 = -1 << 31

const secondsADay = 24 * 60 * 60

func dayOf(t cloudtrail.Time) int32 {
	d := int64(t) / secondsADay
	if int64(t)%secondsADay < 0 {
		d--
	}
	return int32(max(min(d, 1<<30), -1<<30))
}

// purpose is what events are read for, and so what is kept of them.
type purpose uint8

const (
	forSession purpose = iota + 1 // one event for each identity of one session
	forCalls                      // every event
	forLive                       // the first and the last of each identity, address and agent
)

// trail asks for a principal's events.
type trail struct {
	purpose   purpose
	principal string
	from, to  cloudtrail.Time
	created   cloudtrail.Time // forSession: the session's
}

// shelf holds what was read from the index. It is written between rounds only.
type shelf struct {
	facts map[slot][]*Fact // by time, then event, then fingerprint
	uses  map[trail][]Use  // likewise
	read  int              // how many of both
}

func newShelf() shelf {
	return shelf{facts: map[slot][]*Fact{}, uses: map[trail][]Use{}}
}

// wants is what a round looked for and the shelf does not hold.
type wants struct {
	facts map[slot]struct{}
	uses  map[trail]struct{}
}

func newWants() *wants {
	return &wants{facts: map[slot]struct{}{}, uses: map[trail]struct{}{}}
}

// always returns the facts under a key, whenever they happened.
func (w *walk) always(key Key) []*Fact {
	if key == "" {
		return nil
	}
	return w.slot(slot{key, allTime})
}

// during returns the facts under a key from one moment to another, a few days
// at most.
func (w *walk) during(key Key, from, to cloudtrail.Time) []*Fact {
	if key == "" || to < from {
		return nil
	}
	first, last := dayOf(from), dayOf(to)
	if first == last {
		return between(w.slot(slot{key, first}), from, to)
	}
	var all []*Fact
	for day := first; day <= last; day++ {
		all = append(all, between(w.slot(slot{key, day}), from, to)...)
	}
	return all
}

// fewDuring is during, and nothing where that would be more than so many.
func (w *walk) fewDuring(key Key, from, to cloudtrail.Time, most int) (facts []*Fact, few bool) {
	n := 0
	for day := dayOf(from); key != "" && day <= dayOf(to); day++ {
		n += len(between(w.slot(slot{key, day}), from, to))
	}
	if n > most {
		return nil, false
	}
	return w.during(key, from, to), true
}

func (w *walk) slot(s slot) []*Fact {
	facts, ok := w.r.shelf.facts[s]
	if !ok {
		w.missed++
		w.want.facts[s] = struct{}{}
	}
	return facts
}

// events returns a principal's events.
func (w *walk) events(t trail) []Use {
	if t.principal == "" || t.to < t.from {
		return nil
	}
	uses, ok := w.r.shelf.uses[t]
	if !ok {
		w.missed++
		w.want.uses[t] = struct{}{}
	}
	return uses
}

// between cuts a sorted list down to a span of time, both ends included.
func between(facts []*Fact, from, to cloudtrail.Time) []*Fact {
	i := sort.Search(len(facts), func(i int) bool { return facts[i].Time >= from })
	j := i + sort.Search(len(facts)-i, func(j int) bool { return facts[i+j].Time > to })
	return facts[i:j:j]
}

// fetch reads what a round missed: one call for what is asked for by day, as
// long as the days are neighbours, and one for what is asked for as a whole.
func (r *Resolver) fetch(ctx context.Context, want *wants) error {
	if len(want.facts) == 0 && len(want.uses) == 0 {
		return fmt.Errorf("lineage: a chain does not settle; please report this")
	}
	found := make(map[slot][]*Fact, len(want.facts))
	for s := range want.facts {
		found[s] = nil
	}
	slots := slices.SortedFunc(maps.Keys(want.facts), func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.key, b.key))
	})
	for len(slots) > 0 {
		n := 1
		for n < len(slots) && slots[n].day-slots[n-1].day <= 1 {
			n++
		}
		if slots[0].day == allTime {
			n = sort.Search(len(slots), func(i int) bool { return slots[i].day != allTime })
		}
		if err := r.read(ctx, slots[:n], found); err != nil {
			return err
		}
		slots = slots[n:]
	}
	for s, facts := range found {
		found[s] = inOrder(facts)
	}
	uses := make(map[trail][]Use, len(want.uses))
	for t := range want.uses {
		all, err := r.index.Uses(ctx, t.principal, t.from, t.to)
		if err != nil {
			return fmt.Errorf("reading the events of %s: %w", t.principal, err)
		}
		uses[t] = t.keep(all)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, facts := range found {
		r.shelf.facts[s] = facts
		r.shelf.read += len(facts)
	}
	for t, events := range uses {
		r.shelf.uses[t] = events
		r.shelf.read += len(events)
	}
	return nil
}

// read fills the slots of one run of days.
func (r *Resolver) read(ctx context.Context, slots []slot, found map[slot][]*Fact) error {
	var from, to cloudtrail.Time
	if slots[0].day != allTime {
		from = cloudtrail.Time(slots[0].day) * secondsADay
		to = cloudtrail.Time(slots[len(slots)-1].day)*secondsADay + secondsADay - 1
		if from <= 0 { // zero is open
			from = cloudtrail.Time(-1 << 62)
		}
	}
	keys := make([]Key, len(slots))
	for i, s := range slots {
		keys[i] = s.key
	}
	slices.Sort(keys)
	facts, err := r.index.Facts(ctx, slices.Compact(keys), from, to)
	if err != nil {
		return fmt.Errorf("reading linking facts: %w", err)
	}
	r.mu.RLock()
	fixes := r.fixes
	r.mu.RUnlock()
	for _, f := range facts {
		day := allTime
		if slots[0].day != allTime {
			day = dayOf(f.Time)
		}
		told, rivals := f, []*Fact(nil)
		if c, ok := fixes[f.ID.Event]; ok {
			told, rivals = f.correct(c)
		}
		for _, key := range f.Keys() {
			s := slot{key, day}
			if _, wanted := found[s]; wanted {
				found[s] = append(append(found[s], told), rivals...)
			}
		}
	}
	return nil
}

// keep sorts events, drops repeats and what the purpose does not need.
func (t trail) keep(all []Use) []Use {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Use) int { return compareUse(&a, &b) })
	all = slices.CompactFunc(all, func(a, b Use) bool { return a.ID == b.ID && a.Fingerprint == b.Fingerprint })
	switch t.purpose {
	case forCalls:
		return all
	case forLive:
		return firstAndLast(all)
	}
	seen := make(map[Identity]struct{})
	return slices.Clip(slices.DeleteFunc(all, func(u Use) bool {
		if u.Caller.Created != t.created {
			return true
		}
		_, repeated := seen[*u.Caller]
		seen[*u.Caller] = struct{}{}
		return repeated
	}))
}

// firstAndLast keeps the ends of each run of like events.
func firstAndLast(all []Use) []Use {
	type like struct {
		who         Identity
		ip, program string
	}
	last := map[like]int{}
	keep := make([]bool, len(all))
	for i := range all {
		k := like{*all[i].Caller, all[i].SourceIP, program(all[i].UserAgent)}
		if _, ok := last[k]; !ok {
			keep[i] = true
		}
		last[k] = i
	}
	for _, i := range last {
		keep[i] = true
	}
	var out []Use
	for i := range all {
		if keep[i] {
			out = append(out, all[i])
		}
	}
	return out
}

// inOrder sorts facts by time, event and fingerprint and drops repeats.
func inOrder(facts []*Fact) []*Fact {
	slices.SortFunc(facts, compareFact)
	return slices.CompactFunc(facts, func(a, b *Fact) bool { return compareFact(a, b) == 0 })
}

func compareUse(a, b *Use) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time),
		cmp.Compare(a.ID.Event, b.ID.Event), cmp.Compare(a.ID.Recipient, b.ID.Recipient),
		cmp.Compare(a.Fingerprint, b.Fingerprint))
}

// compareFact tells facts apart by what they say, never by the file they came
// from: one record may add several facts, and files repeat records.
func compareFact(a, b *Fact) int {
	return cmp.Or(compareUse(&a.Use, &b.Use), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Grant.AccessKeyID, b.Grant.AccessKeyID),
		cmp.Compare(a.Grant.PrincipalID, b.Grant.PrincipalID),
		cmp.Compare(a.Detail.ID, b.Detail.ID), cmp.Compare(a.Detail.Name, b.Detail.Name),
		cmp.Compare(a.Detail.ARN, b.Detail.ARN), cmp.Compare(a.Detail.Key, b.Detail.Key),
		cmp.Compare(a.Detail.SwitchFrom, b.Detail.SwitchFrom))
}
