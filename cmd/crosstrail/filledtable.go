package main

import (
	"context"

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
	if f.makes {
		made, failed := f.makeReady(ctx, name, t, err)
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

// isStore reports whether a table that is read is the one that is filled.
func (f *filling) isStore(t *fromTable) bool {
	name, err := f.store.table()
	return err == nil && name == t.name
}
