package source_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// shelved is an item that counts how often it is opened.
func shelved(uri string, body []byte, opened *int) source.Item {
	return source.Item{LogFile: cloudtrail.LogFile{URI: uri}, Open: func(context.Context) (io.ReadCloser, error) {
		*opened++
		return io.NopCloser(bytes.NewReader(body)), nil
	}}
}

// numbered is a record of its own.
func numbered(n int) string { return fmt.Sprintf(`{"eventName":"E%d"}`, n) }

func TestShelfReadsAFileOnce(t *testing.T) {
	var s source.Shelf
	opened := 0
	item := shelved("a", []byte(`[`+numbered(0)+`,17,`+numbered(2)+`]`), &opened)
	for ordinal, want := range []string{numbered(0), "", numbered(2)} {
		got, err := s.Record(t.Context(), item, 0, ordinal)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("record %d: %q, %v", ordinal, got, err)
		}
		clear(got) // it is the caller's own
	}
	if got, err := s.Record(t.Context(), item, 0, 0); string(got) != numbered(0) || err != nil || opened != 1 {
		t.Errorf("again: %q, %v, opened %d times", got, err, opened)
	}
	if _, err := s.Record(t.Context(), item, 0, 3); err == nil || !strings.Contains(err.Error(), "a: has no record 3 any more") {
		t.Errorf("a record that is not there: %v", err)
	}
	other := item
	other.Version = "2"
	if _, err := s.Record(t.Context(), other, 0, 0); err != nil || opened != 3 {
		t.Errorf("another version: %v, opened %d times", err, opened)
	}
}

// TestShelfPiece: a piece that was kept by itself has the ordinals of the whole.
func TestShelfPiece(t *testing.T) {
	var s source.Shelf
	var early, late int
	first := shelved("lines", []byte(numbered(0)+"\n"+numbered(1)+"\n"), &early)
	second := shelved("lines", []byte(numbered(2)+"\n"+numbered(3)+"\n"), &late)
	for _, ordinal := range []int{0, 1, 2, 3, 1, 2} {
		item, from := first, 0
		if ordinal >= 2 {
			item, from = second, 2
		}
		got, err := s.Record(t.Context(), item, from, ordinal)
		if string(got) != numbered(ordinal) || err != nil {
			t.Errorf("record %d: %q, %v", ordinal, got, err)
		}
	}
	if early != 1 || late != 1 {
		t.Errorf("opened %d and %d times", early, late)
	}
}

func TestShelfDamagedFurtherOn(t *testing.T) {
	var s source.Shelf
	opened := 0
	item := shelved("cut", []byte(`{"Records":[`+numbered(0)+`,{"eventNa`), &opened)
	if got, err := s.Record(t.Context(), item, 0, 0); string(got) != numbered(0) || err != nil {
		t.Errorf("before the cut: %q, %v", got, err)
	}
	if _, err := s.Record(t.Context(), item, 0, 1); err == nil {
		t.Error("behind the cut: no error")
	}
}
