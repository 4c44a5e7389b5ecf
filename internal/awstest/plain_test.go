package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestPlain: without the launcher's modules ministack does the same with roles,
// queues, tables and notices, and says so where a module is wanted.
func TestPlain(t *testing.T) {
	plain := awstest.Stack{Plain: true}
	stand := plain.Start(t)
	program := awstest.Build(t, "./testdata/function")
	t.Run("role", func(t *testing.T) { limited(t, stand, program) })
	stand.Reset(t)
	t.Run("notices", func(t *testing.T) { notices(t, stand, program) })
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "plain ministack has no record") {
			t.Errorf("Record said %s", said)
		}
	}()
	stand.Record(failing{t})
}

// failing ends by a panic where a test would end.
type failing struct{ testing.TB }

func (f failing) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
