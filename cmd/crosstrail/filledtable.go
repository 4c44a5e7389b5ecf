package main

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

// filledTable is a table that log files are read into.
type filledTable struct{ *table }

var _ filled = filledTable{}

// Failed implements [filled].
func (t filledTable) Failed(ctx context.Context) ([]local.FailedFile, error) {
	var all []local.FailedFile
	failed, err := t.table.Failed(ctx)
	for _, f := range failed {
		all = append(all, local.FailedFile{LogFile: f.LogFile, Problem: f.Problem, Records: f.Records})
	}
	return all, err
}

// Variants implements [filled]. Nothing but reading all of it would tell.
func (filledTable) Variants(context.Context) (int, error) { return 0, nil }

// tableWorkers is how many log files are read at once into a table: each is mostly
// waited for.
const tableWorkers = 16

// openTable opens the table that is the store, for writing. What has to be made or
// changed for it is said, and asked.
func (f *filling) openTable(ctx context.Context, name string) (filled, error) {
	f.limits.waits = tableWorkers
	o := dynamo.Options{Write: true, MaxFile: int64(f.limits.maxFile)}
	t, err := f.aws.table(ctx, f.ui, name, o)
	if isUnmade(err) && f.makes || err == nil && f.completes {
		m := making{ui: f.ui, aws: &f.aws, yes: f.yes, onDemand: f.onDemand}
		made, failed := m.ready(ctx, name, err)
		if failed != nil {
			return nil, failed
		}
		if made {
			t, err = f.aws.table(ctx, f.ui, name, o)
		}
	}
	if err != nil {
		return nil, err
	}
	return filledTable{t}, nil
}

// isUnmade reports whether a table is not there, or is not yet what is wanted.
func isUnmade(err error) bool {
	return errors.Is(err, dynamo.ErrNoTable) || errors.Is(err, dynamo.ErrForeign)
}
