package memory

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// names are the facts of kind Name, each once however many records tell it.
type names struct {
	mu    sync.Mutex
	there map[nameKey]*lineage.Fact
}

type nameKey struct {
	event cloudtrail.ID
	time  cloudtrail.Time
	id    string
	name  string
	arn   string
}

func (n *names) add(facts []lineage.Fact) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.there == nil {
		n.there = map[nameKey]*lineage.Fact{}
	}
	for i := range facts {
		f := &facts[i]
		if _, ok := n.there[keyOfName(f)]; !ok {
			f = f.Clone()
			n.there[keyOfName(f)] = f
		}
	}
}

func keyOfName(f *lineage.Fact) nameKey {
	return nameKey{f.Use.ID, f.Time, f.Detail.ID, f.Detail.Name, f.Detail.ARN}
}

// index finds facts by key and time. It keeps no text of a key, only 128 bits
// of it under secret seeds.
type index struct {
	seeds   [2]maphash.Seed
	numbers map[[2]uint64]uint32
	starts  []uint32        // by number: where the key's facts begin
	facts   []*lineage.Fact // of each key by time
}

func newIndex(facts []*lineage.Fact) *index {
	x := &index{
		seeds:   [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		numbers: make(map[[2]uint64]uint32, 3*len(facts)),
	}
	slices.SortFunc(facts, func(a, b *lineage.Fact) int { return cmp.Compare(a.Time, b.Time) })
	// Number the keys and count their facts, then put every fact in its place.
	// Keys are many and made anew each time: their numbers are kept for the
	// second pass.
	numbers := make([]uint32, 0, 6*len(facts))
	counts := make([]int, len(facts))
	for i, f := range facts {
		keys := f.Keys()
		for _, k := range keys {
			h := x.hash(k)
			n, ok := x.numbers[h]
			if !ok {
				n = uint32(len(x.numbers))
				x.numbers[h] = n
				x.starts = append(x.starts, 0)
			}
			x.starts[n]++
			numbers = append(numbers, n)
		}
		counts[i] = len(keys)
	}
	at := uint32(0)
	for n, count := range x.starts {
		x.starts[n] = at
		at += count
	}
	x.starts = append(x.starts, at)
	x.facts = make([]*lineage.Fact, at)
	next := slices.Clone(x.starts)
	for i, f := range facts {
		for range counts[i] {
			n := numbers[0]
			numbers = numbers[1:]
			x.facts[next[n]] = f
			next[n]++
		}
	}
	return x
}

func (x *index) hash(k lineage.Key) [2]uint64 {
	return [2]uint64{maphash.String(x.seeds[0], string(k)), maphash.String(x.seeds[1], string(k))}
}

// find returns the facts under any of the keys within a span of time.
func (x *index) find(keys []lineage.Key, from, to cloudtrail.Time) []*lineage.Fact {
	var all []*lineage.Fact
	for _, k := range keys {
		n, ok := x.numbers[x.hash(k)]
		if !ok {
			continue
		}
		of := x.facts[x.starts[n]:x.starts[n+1]]
		if !from.IsZero() {
			at, _ := slices.BinarySearchFunc(of, from, factTime)
			of = of[at:]
		}
		if !to.IsZero() {
			at, _ := slices.BinarySearchFunc(of, to+1, factTime)
			of = of[:at]
		}
		all = append(all, of...)
	}
	return all
}

func factTime(f *lineage.Fact, t cloudtrail.Time) int { return cmp.Compare(f.Time, t) }
