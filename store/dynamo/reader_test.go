package dynamo

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/storetest"
)

var _ ingest.Store = (*Store)(nil)

// tables counts the tables that tests have made.
var tables atomic.Int64

// fresh makes an empty table of ours.
func fresh(t *testing.T, cfg aws.Config, o Options) *Store {
	t.Helper()
	name := fmt.Sprintf("T%03d", tables.Add(1))
	if err := Make(t.Context(), cfg, name, MakeOptions{}); err != nil {
		t.Fatal(err)
	}
	return opened(t, cfg, name, o)
}

func opened(t *testing.T, cfg aws.Config, name string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg, name, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	cfg := awstest.StartTables(t).Config()
	storetest.RunSlow(t, func(t *testing.T) storetest.Store {
		return fresh(t, cfg, Options{Write: true, Note: func(note string) { t.Errorf("told: %s", note) }})
	})
}
