package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// TestStoppedAdd: what was added of a file until a run was stopped stays, and is
// counted, and each event knows its file.
func TestStoppedAdd(t *testing.T) {
	var body strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&body, `{"eventID":"%d","eventTime":"2026-03-03T10:00:00Z","eventName":"GetObject","recipientAccountId":"111111111111"}`+"\n", i)
	}
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // what it writes was committed
	ctx, cancel := context.WithCancel(t.Context())
	add := func() (kept, duplicates int, err error) {
		plain := append(make([]byte, 0, body.Len()+cloudtrail.Padding), body.String()...)
		return s.Add(ctx, source.File{ // as it comes on standard input
			Body: []byte(body.String()),
			Records: func(yield func(*cloudtrail.Record) bool) {
				var d cloudtrail.Decoder
				for r, err := range d.Records(plain) {
					if r.Ordinal == 1500 {
						cancel()
					}
					if err != nil || !yield(r) {
						return
					}
				}
			},
		})
	}
	kept, duplicates, err := add()
	if !errors.Is(err, context.Canceled) || kept != 2048 || duplicates != 0 {
		t.Errorf("kept %d, %d duplicates, %v", kept, duplicates, err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range s.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 1 {
			continue
		}
		if raw, err := s.Raw(t.Context(), row.Location); err != nil || !strings.Contains(string(raw), row.ID.Event) {
			t.Errorf("%+v: %q, %v", row.Location, raw, err)
		}
	}
	if n != kept {
		t.Errorf("%d events, %d were kept", n, kept)
	}

	ctx, cancel = t.Context(), func() {}
	if kept, duplicates, err := add(); kept != 5000-2048 || duplicates != 2048 || err != nil {
		t.Errorf("again: kept %d, %d duplicates, %v", kept, duplicates, err)
	}
}

// TestRebuildOfPart: a file of which not all was read when it was stopped, or could
// be, has not come to its end for its copy having been read again.
func TestRebuildOfPart(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := source.File{Body: []byte(`{"Records":[]}`), Records: func(func(*cloudtrail.Record) bool) {}}
	for _, uri := range []string{"/stopped", "/failed", "/whole"} {
		f.LogFile = cloudtrail.LogFile{URI: uri}
		f.Open = func(context.Context) (io.ReadCloser, error) { return nil, fs.ErrNotExist }
		f.Body = append(f.Body, '\n')
		if _, _, err := s.Add(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(s.Finish(t.Context(), cloudtrail.LogFile{URI: "/failed"}, errors.New("connection reset")), s.Finish(t.Context(), cloudtrail.LogFile{URI: "/whole"}, nil), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	err = Rebuild(t.Context(), dir, Options{}, func(from *Copies, to *Store) error {
		_, _, err := ingest.Pump(t.Context(), from, to, ingest.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it is only read from
	for _, uri := range []string{"/stopped", "/failed", "/whole"} {
		if has, err := s.Has(t.Context(), cloudtrail.LogFile{URI: uri}); err != nil || has != (uri == "/whole") {
			t.Errorf("%s: %v, %v", uri, has, err)
		}
	}
	if all, err := s.Failed(t.Context()); err != nil || len(all) != 1 || all[0].URI != "/failed" {
		t.Errorf("%+v, %v", all, err)
	}
}
