package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/source"
)

// troubles names what could not be read. Every file is named; of the records of
// one file only the first few, for a file may hold a hundred thousand bad ones.
type troubles struct {
	ui    *terminal
	meter *meter
	count map[string]int // bad records of a file
}

const troublesPerFile = 5

func (t *troubles) add(err error) {
	e, ok := errors.AsType[*source.Error](err)
	if ok && e.Record >= 0 {
		if t.count == nil {
			t.count = map[string]int{}
		}
		t.count[e.URI]++
		if t.count[e.URI] > troublesPerFile {
			return
		}
	}
	t.meter.aside(func() { t.ui.say("error", err.Error()) })
}

// end tells of the bad records that were not named one by one.
func (t *troubles) end() {
	var files []string
	for file, n := range t.count {
		if n > troublesPerFile {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	for _, file := range files {
		t.ui.say("error", fmt.Sprintf("%s: %s more records that could not be read", file, thousands(t.count[file]-troublesPerFile)))
	}
}
