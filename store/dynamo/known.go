package dynamo

import (
	"hash/maphash"
	"sync"
)

// mostKnown is how many keys a writer remembers to have written: 16 bytes each.
const mostKnown = 1 << 16

// recent remembers, of items that many records make alike (names, days), those that
// were written last. The zero value is ready.
type recent struct {
	mu       sync.Mutex
	seed     maphash.Seed
	new, old map[uint64]struct{} // the older half is forgotten at once
}

// shared reports whether others make an item too. A pointer belongs to one event.
func shared(i item) bool { return i[attrAt] == nil }

func (r *recent) hash(i item) uint64 {
	if r.new == nil {
		r.seed, r.new = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	return maphash.Comparable(r.seed, keyOf(i))
}

// forget is for when what was written may not be there any more.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.new, r.old = nil, nil
}

// missing are the items that are not known to be there.
func (r *recent) missing(items []item) []item {
	r.mu.Lock()
	defer r.mu.Unlock()
	var missing []item
	for _, i := range items {
		if shared(i) {
			h := r.hash(i)
			_, young := r.new[h]
			_, old := r.old[h]
			if young || old {
				continue
			}
		}
		missing = append(missing, i)
	}
	return missing
}

// add tells that items were written.
func (r *recent) add(items []item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range items {
		if !shared(i) {
			continue
		}
		h := r.hash(i)
		r.new[h] = struct{}{}
		if len(r.new) >= mostKnown/2 {
			r.new, r.old = map[uint64]struct{}{}, r.new
		}
	}
}
