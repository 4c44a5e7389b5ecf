package ingest

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Source hands out deliveries. Next returns io.EOF after the last; it is called
// from one goroutine.
type Source interface {
	Next(ctx context.Context) (source.Delivery, error)
}

// Store is what the pump asks of a store. It is called from several goroutines
// at once: those about one file come one after the other, and so do the commits,
// while other files are being added.
type Store interface {
	// Has reports whether the file is already there, so that it need not be
	// read again.
	Has(ctx context.Context, file cloudtrail.LogFile) (bool, error)
	// Add takes in one file's records and the file itself. It ranges over
	// all Records. Adding is set union: a record already there changes
	// nothing and counts as a duplicate, a variant counts as kept. A record
	// that the store does not want counts as neither, and so does one that it
	// cannot hold, as too large: of those it tells by a [*source.PartError],
	// having added all others. When ctx ends it may stop
	// early with the error of ctx: what it has counted is added all the same.
	Add(ctx context.Context, file source.File) (kept, duplicate int, err error)
	// Finish tells that no more of a file comes, and why it could not be read
	// to its end, if it could not, or as a [*source.PartError] which of its
	// records could not. From the next commit on [Store.Has] knows a file of
	// which all could be read; one of which not is to be read again.
	Finish(ctx context.Context, file cloudtrail.LogFile, failed error) error
	// Commit makes all that was added before it durable and visible to readers;
	// of what is added meanwhile, as much as the store likes.
	Commit(ctx context.Context) error
}

// StoreError is a run that ended because the store failed: not all that was read
// until then is in it.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "store: " + e.Err.Error() }
func (e *StoreError) Unwrap() error { return e.Err }

// Counts is what became of files, or of records. The parts add up to Read.
//
// A file of which only a part could be read is Failed, its good records are Kept.
type Counts struct {
	Read, Kept, Duplicate, PassedOver, Failed int
}

// Plus is the sum of two.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		Read: c.Read + d.Read, Kept: c.Kept + d.Kept, Duplicate: c.Duplicate + d.Duplicate,
		PassedOver: c.PassedOver + d.PassedOver, Failed: c.Failed + d.Failed,
	}
}
