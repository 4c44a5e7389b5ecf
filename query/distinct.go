package query

import "hash/fnv"

// distinct counts different texts, of which it keeps no more than hashes, and
// no more than mostDistinct: beyond, it counts no further.
type distinct struct{ seen map[uint64]struct{} }

const mostDistinct = 1 << 20

func newDistinct() *distinct { return &distinct{map[uint64]struct{}{}} }

// add reports whether the text is new.
func (d *distinct) add(text string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	sum := h.Sum64()
	if _, ok := d.seen[sum]; ok || len(d.seen) == mostDistinct {
		return false
	}
	d.seen[sum] = struct{}{}
	return true
}

func (d *distinct) n() int { return len(d.seen) }
