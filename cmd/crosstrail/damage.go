package main

import (
	"fmt"
	"sync"
)

// damage names the files of a store that are damaged.
type damage struct {
	ui    *terminal
	store string // how a command names the store

	mu    sync.Mutex
	files int
}

// add is [local.Options.Damaged]; questions read with several goroutines.
func (d *damage) add(file string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files++
	d.ui.say("error", fmt.Sprintf("%s: %v", file, err))
}

// end is the exit status of a question that met damaged files.
func (d *damage) end() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == 0 {
		return nil
	}
	d.ui.say("hint", "the answer lacks what these files of the store held; to see all that is damaged, and what to do: crosstrail store check"+d.store)
	return silent(exitPart)
}
