package memory

import (
	"hash/maphash"
	"strings"
	"sync"
)

// shards is how many parts a dictionary has, each under its own lock. Workers
// meet there only over values that are new to one of them.
const (
	shardBits = 4
	shards    = 1 << shardBits
)

// code stands for a value of one dictionary. Codes are dense enough for bit
// sets; 0 is always the zero value.
type code uint32

// dict gives every distinct value a code. V is a string or a struct with
// strings; copy returns one whose strings alias nothing.
type dict[V comparable] struct {
	seed   maphash.Seed
	copy   func(V, *arena) V
	shards [shards]shard[V]
}

type shard[V comparable] struct {
	mu     sync.Mutex
	table  []uint32 // open addressing: index in values, plus one
	values []V
	text   arena
}

func newDict[V comparable](clone func(V, *arena) V) *dict[V] {
	d := &dict[V]{seed: maphash.MakeSeed(), copy: clone}
	var zero V
	d.shards[0].values = append(d.shards[0].values, zero)
	return d
}

// intern returns the code of a value and the value as the dictionary holds it.
func (d *dict[V]) intern(v V, hash uint64) (code, V) {
	var zero V
	if v == zero {
		return 0, v
	}
	n := hash >> (64 - shardBits)
	s := &d.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	if 4*len(s.values) >= 3*len(s.table) {
		s.grow(d.seed)
	}
	for i := hash; ; i++ {
		slot := &s.table[i&uint64(len(s.table)-1)]
		if *slot == 0 {
			v = d.copy(v, &s.text)
			s.values = append(s.values, v)
			*slot = uint32(len(s.values))
		}
		if at := *slot - 1; s.values[at] == v {
			return code(at<<shardBits | uint32(n)), s.values[at]
		}
	}
}

// text returns a value as the dictionary holds it.
func (d *dict[V]) text(v V) V {
	_, v = d.intern(v, maphash.Comparable(d.seed, v))
	return v
}

func (s *shard[V]) grow(seed maphash.Seed) {
	s.table = make([]uint32, max(16, 2*len(s.table)))
	for at, v := range s.values {
		i := maphash.Comparable(seed, v)
		for s.table[i&uint64(len(s.table)-1)] != 0 {
			i++
		}
		s.table[i&uint64(len(s.table)-1)] = uint32(at) + 1
	}
}

// at returns the value of a code, while workers may still be adding.
func (d *dict[V]) at(c code) V {
	s := &d.shards[c&(shards-1)]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[c>>shardBits]
}

// values is a dictionary as it was at one moment, to be read without locks.
type values[V any] [shards][]V

func (d *dict[V]) values() *values[V] {
	var all values[V]
	for i := range d.shards {
		s := &d.shards[i]
		s.mu.Lock()
		all[i] = s.values[:len(s.values):len(s.values)]
		s.mu.Unlock()
	}
	return &all
}

func (v *values[V]) at(c code) V { return v[c&(shards-1)][c>>shardBits] }

// set is the codes whose values pass a test.
func (v *values[V]) set(test func(V) bool) *codeSet {
	var s codeSet
	for i, values := range v {
		s[i] = make([]uint64, len(values)/64+1)
		for at, value := range values {
			if test(value) {
				s[i][at/64] |= 1 << (at % 64)
			}
		}
	}
	return &s
}

type codeSet [shards][]uint64

// has reports whether a code is in the set; everything is in the nil set.
func (s *codeSet) has(c code) bool {
	return s == nil || s[c&(shards-1)][c>>shardBits/64]&(1<<(c>>shardBits%64)) != 0
}

// cache is what one worker last looked up in a dictionary, so that nearly all
// look-ups take no lock.
type cache[V comparable] struct {
	dict  *dict[V]
	slots []cached[V]
}

type cached[V comparable] struct {
	hash  uint64
	code  code
	value V
}

func newCache[V comparable](d *dict[V], slots int) cache[V] {
	return cache[V]{dict: d, slots: make([]cached[V], slots)}
}

func (c *cache[V]) code(v V) (code, V) {
	hash := maphash.Comparable(c.dict.seed, v)
	slot := &c.slots[hash%uint64(len(c.slots))]
	if slot.hash != hash || slot.value != v {
		slot.hash = hash
		slot.code, slot.value = c.dict.intern(v, hash)
	}
	return slot.code, slot.value
}

// arena keeps many short strings in few allocations.
type arena struct{ b *strings.Builder }

const arenaSize = 16 << 10

func (a *arena) clone(s string) string {
	switch {
	case s == "":
		return ""
	case len(s) > arenaSize/8:
		return strings.Clone(s)
	case a.b == nil || a.b.Cap()-a.b.Len() < len(s):
		a.b = new(strings.Builder)
		a.b.Grow(arenaSize)
	}
	at := a.b.Len()
	a.b.WriteString(s)
	return a.b.String()[at:]
}
