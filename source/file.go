package source

import (
	"context"
	"io"
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// File is one log file on its way into a store.
type File struct {
	cloudtrail.LogFile
	Body []byte // as delivered, compressed or not; valid until Add returns
	// Open reads the file again, for a store that keeps no copy. Nil for
	// input that cannot be read twice.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Records are the good records; each is valid until the next step.
	Records iter.Seq[*cloudtrail.Record]
}
