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
	seeds [2]maphash.Seed
	spans map[[2]uint64]span
	facts []*lineage.Fact // each span by time
}

type span struct{ from, until uint32 }

func newIndex(facts []*lineage.Fact) *index {
	x := &index{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	type pair struct {
		key  [2]uint64
		fact *lineage.Fact
	}
	pairs := make([]pair, 0, 6*len(facts))
	for _, f := range facts {
		for _, k := range f.Keys() {
			pairs = append(pairs, pair{x.hash(k), f})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(
			cmp.Compare(a.key[0], b.key[0]), cmp.Compare(a.key[1], b.key[1]),
			cmp.Compare(a.fact.Time, b.fact.Time),
		)
	})
	x.facts = make([]*lineage.Fact, len(pairs))
	x.spans = make(map[[2]uint64]span, len(pairs)/2)
	for i, p := range pairs {
		x.facts[i] = p.fact
		s, ok := x.spans[p.key]
		if !ok {
			s.from = uint32(i)
		}
		s.until = uint32(i) + 1
		x.spans[p.key] = s
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
		s, ok := x.spans[x.hash(k)]
		if !ok {
			continue
		}
		of := x.facts[s.from:s.until]
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
