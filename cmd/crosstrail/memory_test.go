package main

import "testing"

// TestMemoryIsDivided: the parts of --memory never come to more than it.
func TestMemoryIsDivided(t *testing.T) {
	l := &limits{filling: true}
	if l.workers() != 0 || l.inputs() != 0 {
		t.Errorf("where nothing is said: %d workers, %d for inputs", l.workers(), l.inputs())
	}
	for _, memory := range []sizeValue{leastMemory, 1 << 30, 1 << 40} {
		l.memory = memory
		if err := l.check(); err != nil || l.workers() < 1 || int64(l.workers())*gatheredMemory+l.inputs()+fixedMemory > int64(memory) {
			t.Errorf("of %d: %d workers, %d for inputs, %v", memory, l.workers(), l.inputs(), err)
		}
	}
	if l.memory = leastMemory - 1; l.check() == nil {
		t.Error("too little is taken")
	}
}
