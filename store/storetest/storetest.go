// Package storetest holds what every store must do: the contract of
// query.Reader, and of what ingest asks of a store, as tests. A store's own
// test calls [Run].
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Store is what a store is to those who fill it and those who ask it.
type Store interface {
	query.Reader
	filler
}

// filler is what ingest asks of a store.
type filler interface {
	Has(ctx context.Context, file cloudtrail.LogFile) (bool, error)
	Add(ctx context.Context, file source.File) (kept, duplicate int, err error)
	Finish(ctx context.Context, file cloudtrail.LogFile, failed error) error
	Commit(ctx context.Context) error
}

// Run holds a store to its contract. open returns an empty one, and sees to it
// that it is closed.
func Run(t *testing.T, open func(t *testing.T) Store) { run(t, open, 5000) }

// RunSlow is [Run] for a store to which a record takes milliseconds.
func RunSlow(t *testing.T, open func(t *testing.T) Store) { run(t, open, 200) }

// run gives the store at most so many records at once.
func run(t *testing.T, open func(t *testing.T) Store, most int) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Store)
	}{
		{"an empty store answers", empty},
		{"a row has all that its record tells", rowsTell},
		{"rows come in order, both ways", rowsInOrder},
		{"rows of all times come in order", func(t *testing.T, s Store) { anyTimes(t, s, most) }},
		{"rows outlive the step and the buffer", rowsStay},
		{"a selection leaves out nothing it asks for", selections},
		{"a duplicate changes nothing", duplicates},
		{"of variants the least is shown, and all link", variants},
		{"one event id at two accounts is two events", twoAccounts},
		{"tallies count what rows there are", tallies},
		{"facts are found under all their keys", factsByKey},
		{"the span of facts includes both ends", factsInSpan},
		{"uses are found by principal", usesByPrincipal},
		{"the record itself can be read", raw},
		{"log files are known, empty ones too", logFiles},
		{"what comes after a commit is there after the next", commits},
		{"adding at once is adding one by one", func(t *testing.T, s Store) { atOnce(t, s, most) }},
		{"of what was never verified nothing is told", neverVerified},
		{"what came as an event is told from what is logged alone", forwarding},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// file is a log file of these records, uncompressed, in a buffer of its own.
func file(uri string, records ...string) source.File {
	body := []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
	return source.File{
		LogFile: cloudtrail.ParseLogFileName(uri),
		Body:    body,
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(bytes.Clone(body))), nil
		},
	}
}

// add decodes files and adds them, as the pump does: in one buffer that is
// written over when a file is done.
func add(t *testing.T, s Store, files ...source.File) (kept, duplicate int) {
	t.Helper()
	var d cloudtrail.Decoder
	for i, f := range files {
		buf := append(make([]byte, 0, len(f.Body)+cloudtrail.Padding), f.Body...)
		f.Body = bytes.Clone(f.Body)
		f.Records = func(yield func(*cloudtrail.Record) bool) {
			for r, err := range d.Records(buf) {
				if err != nil {
					t.Errorf("%s: %v", f.URI, err)
					continue
				}
				r.Ordinal += f.First
				if !yield(r) {
					return
				}
			}
		}
		k, n, err := s.Add(t.Context(), f)
		if err != nil {
			t.Fatalf("Add %s: %v", f.URI, err)
		}
		kept, duplicate = kept+k, duplicate+n
		if i+1 == len(files) || files[i+1].URI != f.URI {
			if err := s.Finish(t.Context(), f.LogFile, nil); err != nil {
				t.Fatalf("Finish %s: %v", f.URI, err)
			}
		}
		for i := range buf {
			buf[i] = '#'
		}
		for i := range f.Body {
			f.Body[i] = '#'
		}
	}
	return kept, duplicate
}

func commit(t *testing.T, s Store) {
	t.Helper()
	if err := s.Commit(t.Context()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

// rows are all rows of a selection, kept beyond the step.
func rows(t *testing.T, s Store, sel query.Selection) []query.Row {
	t.Helper()
	var all []query.Row
	for r, err := range s.Rows(t.Context(), sel) {
		if err != nil {
			t.Fatalf("Rows: %v", err)
		}
		all = append(all, *r)
	}
	return all
}

// want are the rows that files must give: what the record tells, read without
// a store.
func want(t *testing.T, files ...source.File) []query.Row {
	t.Helper()
	var all []query.Row
	for _, f := range files {
		var d cloudtrail.Decoder
		for r, err := range d.Records(bytes.Clone(f.Body)) {
			if err != nil {
				t.Fatalf("%s: %v", f.URI, err)
			}
			r = r.Clone()
			who := lineage.NewIdentity(&r.UserIdentity)
			all = append(all, query.Row{
				Use:          lineage.NewUse(r, r.ID(f.Account), &who, lineage.Location{File: f.URI, Record: r.Ordinal}),
				ErrorMessage: r.ErrorMessage,
				EventType:    r.EventType,
				ReadOnly:     r.ReadOnly,
				Resources:    query.Touched(r),
			})
		}
	}
	return all
}

// uri is a log file's name as CloudTrail gives it.
func uri(account, region, minute, unique string) string {
	return fmt.Sprintf("logs/AWSLogs/%[1]s/CloudTrail/%[2]s/2026/01/02/%[1]s_CloudTrail_%[2]s_20260102T%[3]sZ_%[4]s.json.gz",
		account, region, minute, unique)
}
