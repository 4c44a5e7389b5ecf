package memory

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// view is the store as it was at a Commit. It is never written to again.
type view struct {
	store    *Store
	chunks   []*chunk
	people   *values[*lineage.Identity]
	calls    *values[call]
	places   *values[place]
	clients  *values[client]
	outcomes *values[outcome]
	touched  *values[string]
	long     *values[string]
	files    []file // by number

	order  []ref // all rows, variants too, by time, event id, recipient
	hidden map[ref]bool
	forms  map[ref]int // of every form of an event that has several, how many others there are
	index  *index

	callers func() *callers
	origins func() *origins
}

func newView(s *Store) *view {
	v := &view{
		store:  s,
		people: s.people.values(), calls: s.calls.values(), places: s.places.values(),
		clients: s.clients.values(), outcomes: s.outcomes.values(),
		touched: s.touched.values(), long: s.long.values(),
		hidden: map[ref]bool{}, forms: map[ref]int{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.writers {
		w.chunk = nil // rows that readers see share no chunk with rows to come
	}
	v.chunks = s.events.rows.chunks()
	v.files = s.files[:len(s.files):len(s.files)]

	dead, twins := s.events.odd()
	var facts []*lineage.Fact
	for _, w := range s.writers {
		for _, f := range w.facts {
			if !dead[f.row] {
				facts = append(facts, f.fact)
			}
		}
	}
	for _, f := range s.names.there {
		facts = append(facts, f)
	}
	var sorting sync.WaitGroup
	sorting.Go(func() { v.index = newIndex(facts) })
	v.sort(dead)
	v.hide(twins, dead)
	sorting.Wait()
	v.callers = sync.OnceValue(v.listCallers)
	v.origins = sync.OnceValue(v.listOrigins)
	return v
}

// odd are the rows that are not to be read, and those of events with variants.
func (e *events) odd() (dead map[ref]bool, twins []ref) {
	dead = map[ref]bool{}
	for i := range e.stripes {
		s := &e.stripes[i]
		s.mu.Lock()
		for _, r := range s.dead {
			dead[r] = true
		}
		twins = append(twins, s.twins...)
		s.mu.Unlock()
	}
	return dead, twins
}

func (v *view) row(r ref) *packed { return &v.chunks[r>>chunkBits].rows[r%chunkRows] }

// sort orders all rows: by time and the first characters of the event id in
// passes over plain numbers, then the few that are still alike.
func (v *view) sort(dead map[ref]bool) {
	n := 0
	for _, c := range v.chunks {
		n += c.n
	}
	keys := make([]sortKey, 0, n)
	for number, c := range v.chunks {
		for i := range c.rows[:c.n] {
			at := ref(number<<chunkBits | i)
			if len(dead) > 0 && dead[at] {
				continue
			}
			keys = append(keys, sortKey{v.sortKey(&c.rows[i]), at})
		}
	}
	keys = radixSort(keys)
	for i := 0; i < len(keys); {
		j := i + 1
		for j < len(keys) && keys[j].key == keys[i].key {
			j++
		}
		if j-i > 1 {
			slices.SortFunc(keys[i:j], func(a, b sortKey) int { return v.compare(a.row, b.row) })
		}
		i = j
	}
	v.order = make([]ref, len(keys))
	for i, k := range keys {
		v.order[i] = k.row
	}
}

// sortKey is the time and, behind it, the first characters of the event id.
// Times that 32 bits since 1970 do not hold are all alike, at either end, and
// are ordered with the ties: there the id must not come before the time.
func (v *view) sortKey(p *packed) uint64 {
	const end = 1<<32 - 1
	switch {
	case p.time <= 0:
		return 0
	case p.time >= end:
		return end << 32
	}
	return uint64(p.time)<<32 | uint64(v.prefix(p))
}

// prefix is the first four characters of the event id as a number.
func (v *view) prefix(p *packed) uint32 {
	switch p.eventKind {
	case uuidKind:
		const digits = "0123456789abcdef"
		a, b := p.event[0], p.event[1]
		return uint32(digits[a>>4])<<24 | uint32(digits[a&15])<<16 | uint32(digits[b>>4])<<8 | uint32(digits[b&15])
	case longKind:
		var first [4]byte
		copy(first[:], unpack(nil, &p.event, p.eventKind, v.long))
		return binary.BigEndian.Uint32(first[:])
	}
	return binary.BigEndian.Uint32(p.event[:4])
}

// compare is the order of rows, to the last.
func (v *view) compare(a, b ref) int {
	p, q := v.row(a), v.row(b)
	if c := cmp.Compare(p.time, q.time); c != 0 {
		return c
	}
	var x, y [64]byte
	if c := compareTexts(unpack(x[:0], &p.event, p.eventKind, v.long), unpack(y[:0], &q.event, q.eventKind, v.long)); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(v.places.at(p.place).recipient, v.places.at(q.place).recipient),
		cmp.Compare(p.print, q.print),
	)
}

func compareTexts[T string | []byte](a, b T) int { return cmp.Compare(string(a), string(b)) }

type sortKey struct {
	key uint64
	row ref
}

// radixSort sorts by key in passes of 16 bits, leaving out what all keys share.
func radixSort(keys []sortKey) []sortKey {
	if len(keys) < 1<<12 {
		slices.SortFunc(keys, func(a, b sortKey) int { return cmp.Compare(a.key, b.key) })
		return keys
	}
	spare := make([]sortKey, len(keys))
	counts := make([]int, 1<<16)
	for shift := 0; shift < 64; shift += 16 {
		clear(counts)
		for _, k := range keys {
			counts[uint16(k.key>>shift)]++
		}
		if counts[uint16(keys[0].key>>shift)] == len(keys) {
			continue
		}
		at := 0
		for i, n := range counts {
			counts[i], at = at, at+n
		}
		for _, k := range keys {
			d := uint16(k.key >> shift)
			spare[counts[d]] = k
			counts[d]++
		}
		keys, spare = spare, keys
	}
	return keys
}

// hide finds, of every event with variants, those that are not shown.
func (v *view) hide(twins []ref, dead map[ref]bool) {
	forms := map[cloudtrail.ID][]ref{}
	slices.Sort(twins)
	for _, r := range slices.Compact(twins) {
		if dead[r] {
			continue
		}
		p := v.row(r)
		id := cloudtrail.ID{
			Event:     string(unpack(nil, &p.event, p.eventKind, v.long)),
			Recipient: v.places.at(p.place).recipient,
		}
		forms[id] = append(forms[id], r)
	}
	for _, all := range forms {
		if len(all) == 1 {
			continue
		}
		least := slices.MinFunc(all, func(a, b ref) int { return cmp.Compare(v.row(a).print, v.row(b).print) })
		for _, r := range all {
			v.forms[r] = len(all) - 1
			if r != least {
				v.hidden[r] = true
			}
		}
	}
}

// Facts returns the facts under any of the keys.
func (s *Store) Facts(ctx context.Context, keys []lineage.Key, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	v := s.view.Load()
	if v.index == nil {
		return nil, ctx.Err()
	}
	return v.index.find(keys, from, to), ctx.Err()
}
