package awstest

import (
	"context"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/internal/install"
)

// LoadTables is a DynamoDB for measuring and for many items: dynalite, in a process of
// its own and in memory, with neither accounts nor policies, thousands of calls a
// second. It holds items, conditions, indexes, batches and limits as DynamoDB does; a
// time to live, point-in-time recovery and protection against deletion are noted, and
// do nothing.
type LoadTables struct{ process *process }

// OpenTables starts one, for a program.
func OpenTables(ctx context.Context) (*LoadTables, error) {
	dir, err := install.Node(ctx, tables, "tables")
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	p, err := run(ctx, dir, node, "server.mjs")
	if err != nil {
		return nil, err
	}
	return &LoadTables{p}, nil
}

// StartTables starts one that ends with the test. A test whose stand-in cannot be had
// is skipped, loudly, and fails if CI=true.
func StartTables(t testing.TB) *LoadTables {
	t.Helper()
	l, err := OpenTables(t.Context())
	if err != nil {
		install.Missing(t, t.Name(), err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// Close ends it.
func (l *LoadTables) Close() error { return l.process.stop() }

// Config calls it.
func (l *LoadTables) Config() aws.Config {
	return (&AWS{Endpoint: l.process.address, client: newClient()}).config("load", "load", "")
}

// Table makes a table as Account.Table does.
func (l *LoadTables) Table(t testing.TB, name string, options ...func(*dynamodb.CreateTableInput)) *Table {
	t.Helper()
	return makeTable(t, dynamodb.NewFromConfig(l.Config()), name, options...)
}
