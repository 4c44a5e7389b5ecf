package ingest_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// narrow is a store that cannot hold the records of an event id.
type narrow struct {
	*memory.Store
	id       string
	finished error
}

func (n *narrow) Add(ctx context.Context, f source.File) (kept, duplicate int, err error) {
	var part source.PartError
	all := f.Records
	f.Records = func(yield func(*cloudtrail.Record) bool) {
		for r := range all {
			if r.EventID != n.id {
				yield(r)
			} else if part.Records++; part.First == nil {
				part.First = &source.Error{URI: f.URI, Record: r.Ordinal, Offset: r.Offset, Problem: "too large"}
			}
		}
	}
	if kept, duplicate, err = n.Store.Add(ctx, f); err == nil && part.Records > 0 {
		err = &part
	}
	return kept, duplicate, err
}

func (n *narrow) Finish(ctx context.Context, f cloudtrail.LogFile, failed error) error {
	n.finished = errors.Join(n.finished, failed)
	return n.Store.Finish(ctx, f, failed)
}

// TestTurnedAway: a record that the store cannot hold fails, and no other.
func TestTurnedAway(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.json", `{"Records":[`+one+`,`+two+`,"no record",`+three+`]}`)
	paths, err := source.NewPaths([]string{filepath.Join(dir, "a.json")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	store := &narrow{Store: memory.New(), id: "00000000-0000-4000-8000-000000000002"}
	var told []string
	files, records, err := ingest.Pump(t.Context(), paths, store, ingest.Options{OnError: func(err error) { told = append(told, err.Error()) }})
	if err != nil || files != (ingest.Counts{Read: 1, Kept: 1}) || records != (ingest.Counts{Read: 4, Kept: 2, Failed: 2}) || len(told) != 2 {
		t.Errorf("%+v, %+v, %v; told %q", files, records, err, told)
	}
	if part, ok := errors.AsType[*source.PartError](store.finished); !ok || part.Records != 2 {
		t.Errorf("finished with %v, want two records that could not be read", store.finished)
	}
}

// TestTurnedAwayInline: what came without a file and cannot be held is not settled as
// stored: nothing but its delivery has it.
func TestTurnedAwayInline(t *testing.T) {
	for name, c := range map[string]struct{ once, fails bool }{"of a file": {false, false}, "of no file": {true, true}} {
		var settled error
		item := text("a", `{"Records":[`+one+`,`+two+`]}`)
		item.Once = c.once
		deliver := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
			if n > 0 {
				return source.Delivery{}, io.EOF
			}
			return source.Delivery{Items: []source.Item{item}, Settle: func(_ context.Context, err error) error { settled = err; return nil }}, nil
		}}
		store := &narrow{Store: memory.New(), id: "00000000-0000-4000-8000-000000000002"}
		_, records, err := ingest.Pump(t.Context(), deliver, store, ingest.Options{})
		if err != nil || records.Kept != 1 || (settled != nil) != c.fails {
			t.Errorf("%s: %+v, %v; settled with %v", name, records, err, settled)
		}
	}
}
