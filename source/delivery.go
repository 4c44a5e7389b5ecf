package source

import (
	"context"
	"io"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Delivery is what is acknowledged as one: a file, a listed object, an SQS
// message, which may name many log files.
type Delivery struct {
	Items []Item
	// Settle is called once, after the commit that holds all items (err nil),
	// or with what kept them from being stored. Nil means nothing to settle.
	Settle func(ctx context.Context, err error) error
}

// Item is one log file to be read.
type Item struct {
	cloudtrail.LogFile
	Size int64 // bytes as delivered, 0 if not known
	// Open reads it from the start. Once is true for what can be read only
	// once, as standard input.
	Open func(ctx context.Context) (io.ReadCloser, error)
	Once bool
}
