package source

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	// Beside says that Settle may be called while others of the same source run:
	// they wait for each other, to go out in one request.
	Beside bool
}

// Item is one log file to be read, or something that is passed over.
type Item struct {
	cloudtrail.LogFile
	Size int64 // bytes as delivered, 0 if not known
	// PassOver says why the item is not to be read: a digest, a picture. It is
	// counted, no more. Empty: it is to be read.
	PassOver string
	// Note is something to tell people about the item that is no failure.
	Note string
	// Open reads it from the start. Once is true for what can be read only
	// once, as standard input: nothing but this delivery has it.
	Open func(ctx context.Context) (io.ReadCloser, error)
	Once bool
}

// Inline is a log file of our own making, of records that came without one. The store
// keeps it, as nobody can read it again.
func Inline(body []byte) Item {
	return Item{
		LogFile: cloudtrail.LogFile{URI: cloudtrail.InlineURI(sha256.Sum256(body))}, Size: int64(len(body)), Once: true,
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}
}
