package cloudtrail

import (
	"fmt"
	"iter"
)

// Padding is how much spare capacity the decoder wants behind a buffer, so that
// it may look at eight bytes a step. A buffer without it is copied once.
const Padding = 64

// Decoder decodes one input after another, reusing its memory. It is not safe
// for concurrent use, nor for a second iteration inside the first.
type Decoder struct{ reader *reader }

// Records yields the records of one decompressed input: a log file, a bare
// array, JSON lines, one record, LookupEvents output or EventBridge envelopes.
//
// A bad record yields a nil Record and a [*RecordError], and costs only itself.
// Input that cannot be read further yields a nil Record and a [*InputError],
// last: what came before it stands. The Record is overwritten by the next step.
// buf is never written to within its length; its padding is.
func (d *Decoder) Records(buf []byte) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		if d.reader == nil {
			d.reader = newReader()
		}
		d.reader.read(buf, yield)
	}
}

// RecordError is one record that could not be decoded.
type RecordError struct {
	Ordinal int    // its place in the input, from 0
	Offset  int64  // of the byte where it goes wrong
	Problem string // what is wrong and, where there is something, what to do
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d at byte %d: %s", e.Ordinal, e.Offset, e.Problem)
}

// InputError is the point after which nothing could be read.
type InputError struct {
	Offset  int64
	Problem string
}

func (e *InputError) Error() string {
	if e.Offset == 0 {
		return e.Problem
	}
	return fmt.Sprintf("at byte %d: %s", e.Offset, e.Problem)
}
