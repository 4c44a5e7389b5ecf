package dynamo

import (
	"hash/maphash"
	"slices"
	"sync"
)

const (
	// pairSums is over how many sums what is seen once is spread: of a hundred million
	// pointers a hundred share one. They take 8 MB.
	pairSums = 1 << 20
	// mostNamed is how many of what is seen once are held, at some 300 bytes each.
	mostNamed = 1 << 18
)

// pairs finds in two readings what is seen once of all that should be seen twice, a
// pointer by itself and by its event, without holding it. The first reading leaves
// sums of hashes that are zero where each was seen twice; the second holds of the
// others alone what was not seen again yet. For that it must be begun with [pairs.again].
type pairs struct {
	seed maphash.Seed
	most int // to hold

	mu    sync.Mutex // guards what follows
	sums  []uint64
	named map[itemKey]itemKey // of a pointer its event
	over  bool                // there were more
}

func newPairs(most int) *pairs {
	return &pairs{seed: maphash.MakeSeed(), most: most, sums: make([]uint64, pairSums)}
}

// see tells of a pointer or, where it is of an event, that it should be there.
func (p *pairs) see(pointer, event itemKey) {
	h := maphash.Comparable(p.seed, pointer)
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := &p.sums[h%pairSums]
	switch _, seen := p.named[pointer]; {
	case p.named == nil:
		*sum ^= h
	case *sum == 0:
	case seen:
		delete(p.named, pointer)
	case len(p.named) == p.most:
		p.over = true
	default:
		p.named[pointer] = event
	}
}

// again begins the second reading; false: none is needed.
func (p *pairs) again() bool {
	p.named = map[itemKey]itemKey{}
	return slices.ContainsFunc(p.sums, func(sum uint64) bool { return sum != 0 })
}
