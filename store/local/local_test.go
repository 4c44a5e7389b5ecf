package local_test

import (
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
