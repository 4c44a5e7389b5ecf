package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/crosstrail/crosstrail/store/dynamo"
)

// filledTable is a table that log files are read into.
type filledTable struct{ *table }

var _ filled = filledTable{}

// Variants implements [filled]. Nothing but reading all of it would tell.
func (filledTable) Variants(context.Context) (int, error) { return 0, nil }

// tableWorkers is how many log files are read at once into a table: each is mostly
// waited for.
const tableWorkers = 16

// openTable opens the table that is the store, for writing. What has to be made or
// changed for it is said, and asked.
func (f *filling) openTable(ctx context.Context, name string) (filled, error) {
	f.limits.waits = tableWorkers
	o := dynamo.Options{Write: true, MaxFile: int64(f.limits.maxFile), Note: f.tells}
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

// How many bytes of a log file an event takes, compressed: in files of a thousand and
// in files of some few.
const (
	leastOfEvent = 100
	mostOfEvent  = 400
)

// cheapWrites is how many dollars are written without a word.
const cheapWrites = 1.0

// agreeWrites says what filling a table may come to, where it is much, and asks. What
// is there, and what a watch leaves out, costs less or nothing; how much that is nothing
// tells before it is read.
func (f *filling) agreeWrites(ctx context.Context, args []string, from *fromSources) error {
	name, err := f.store.table()
	if err != nil || name == "" {
		return err
	}
	size, more := sizeOnDisk(ctx, args), false
	for _, b := range from.buckets {
		size, more = size+b.fetches, more || b.more
	}
	least, most := size/mostOfEvent, size/leastOfEvent
	if float64(most)*dollarsToWrite < cheapWrites && !more {
		return nil
	}
	text := fmt.Sprintf("%s of log files hold, by guess, %s to %s", bytesText(size), thousands(rounded(int(least), false)), number(rounded(int(most), false), "event"))
	if more {
		text = "more than " + text
	}
	fmt.Fprintf(f.ui.stderr, "%s: in the table %s to %s to write, and %s to %s a month to keep (list prices of us-east-1); less, where a watch leaves some out\n",
		text, dollars(float64(least)*dollarsToWrite), dollars(float64(most)*dollarsToWrite), dollars(float64(least)*dollarsToKeep), dollars(float64(most)*dollarsToKeep))
	return f.ui.wanted(ctx, f.yes, "nothing was read", "to read less: --account, --region, --since, --until; to take less: crosstrail store watch"+f.flags())
}
