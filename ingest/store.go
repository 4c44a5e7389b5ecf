package ingest

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Store is what the pump asks of a store. Add is called from several
// goroutines at once; Has and Commit are not called during an Add.
type Store interface {
	// Has reports whether the file is already there, so that it need not be
	// read again.
	Has(ctx context.Context, file cloudtrail.LogFile) (bool, error)
	// Add takes in one file's records and the file itself. It ranges over
	// all Records. Adding is set union: a record already there changes
	// nothing and counts as a duplicate, a variant counts as kept.
	Add(ctx context.Context, file source.File) (kept, duplicate int, err error)
	// Commit makes all that was added durable and visible to readers.
	Commit(ctx context.Context) error
}

// Counts is what became of files, or of records. The parts add up to Read.
type Counts struct {
	Read, Kept, Duplicate, PassedOver, Failed int
}
