//go:build !race

package memory_test

import (
	"runtime"
	"testing"
)

// TestMemoryPerEvent holds what a store costs on the heap once all is read: some
// room for its workers, and for every event less than half of what a program of
// 512 MiB has for one of a million, since the heap grows to twice what is live.
func TestMemoryPerEvent(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			dir := corpus(t, s.shape, 40_000, false)
			before := heap()
			store, records := load(t, dir)
			heapPer := float64(heap()-before) / float64(records.Kept)
			t.Logf("%.0f bytes of heap an event", heapPer)
			if most := 190 + 4<<20/float64(records.Kept); heapPer > most {
				t.Errorf("%.0f bytes of heap an event, at most %.0f wanted", heapPer, most)
			}
			runtime.KeepAlive(store)
		})
	}
}
