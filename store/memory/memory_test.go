package memory_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/storetest"
)

var (
	_ ingest.Store = (*memory.Store)(nil)
	_ query.Reader = (*memory.Store)(nil)
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return memory.New() })
}
