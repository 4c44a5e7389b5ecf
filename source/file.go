package source

import (
	"context"
	"io"
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// File is one log file on its way into a store, or a piece of one: JSON lines
// larger than a worker's buffer come in several pieces under one URI.
type File struct {
	cloudtrail.LogFile
	// Body is the file as delivered, compressed or not; of a file in pieces,
	// the decompressed lines of this piece. Valid until Add returns.
	Body []byte
	// First is the ordinal of the first record of Body in the whole file: 0
	// but for the later pieces.
	First int
	// Open reads the whole file again, for a store that keeps no copy. Nil for
	// input that cannot be read twice.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Records are the good records, their ordinals and offsets those in the
	// whole file; each is valid until the next step.
	Records iter.Seq[*cloudtrail.Record]
}
