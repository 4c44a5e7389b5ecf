package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/crosstrail/crosstrail/ingest"
)

// meter draws how far reading has come, on one line of a terminal that it
// overwrites. It is our own: what is to be drawn (files, events, bytes, rate,
// time left) is one format string, and the libraries there are bring goroutines,
// templates and several bars for it.
type meter struct {
	out   io.Writer // nil where there is no terminal: then nothing is drawn
	start time.Time

	mu      sync.Mutex
	drawn   bool
	total   int64        // bytes of all files on this machine, 0 until they have been counted
	buckets func() int64 // bytes of those in buckets, 0 while that is not known; nil: there are none
}

func startMeter(ctx context.Context, out io.Writer, sources []string) *meter {
	m := &meter{start: time.Now()}
	if !isTerminal(out) {
		return m
	}
	m.out = out
	go m.measure(ctx, sources)
	return m
}

// measure adds up the files' sizes while they are being read, for the time left.
func (m *meter) measure(ctx context.Context, sources []string) {
	total := sizeOnDisk(ctx, sources)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = total
}

// sizeOnDisk adds up the sizes of the sources that are files or folders here; 0 where
// ctx ends before.
func sizeOnDisk(ctx context.Context, sources []string) (total int64) {
	for _, src := range sources {
		if isApart(src) {
			continue
		}
		err := filepath.WalkDir(src, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return ctx.Err()
			}
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
			return ctx.Err()
		})
		if err != nil {
			return 0
		}
	}
	return total
}

// progress is [ingest.Options.Progress].
func (m *meter) progress(p ingest.Progress) {
	if m.out == nil {
		return
	}
	m.mu.Lock()
	total := m.total
	if m.buckets != nil {
		there := m.buckets()
		if total += there; there == 0 {
			total = 0
		}
	}
	m.mu.Unlock()
	m.show(progressLine(p, total, time.Since(m.start)))
}

// show draws a line in the place of the one before.
func (m *meter) show(line string) {
	if m.out == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && len(line) >= w {
			line = line[:w-1]
		}
	}
	fmt.Fprint(m.out, "\r", line, "\x1b[K")
	m.drawn = true
}

// aside takes the line away and prints something else, in one: what is said from
// another goroutine does not get between.
func (m *meter) aside(say func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drawn {
		fmt.Fprint(m.out, "\r\x1b[K")
		m.drawn = false
	}
	say()
}

// clear takes the line away, so that something else can be printed.
func (m *meter) clear() { m.aside(func() {}) }

// progressLine is one state of the meter, in ASCII so that it can be cut.
func progressLine(p ingest.Progress, total int64, passed time.Duration) string {
	var b strings.Builder
	done := p.Bytes + p.Skipped
	fmt.Fprintf(&b, "reading: %s files, %s events, %s", thousands(p.Files.Read), thousands(p.Records.Read), bytesText(done))
	if total > 0 {
		fmt.Fprintf(&b, " of %s", bytesText(total))
	}
	if total > done {
		fmt.Fprintf(&b, " (%d%%)", 100*done/total)
	}
	if seconds := passed.Seconds(); seconds >= 1 {
		fmt.Fprintf(&b, ", %s events/s", thousands(int(float64(p.Records.Read)/seconds)))
		if done > 0 && total > done {
			left := time.Duration(float64(passed) * float64(total-done) / float64(done))
			fmt.Fprintf(&b, ", %s left", left.Round(time.Second))
		}
	}
	return b.String()
}

func bytesText(n int64) string {
	unit, name := int64(1), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if n < unit*1024 {
			break
		}
		unit, name = unit*1024, next
	}
	if unit == 1 || n >= 100*unit {
		return fmt.Sprintf("%d %s", n/unit, name)
	}
	return fmt.Sprintf("%.1f %s", float64(n)/float64(unit), name)
}
