package source

import (
	"context"
	"fmt"
)

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

// TooLargeError is a file that exceeds the limit which the memory given leaves.
type TooLargeError struct {
	Memory int64 // that would do, as far as can be told
}

func (e *TooLargeError) Error() string { return "too large for the memory given" }

// tooLarge says that a file exceeds the limit, and what raises it. As is which of
// its forms, size what is known of that.
func (b *Budget) tooLarge(uri, as string, size int) *Error {
	if b.flag == "--max-file" {
		return fileError(uri, fmt.Sprintf("larger than %s %s, not read: if it is what you expect, raise --max-file", bytesText(b.limit), as), nil)
	}
	text := fmt.Sprintf("larger than %s %s, which is what --memory leaves for one file, not read: if it is what you expect, raise --memory", bytesText(b.limit), as)
	// The inverse of NewBudget, of whichever share comes out.
	n := int64(max(size, 2*b.limit)) + 1
	return fileError(uri, text, &TooLargeError{min(4*n, 2*n+2*int64(b.workers)*mostShare)})
}

func bytesText(n int) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
