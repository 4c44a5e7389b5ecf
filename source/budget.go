package source

import "context"

// Budget bounds what all workers hold of their inputs at one moment. Each has a
// share, enough for nearly every log file; one at a time may go beyond it, up to
// the limit. So a folder full of bombs costs no more than one.
type Budget struct {
	share, limit int
	workers      int
	flag         string // what raises the limit
	lane         chan struct{}
}

// DefaultMaxFile is the cap on the decompressed size of one file: CloudTrail's
// own are a hundredth of it.
const DefaultMaxFile = 256 << 20

const (
	mostShare  = 8 << 20
	leastShare = 256 << 10
)

// NewBudget divides memory (bytes, 0: as much as maxFile needs) among workers.
// maxFile is the cap on one decompressed file, 0 for [DefaultMaxFile].
//
// A worker holds a file twice, as delivered and decompressed.
func NewBudget(memory, maxFile int64, workers int) *Budget {
	if maxFile <= 0 {
		maxFile = DefaultMaxFile
	}
	b := &Budget{share: mostShare, limit: int(maxFile), workers: max(workers, 1), flag: "--max-file", lane: make(chan struct{}, 1)}
	if memory > 0 {
		b.share = int(min(max(memory/int64(4*max(workers, 1)), leastShare), mostShare))
		rest := max((memory-int64(2*workers*b.share))/2, int64(b.share))
		if rest < maxFile {
			b.limit, b.flag = int(rest), "--memory"
		}
	}
	b.share = min(b.share, b.limit)
	return b
}

// beyond waits until the caller may hold more than its share.
func (b *Budget) beyond(ctx context.Context) error {
	select {
	case b.lane <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Budget) release() { <-b.lane }

// TooLargeError is a file that exceeds the cap on one file, or what the memory given
// leaves for one.
type TooLargeError struct {
	Limit  int    // bytes
	As     string // which of the file's forms exceeds it, as "when decompressed"
	Memory int64  // what would do, as far as can be told, where memory is what lacks; else 0
}

// Error says nothing of what raises the limit: that is a flag here, and elsewhere
// something else.
func (e *TooLargeError) Error() string { return "larger than " + bytesText(e.Limit) + " " + e.As }

// tooLarge says that a file exceeds the limit, and which flag raises it. As is which of
// its forms, size what is known of that.
func (b *Budget) tooLarge(uri, as string, size int) *Error {
	e := &TooLargeError{Limit: b.limit, As: as}
	lack := ""
	if b.flag == "--memory" {
		lack = ", which is what --memory leaves for one file"
		// The inverse of NewBudget, of whichever share comes out.
		n := int64(max(size, 2*b.limit)) + 1
		e.Memory = min(4*n, 2*n+2*int64(b.workers)*mostShare)
	}
	return fileError(uri, e.Error()+lack+", not read: if it is what you expect, raise "+b.flag, e)
}
