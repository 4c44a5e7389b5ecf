package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

// limits is what reading log files may take.
type limits struct {
	memory  sizeValue
	maxFile sizeValue
	filling bool // a store, so that --memory is of the whole program
	waits   int  // how many work at once where each mostly waits; 0: one a core
}

// leastMaxFile is below what --max-file could be meant to be.
const leastMaxFile = 1 << 10

func (l *limits) add(cmd *cobra.Command) {
	what := "how much memory log files may take while they are read, as 512MiB (default: as much as --max-file needs)"
	if l.filling {
		what = "how much memory to keep to, as 512MiB: less is slower, and bounds how large one log file may be (default: as is good for speed)"
	}
	cmd.Flags().Var(&l.memory, "memory", what)
	cmd.Flags().Var(&l.maxFile, "max-file", "how large one log file may be when decompressed (default 256MiB)")
}

func (l *limits) check() error {
	if l.maxFile > 0 && l.maxFile < leastMaxFile {
		return usage(fmt.Errorf("--max-file %d is less than any log file: it is a number of bytes, or has a unit", l.maxFile), "for example: --max-file 512MiB")
	}
	return l.checkMemory()
}

// pump moves log files into a store. It shows how far it has come, and names
// what cannot be read. sources are the paths that it reads, as far as there are
// any, for the time left.
func (l *limits) pump(ctx context.Context, ui *terminal, sources []string, from ingest.Source, to ingest.Store) (files, records ingest.Counts, err error) {
	if err := l.check(); err != nil {
		return files, records, err
	}
	if slices.Contains(sources, source.Stdin) && isTerminal(ui.stdin) {
		ui.say("note", "reading from the terminal: paste records, then press Ctrl-D")
	}
	meter := startMeter(ctx, ui.stderr, sources)
	if s, ok := from.(*fromSources); ok && len(s.buckets) > 0 {
		meter.buckets = s.size
	}
	troubles := troubles{ui: ui, meter: meter}
	stopped := func() {}
	if l.filling {
		stopped = stopping(ctx, ui, meter)
	}
	var needed int64
	l.bound()
	files, records, err = ingest.Pump(ctx, from, to, ingest.Options{
		Workers: l.workers(), Memory: l.inputs(), MaxFile: int64(l.maxFile),
		Progress:  meter.progress,
		OnError:   func(err error) { needed = max(needed, memoryFor(err)); troubles.add(err) },
		OnNote:    func(note string) { meter.aside(func() { ui.say("note", note) }) },
		OnWarning: func(text string) { meter.aside(func() { ui.warn("%s", text) }) },
	})
	stopped()
	meter.clear()
	troubles.end()
	l.lacking(ui, needed)
	return files, records, err
}

// stopping tells who stops the filling of a store that it takes a moment, and what
// a second Ctrl-C does. What it returns is called when nothing is filled any more.
func stopping(ctx context.Context, ui *terminal, m *meter) (stopped func()) {
	told := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(told)
		m.aside(func() { ui.say("note", "stopping: what was read is being kept; Ctrl-C again ends it at once") })
	})
	return func() {
		if !cancel() {
			<-told
		}
	}
}
