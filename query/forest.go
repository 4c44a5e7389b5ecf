package query

import (
	"cmp"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/lineage"
)

// forest is which session was made from which, and all of them parents first,
// then by time and id.
type forest struct {
	parent map[personKey]personKey
	order  []personKey
}

func newForest(reached map[personKey]*lineage.Descent) forest {
	f := forest{parent: map[personKey]personKey{}}
	keys := sortedReached(reached)
	byID := map[string][]personKey{}
	for _, key := range keys {
		id := reached[key].Hop.ID
		byID[id] = append(byID[id], key)
	}
	for _, key := range keys {
		parents := byID[reached[key].Parent]
		if reached[key].Parent == "" || len(parents) == 0 {
			continue
		}
		parent := parents[max(slices.IndexFunc(parents, func(p personKey) bool { return p.origin == key.origin }), 0)]
		if !f.under(parent, key) { // roles that take each other in one second make rings
			f.parent[key] = parent
		}
	}
	f.order = keys
	slices.SortStableFunc(f.order, func(x, y personKey) int {
		return cmp.Or(cmp.Compare(f.depth(x), f.depth(y)), cmp.Compare(startOf(&reached[x].Hop), startOf(&reached[y].Hop)))
	})
	return f
}

func (f *forest) under(key, other personKey) bool {
	for ok := true; ok; key, ok = f.parent[key] {
		if key == other {
			return true
		}
	}
	return false
}

// depth is how many sessions a session was made through.
func (f *forest) depth(key personKey) int {
	n := 0
	for parent, ok := f.parent[key]; ok; parent, ok = f.parent[parent] {
		n++
	}
	return n
}

func sortedReached(reached map[personKey]*lineage.Descent) []personKey {
	return slices.SortedFunc(maps.Keys(reached), func(x, y personKey) int {
		return cmp.Or(cmp.Compare(x.session, y.session), cmp.Compare(x.origin, y.origin))
	})
}
