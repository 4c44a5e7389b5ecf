package local_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// TestSecondWriter: it is told who writes, or waits.
func TestSecondWriter(t *testing.T) {
	t.Parallel()
	dir, all, files := filled(t, local.Options{})
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Open":    func() error { _, err := local.Open(t.Context(), dir, local.Options{}); return err }(),
		"Rebuild": rebuild(t, dir),
	} {
		locked, ok := errors.AsType[*local.LockedError](err)
		if !ok || locked.Dir != dir || !strings.HasPrefix(locked.By, fmt.Sprintf("process %d on ", os.Getpid())) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := local.Open(ctx, dir, local.Options{Wait: true}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting in vain: %v", err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = s.Close() })
	second, err := local.Open(t.Context(), dir, local.Options{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	pump(t, second, 1, files)
	same(t, "after both", ask(t, second, all), ask(t, inMemory(t, files), all))
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReadersMeanwhile asks while it is ingested, merged and retained: every
// reader sees one commit, a later one no less, none an error; and none is waited
// for.
func TestReadersMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := organisation(11, synth.Options{Stories: 16, Days: 4})
	all := tell(t, files)
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	asked := make([]atomic.Int32, 3)
	for i := range asked {
		readers.Go(func() {
			most := 0
			for {
				select {
				case <-done:
					return
				default:
				}
				n := look(t, dir, all)
				if n < most {
					t.Errorf("%d events, then %d", most, n)
				}
				most = n
				asked[i].Add(1)
			}
		})
	}
	readers.Go(func() { // by the writer's own
		for most := 0; ; {
			select {
			case <-done:
				return
			default:
			}
			n := 0
			for _, err := range s.Rows(t.Context(), query.Selection{}) {
				if err != nil {
					t.Error(err)
				}
				n++
			}
			if n < most {
				t.Errorf("%d events, then %d", most, n)
			}
			most = n
		}
	})
	for half := range slices.Chunk(files, (len(files)+1)/2) {
		from := &deliveries{files: half, settled: func(string) {}}
		if _, _, err := ingest.Pump(t.Context(), from, s, ingest.Options{Workers: 2, SettleEvery: time.Millisecond}); err != nil {
			t.Error(err)
		}
		// However fast the writer was: every reader sees what there is now.
		for i := range asked {
			for begun := asked[i].Load(); asked[i].Load() < begun+2 && !t.Failed(); {
				time.Sleep(time.Millisecond)
			}
		}
	}
	close(done)
	readers.Wait()
	old := read(t, dir, nil)
	before := ask(t, old, all)
	same(t, "ingested", before, ask(t, inMemory(t, files), all))
	if _, err := s.Retain(t.Context(), floors(files)[3]); err != nil {
		t.Fatal(err)
	}
	same(t, "a reader that was there before", ask(t, old, all), before)
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("closing took %v: it waits for the reader", took)
	}
	same(t, "a reader that was there before, after the end", ask(t, old, all), before)
}

// look asks a new reader everything, and returns how many events there are.
func look(t *testing.T, dir string, all *told) int {
	r, err := local.OpenReader(t.Context(), dir, local.Options{})
	if err != nil {
		t.Error(err)
		return 0
	}
	defer r.Close() //nolint:errcheck // only read from
	n, tallied := 0, 0
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Error(err)
			break
		}
		if n++; n%16 == 0 {
			if _, err := r.Raw(t.Context(), row.Location); err != nil {
				t.Error(err)
			}
		}
	}
	for y, err := range r.Tallies(t.Context(), query.Selection{}) {
		if err != nil {
			t.Error(err)
			break
		}
		tallied += y.Events
	}
	if n != tallied {
		t.Errorf("one reader counts %d events, and %d", n, tallied)
	}
	if _, err := r.Facts(t.Context(), all.keys, 0, 0); err != nil {
		t.Error(err)
	}
	if info, err := r.Info(t.Context()); err != nil || int(info.Events) < n {
		t.Errorf("%d events, %+v, %v", n, info, err)
	}
	return n
}

// versioned is a file on the disk, as one version of it.
func versioned(name, version string) *items {
	return &items{source.Item{
		LogFile: cloudtrail.LogFile{URI: name, Version: version},
		Open:    func(context.Context) (io.ReadCloser, error) { return os.Open(name) },
	}}
}

// TestFileOfManyVersions: one name, other content each time: every record is
// read from the version that it was in.
func TestFileOfManyVersions(t *testing.T) {
	t.Parallel()
	for _, keep := range []local.Keep{local.KeepCopy, local.KeepReference} {
		dir, name := t.TempDir(), filepath.Join(t.TempDir(), "day.jsonl")
		record := func(i int) string {
			return fmt.Sprintf(`{"eventID":"day-%d","eventTime":"2026-03-03T10:00:0%dZ","eventName":"ListBuckets"}`, i, i)
		}
		for i := range 4 { // the newest first: ordinals are others
			body := ""
			for j := i; j >= 0; j-- {
				body += record(j) + "\n"
			}
			write(t, name, []byte(body))
			s, err := local.Open(t.Context(), dir, local.Options{Keep: keep})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := ingest.Pump(t.Context(), versioned(name, fmt.Sprint(i)), s, ingest.Options{Workers: 1}); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		r := read(t, dir, nil)
		n := 0
		for row, err := range r.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			raw, err := r.Raw(t.Context(), row.Location)
			switch {
			case keep == local.KeepCopy && (err != nil || string(raw) != record(n)):
				t.Errorf("%v: %s, %v; want %s", row.Location, raw, err, record(n))
			case keep == local.KeepReference && n < 3 && (err == nil || !strings.Contains(err.Error(), "has changed since it was read")):
				t.Errorf("%v: %s, %v", row.Location, raw, err)
			case keep == local.KeepReference && n == 3 && string(raw) != record(3):
				t.Errorf("%v: %s, %v", row.Location, raw, err)
			}
			n++
		}
		if n != 4 {
			t.Errorf("%d events", n)
		}
		if keep == local.KeepReference { // and then it goes
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			_, err := read(t, dir, nil).Raw(t.Context(), lineage.Location{File: name + "?versionId=3"})
			if err == nil || strings.Count(err.Error(), "--keep reference") != 1 || !strings.Contains(err.Error(), name) {
				t.Errorf("gone: %v", err)
			}
			if rowTexts(t, read(t, dir, nil), query.Selection{}) == nil {
				t.Error("no events any more")
			}
			for _, f := range findings(t, dir) {
				if f.File != name {
					t.Errorf("check: %+v", f)
				}
			}
		}
	}
}
