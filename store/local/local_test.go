package local_test

import (
	"context"
	"testing"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/storetest"
)

var (
	_ ingest.Store = (*local.Store)(nil)
	_ query.Reader = (*local.Store)(nil)
	_ query.Reader = (*local.Reader)(nil)
)

func open(t *testing.T, dir string, o local.Options) *local.Store {
	t.Helper()
	s, err := local.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, t.TempDir(), local.Options{}) })
}

// holding is a store that holds its files to what digests list.
type holding struct {
	*local.Store
	t *testing.T
}

func (h holding) Hold(ctx context.Context) error {
	_, err := h.HoldFiles(ctx, func(file string, err error) { h.t.Errorf("%s: %v", file, err) })
	return err
}

func TestDigests(t *testing.T) {
	storetest.RunDigests(t, func(t *testing.T) storetest.Keeper { return holding{open(t, t.TempDir(), local.Options{}), t} })
}
