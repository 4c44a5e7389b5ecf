package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// TestDamagedTail changes each byte of a Parquet file's page index and footer in
// turn. One change was seen that led to another column's words, and nothing said so.
func TestDamagedTail(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // what it writes was committed
	var d cloudtrail.Decoder
	body := []byte(`{"eventID":"one","eventTime":"2026-01-02T10:00:00Z","eventName":"A","recipientAccountId":"111111111111"}`)
	file := source.File{LogFile: cloudtrail.LogFile{URI: "a.json"}, Body: body, Records: func(yield func(*cloudtrail.Record) bool) {
		for r, err := range d.Records(body) {
			if err != nil || !yield(r) {
				return
			}
		}
	}}
	if _, _, err := s.Add(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Finish(t.Context(), file.LogFile, nil), s.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	v, err := s.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer s.release(v)
	one := &v.segments[0].segment
	path := filepath.Join(dir, filepath.FromSlash(one.name))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opens := func() error {
		f, err := openSegment(dir, one)
		if err != nil {
			return err
		}
		defer f.close()
		_, err = f.open()
		return err
	}
	if err := opens(); err != nil || one.tail == 0 {
		t.Fatalf("the whole one, of checksum %d: %v", one.tail, err)
	}
	var silent []int
	from := len(whole) - 3000 // the footer, and of the index before it some
	for at := from; at < len(whole); at++ {
		damaged := slices.Clone(whole)
		damaged[at] ^= byte(1 + at%255)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if opens() == nil {
			silent = append(silent, at-from)
		}
	}
	if len(silent) > 0 {
		t.Errorf("of %d changes %d show nowhere: %v", len(whole)-from, len(silent), silent)
	}
}
