package source

import (
	"context"
	"io"
	"strings"
	"testing"
)

// TestShelfLimit: a file that has grown into a bomb is not read.
func TestShelfLimit(t *testing.T) {
	const one = `{"eventName":"E"}`
	item := Item{Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<10) + one)), nil
	}}
	s := Shelf{limit: 1 << 9}
	if _, err := s.Record(t.Context(), item, 0, 0); err == nil || !strings.Contains(err.Error(), "larger than 512 bytes") {
		t.Errorf("beyond the limit: %v", err)
	}
	s.Allow(1 << 11)
	if got, err := s.Record(t.Context(), item, 0, 0); string(got) != one || err != nil {
		t.Errorf("allowed: %q, %v", got, err)
	}
	if s.limit != DefaultMaxFile {
		t.Errorf("%d bytes are allowed, fewer than are read anyhow", s.limit)
	}
}
