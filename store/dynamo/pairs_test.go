package dynamo

import (
	"fmt"
	"hash/maphash"
	"maps"
	"testing"
)

// TestPairs: of many pointers those that were seen once are found, and hardly any
// other is held for it.
func TestPairs(t *testing.T) {
	const many = 20_000
	p := newPairs(100)
	most := 0
	want := map[itemKey]itemKey{}
	read := func() {
		for _, half := range []int{0, 1} {
			for n := range many {
				k, event := itemKey{"fact#k", fmt.Sprint(n)}, itemKey{fmt.Sprint(n), ""}
				if n%4_000 == 7 { // a pointer without an event, an event without a pointer
					if want[k] = event; n/4_000%2 == half {
						continue
					}
				}
				p.see(k, event)
				most = max(most, len(p.named))
			}
		}
	}
	read()
	if !p.again() {
		t.Fatal("all were seen twice")
	}
	read()
	if !maps.Equal(p.named, want) || len(want) != 5 || p.over {
		t.Errorf("found %v, want %v", p.named, want)
	}
	if most > 50 {
		t.Errorf("%d were held at once", most)
	}
	for n := range 200 {
		k := itemKey{"fact#x", fmt.Sprint(n)}
		p.sums[maphash.Comparable(p.seed, k)%pairSums] = 1
		p.see(k, itemKey{})
	}
	if len(p.named) != 100 || !p.over {
		t.Errorf("%d are held, and it is not told that there are more", len(p.named))
	}
}
