package memory

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// events is the set of the events that are there, so that every one is kept
// once. It is cut into stripes by hash, each under its own lock.
type events struct {
	seed    maphash.Seed
	rows    directory
	places  *dict[place]
	stripes [stripes]stripe

	mu      sync.Mutex
	dropped bool // the stripes' tables are to be made again before the next row
}

func newEvents(places *dict[place]) *events {
	return &events{seed: maphash.MakeSeed(), places: places, rows: directory{pages: new(pages)}}
}

const (
	stripeBits = 8
	stripes    = 1 << stripeBits
)

type stripe struct {
	mu    sync.Mutex
	table []entry // open addressing
	n     int
	// dead are rows that a duplicate with a lesser sum took the place of, twins
	// all rows of events that have, or may have, several variants.
	dead, twins []ref
	_           [40]byte // stripes lie on cache lines of their own
}

type entry struct {
	hash uint32
	row  ref // plus one, 0: free
}

// drop lets go of what only adding needs. Most stores are filled once and then
// asked: they need not hold on to it.
func (e *events) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.stripes {
		e.stripes[i].table, e.stripes[i].n = nil, 0
	}
	e.dropped = true
}

// restore makes the tables again from the rows, if they were dropped.
func (e *events) restore() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.dropped {
		return
	}
	e.dropped = false
	dead, _ := e.odd()
	for n, c := range e.rows.chunks() {
		for i := range c.n {
			at := ref(n<<chunkBits + i)
			if dead[at] {
				continue
			}
			hash := maphash.Comparable(e.seed, c.rows[i].event)
			s := &e.stripes[hash>>(64-stripeBits)]
			if 4*s.n >= 3*len(s.table) {
				s.grow()
			}
			s.insert(entry{uint32(hash), at + 1})
			s.n++
		}
	}
}

// verdict is what became of a row put into the set.
type verdict uint8

const (
	fresh     verdict = iota // a new event, or a new variant of one
	duplicate                // there already
	better                   // there already, but this row is the one to be kept
)

// put adds a row whose event, place, print and sum are set.
//
// Records of one event that differ in no link field are duplicates. Should they
// differ elsewhere all the same, the one with the least sum is kept, so that it
// does not matter which came first.
func (e *events) put(row *packed, at ref) verdict {
	hash := maphash.Comparable(e.seed, row.event)
	s := &e.stripes[hash>>(64-stripeBits)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if 4*s.n >= 3*len(s.table) {
		s.grow()
	}
	variant := false
	i := uint32(hash)
	for ; ; i++ {
		slot := &s.table[i&uint32(len(s.table)-1)]
		if slot.row == 0 {
			*slot = entry{uint32(hash), at + 1}
			s.n++
			break
		}
		if slot.hash != uint32(hash) {
			continue
		}
		other := e.rows.row(slot.row - 1)
		if !e.sameEvent(row, other) {
			continue
		}
		if other.print != row.print {
			s.twins = append(s.twins, slot.row-1)
			variant = true
			continue
		}
		if other.sum <= row.sum {
			return duplicate
		}
		s.dead = append(s.dead, slot.row-1)
		s.twins = append(s.twins, at) // the dead one may have been a variant
		slot.row = at + 1
		return better
	}
	if variant {
		s.twins = append(s.twins, at)
	}
	return fresh
}

func (e *events) sameEvent(a, b *packed) bool {
	return a.event == b.event && a.eventKind == b.eventKind &&
		(a.place == b.place || e.places.at(a.place).recipient == e.places.at(b.place).recipient)
}

func (s *stripe) grow() {
	old := s.table
	s.table = make([]entry, max(32, 2*len(old)))
	for _, e := range old {
		if e.row != 0 {
			s.insert(e)
		}
	}
}

// insert puts an entry into the first free slot from its own on.
func (s *stripe) insert(e entry) {
	i := e.hash
	for s.table[i&uint32(len(s.table)-1)].row != 0 {
		i++
	}
	s.table[i&uint32(len(s.table)-1)] = e
}

// directory finds chunks by number. It grows without moving what is there, so
// that rows are read while others are added.
type directory struct {
	mu     sync.Mutex
	pages  *pages
	n      int
	blocks [1 << 13]atomic.Pointer[block]
}

type block [1 << 10]*chunk

// add makes a new chunk and returns the ref of its first row.
func (d *directory) add() (*chunk, ref) {
	c := &chunk{rows: d.pages.rows()}
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.blocks[d.n/len(block{})].Load()
	if b == nil {
		b = new(block)
		d.blocks[d.n/len(block{})].Store(b)
	}
	b[d.n%len(block{})] = c
	d.n++
	return c, ref((d.n - 1) << chunkBits)
}

func (d *directory) row(r ref) *packed {
	n := int(r >> chunkBits)
	return &d.blocks[n/len(block{})].Load()[n%len(block{})].rows[r%chunkRows]
}

// chunks are all chunks, by number.
func (d *directory) chunks() []*chunk {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*chunk, d.n)
	for i := range all {
		all[i] = d.blocks[i/len(block{})].Load()[i%len(block{})]
	}
	return all
}
