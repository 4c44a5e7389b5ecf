package cloudtrail

import "iter"

// Padding is how much spare capacity the decoder wants behind a buffer, so that
// it may look at eight bytes a step. A buffer without it is copied once.
const Padding = 64

// Decoder decodes one input after another, reusing its memory. It is not safe
// for concurrent use.
type Decoder struct{}

// Records yields the records of one decompressed input: a log file, a bare
// array, JSON lines, one record, LookupEvents output or EventBridge envelopes.
//
// A bad record yields a nil Record and a [*RecordError], and costs only itself.
// Input that cannot be read further yields a nil Record and a [*InputError],
// last: what came before it stands. The Record is overwritten by the next step.
// buf is never written to within its length; its padding is.
func (d *Decoder) Records(buf []byte) iter.Seq2[*Record, error] {
	panic("skeleton")
}

// RecordError is one record that could not be decoded.
type RecordError struct {
	Ordinal int
	Offset  int64
	Problem string // what is wrong and, where there is something, what to do
}

func (e *RecordError) Error() string { return e.Problem }

// InputError is the point after which nothing could be read.
type InputError struct {
	Offset  int64
	Problem string
}

func (e *InputError) Error() string { return e.Problem }
