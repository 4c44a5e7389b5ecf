package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// corpus is what was read, ready to be asked.
type corpus struct {
	query.Reader
	resolver *lineage.Resolver
	files    ingest.Counts
	records  ingest.Counts
	variants int // of the records kept, those that tell differently of an event than the one shown
}

// leastMaxFile is below what --max-file could be meant to be.
const leastMaxFile = 1 << 10

// read reads the sources into memory. What cannot be read is named on standard
// error and counted; it is an error only where nothing can be asked.
func (q *question) read(ctx context.Context, sources []string) (*corpus, error) {
	if q.maxFile > 0 && q.maxFile < leastMaxFile {
		return nil, usage(fmt.Errorf("--max-file %d is less than any log file: it is a number of bytes, or has a unit", q.maxFile), "for example: --max-file 512MiB")
	}
	from, err := source.NewPaths(sources, newStoppable(ctx, q.ui.stdin))
	if err != nil {
		return nil, usage(err)
	}
	if slices.Contains(sources, source.Stdin) && isTerminal(q.ui.stdin) {
		q.ui.say("note", "reading from the terminal: paste records, then press Ctrl-D")
	}
	meter := startMeter(ctx, q.ui.stderr, sources)
	troubles := troubles{ui: q.ui, meter: meter}
	store := memory.New()
	files, records, err := ingest.Pump(ctx, from, store, ingest.Options{
		Memory: int64(q.memory), MaxFile: int64(q.maxFile),
		Progress:  meter.progress,
		OnError:   troubles.add,
		OnNote:    func(note string) { meter.clear(); q.ui.say("note", note) },
		OnWarning: func(text string) { meter.clear(); q.ui.warn("%s", text) },
	})
	meter.clear()
	troubles.end()
	if err != nil {
		return nil, err
	}
	c := &corpus{Reader: store, files: files, records: records, variants: store.Variants()}
	spans, err := store.Spans(ctx)
	if err != nil {
		return nil, err
	}
	c.resolver = lineage.NewResolver(store, lineage.NewHorizon(spans))
	return c, nil
}

// done ends a question: it tells what was read, and what the exit status is.
// err is what went wrong on the way, if anything did.
func (q *question) done(c *corpus, err error) error {
	if err != nil {
		return err
	}
	told := "read " + counted(c.files, "file") + "; " + counted(c.records, "record")
	switch {
	case c.variants == 1:
		told += "; 1 of those kept is a variant of another, not a further event"
	case c.variants > 1:
		told += fmt.Sprintf("; %s of those kept are variants of others, not further events", thousands(c.variants))
	}
	fmt.Fprintln(q.ui.stderr, told)
	switch {
	case c.files.Failed+c.records.Failed > 0:
		return silent(exitPart)
	case c.records.Read == 0:
		q.ui.warn("there was no CloudTrail record in what was read")
		q.ui.say("hint", "log files end in .json.gz, .json, .jsonl or .ndjson; in a folder, other files are passed over")
	}
	return nil
}

// answered is done for a question about one thing: where it is not there, that
// is the exit status, whatever could not be read.
func (q *question) answered(c *corpus, err error, absent bool) error {
	err = q.done(c, err)
	if _, said := errors.AsType[silent](err); absent && (err == nil || said) {
		return silent(exitFinding)
	}
	return err
}

// counted says what became of files or records; the parts add up.
func counted(c ingest.Counts, noun string) string {
	text := thousands(c.Read) + " " + noun
	if c.Read != 1 {
		text += "s"
	}
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.Kept, "kept"}, {c.Duplicate, "seen before"}, {c.PassedOver, "passed over"}, {c.Failed, "failed"}} {
		if part.n > 0 {
			parts = append(parts, thousands(part.n)+" "+part.what)
		}
	}
	if len(parts) == 0 || len(parts) == 1 && c.Kept == c.Read {
		return text
	}
	return text + " (" + strings.Join(parts, ", ") + ")"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// troubles names what could not be read. Every file is named; of the records of
// one file only the first few, for a file may hold a hundred thousand bad ones.
type troubles struct {
	ui    *terminal
	meter *meter
	count map[string]int // bad records of a file
}

const troublesPerFile = 5

func (t *troubles) add(err error) {
	t.meter.clear()
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
	t.ui.say("error", err.Error())
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
