package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/crosstrail/crosstrail/source"
)

// What --memory is divided into where a store is filled. The rest, half and half,
// is for log files on their way in and for what the store gathers of them.
const (
	fixedMemory = 192 << 20 // the program itself, what tells events that are there, what is merged meanwhile
	leastMemory = 384 << 20
	// gatheredMemory is what one worker gathers before the store commits it, by guess.
	gatheredMemory = 96 << 20
	// notCollected is what the collector does not see: the code, SQLite, threads.
	notCollected = 32 << 20
)

// leastInputs is what reading alone needs.
const leastInputs = 8 << 20

// forStore makes --memory a limit on the whole program, which fills a store.
func (l *limits) forStore() { l.filling = true }

func (l *limits) checkMemory() error {
	least := int64(leastInputs)
	if l.filling {
		least = leastMemory
	}
	if l.memory == 0 || int64(l.memory) >= least {
		return nil
	}
	return usage(fmt.Errorf("--memory %d is too little: it is a number of bytes, or has a unit, and this needs %s at least", l.memory, sizeText(least)),
		"for example: --memory 512MiB")
}

// bound has the program keep to --memory: the collector works the harder the
// nearer it comes.
func (l *limits) bound() {
	if l.filling && l.memory > 0 {
		debug.SetMemoryLimit(int64(l.memory) - notCollected)
	}
}

// inputs is what log files on their way in may take, 0 for as much as they need.
func (l *limits) inputs() int64 {
	if !l.filling || l.memory == 0 {
		return int64(l.memory)
	}
	return (int64(l.memory) - fixedMemory) / 2
}

// workers is how many read at once, 0 for one a core: each gathers events of its
// own for the store.
func (l *limits) workers() int {
	if l.waits > 0 || !l.filling || l.memory == 0 {
		return l.waits
	}
	return int(min(max((int64(l.memory)-fixedMemory-l.inputs())/gatheredMemory, 1), int64(runtime.GOMAXPROCS(0))))
}

// lacking tells of files that were too large for --memory what it would have to be.
func (l *limits) lacking(ui *terminal, inputs int64) {
	if inputs == 0 {
		return
	}
	if l.filling {
		inputs = 2*inputs + fixedMemory
	}
	ui.say("hint", "what was too large for --memory "+sizeText(int64(l.memory))+" is read with, as far as can be told: --memory "+sizeText(inputs))
}

// memoryFor is what a file needs that was too large for the memory given, else 0.
func memoryFor(err error) int64 {
	if e, ok := errors.AsType[*source.TooLargeError](err); ok {
		return e.Memory
	}
	return 0
}

// sizeText is a size as it may be given, rounded up to whole MiB.
func sizeText(n int64) string { return fmt.Sprintf("%dMiB", (n+1<<20-1)>>20) }
