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
	// that the store does not want counts as neither.
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

// Counts is what became of files, or of records. The parts add up to Read.
//
// A file of which only a part could be read is Failed, its good records are Kept.
type Counts struct {
	Read, Kept, Duplicate, PassedOver, Failed int
}

func (c *Counts) add(d Counts) {
	c.Read += d.Read
	c.Kept += d.Kept
	c.Duplicate += d.Duplicate
	c.PassedOver += d.PassedOver
	c.Failed += d.Failed
}
