package source

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Unpacker reads one item after another into buffers that it keeps. It is not
// safe for concurrent use: every worker has its own, under one [Budget].
type Unpacker struct {
	budget *Budget
	wide   bool // holds the budget's lane
	body   []byte
	plain  []byte
	in     bytes.Reader
	gz     gzip.Reader
}

// NotOpened is how the problem of a file begins that could not even be opened.
const NotOpened = "cannot be opened"

const emptyFile = "empty: not even an empty log file; fetch it again"

// NewUnpacker returns an Unpacker under a budget.
func NewUnpacker(b *Budget) *Unpacker { return &Unpacker{budget: b} }

// Piece is a file decompressed; or, of JSON lines larger than a worker's share,
// some whole lines of it. Both slices are valid until the next piece.
type Piece struct {
	Body   []byte // as delivered; of a file in pieces the same as Plain
	Plain  []byte // decompressed, with [cloudtrail.Padding] bytes to spare
	Offset int64  // of Plain in the decompressed file
}

// Pieces yields what an item holds to emit, nearly always as one piece.
//
// The error is an [*Error] that says what is wrong and what to do, or that of
// ctx. What could be read before it has been emitted: the records before the
// place where a file was cut short are good. Notes are worth telling but no
// failure. emit reports whether it wants more.
func (u *Unpacker) Pieces(ctx context.Context, item Item, emit func(Piece) bool) (note string, err error) {
	defer u.shrink()
	if item.Open == nil {
		return "", fileError(item.URI, NotOpened, nil)
	}
	r, err := item.Open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fileError(item.URI, NotOpened+": "+problem(err), err)
	}
	defer r.Close() //nolint:errcheck // only read from

	body, end, err := u.fill(ctx, r, u.body[:0], int(item.Size)+1)
	u.body = body
	if err != nil && len(body) == 0 {
		return "", readError(ctx, item.URI, err)
	}
	switch form := formOf(body); {
	case len(body) == 0:
		return "", fileError(item.URI, emptyFile, nil)
	case form == gzipForm:
		return "", u.gunzip(ctx, item, r, end, err, emit)
	case form != "":
		return "", fileError(item.URI, "is "+form+", which is not read here: decompress it first", nil)
	}
	if isGzipName(item.URI) {
		if !startsAsJSON(body) && !end && len(body) > u.budget.limit {
			return "", u.budget.tooLarge(item.URI, "as delivered", int(item.Size))
		}
		if !startsAsJSON(body) {
			return "", fileError(item.URI, "neither gzip, as its name says, nor JSON: fetch it again", nil)
		}
		note = item.URI + ": is not compressed, though its name says so: read as it is"
	}
	c := cut{u: u, item: item, r: r}
	u.plain, u.body = u.body, u.plain // the pieces are cut from plain
	err = c.pieces(ctx, end, err, emit)
	u.plain, u.body = u.body, u.plain
	return note, err
}

// gunzip reads the rest of the body and decompresses it.
func (u *Unpacker) gunzip(ctx context.Context, item Item, r io.Reader, end bool, failed error, emit func(Piece) bool) error {
	for !end && failed == nil {
		if len(u.body) > u.budget.limit {
			return u.budget.tooLarge(item.URI, "even as delivered", int(item.Size))
		}
		body, err := u.grow(ctx, u.body, 2*len(u.body))
		if err != nil {
			return err
		}
		u.body, end, failed = u.fill(ctx, r, body, 0)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	u.in.Reset(u.body)
	if err := u.gz.Reset(&u.in); err != nil {
		return fileError(item.URI, "begins like gzip but is not, or is cut short in its first bytes: fetch it again", err)
	}
	c := cut{u: u, item: item, r: &members{gz: &u.gz, in: &u.in, body: u.body}, packed: u.body}
	plain, whole, err := u.fill(ctx, c.r, u.plain[:0], hint(u.body))
	u.plain = plain
	if whole && err == nil && len(plain) == 0 && failed == nil {
		return fileError(item.URI, emptyFile, nil)
	}
	err = c.pieces(ctx, whole, err, emit)
	if failed != nil {
		return readError(ctx, item.URI, failed)
	}
	return err
}

// hint guesses the decompressed size from the last member's trailer, which
// anybody may have written: it is bounded by what deflate makes of log files.
func hint(body []byte) int {
	if len(body) < 18 {
		return 0
	}
	t := body[len(body)-4:]
	size := int64(t[0]) | int64(t[1])<<8 | int64(t[2])<<16 | int64(t[3])<<24
	return int(min(size, 64*int64(len(body)))) + 1
}

// fill reads on into buf, up to the worker's share or the capacity of buf if
// that is larger. want is a guess at the size. End is true at the end of input.
func (u *Unpacker) fill(ctx context.Context, r io.Reader, buf []byte, want int) (full []byte, end bool, err error) {
	if n := min(max(want, 64<<10), u.budget.share); room(buf) < n {
		buf = regrow(buf, n)
	}
	for {
		if len(buf) == room(buf) {
			if len(buf) >= u.budget.share {
				return buf, false, nil
			}
			buf = regrow(buf, min(2*len(buf), u.budget.share))
		}
		n, err := r.Read(buf[len(buf):room(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, true, nil
		case err != nil:
			return buf, true, err
		case ctx.Err() != nil:
			return buf, true, ctx.Err()
		}
	}
}

// grow makes room for n bytes, beyond the share if the lane is free.
func (u *Unpacker) grow(ctx context.Context, buf []byte, n int) ([]byte, error) {
	if !u.wide {
		if err := u.budget.beyond(ctx); err != nil {
			return buf, err
		}
		u.wide = true
	}
	// One byte more than the limit tells what ends there from what goes on.
	return regrow(buf, min(n, u.budget.limit+1)), nil
}

// shrink gives back what went beyond the share.
func (u *Unpacker) shrink() {
	if !u.wide {
		return
	}
	u.wide = false
	if room(u.body) > u.budget.share {
		u.body = nil
	}
	if room(u.plain) > u.budget.share {
		u.plain = nil
	}
	u.budget.release()
}

// room is the part of buf's capacity that is not kept for the decoder.
func room(buf []byte) int { return max(cap(buf)-cloudtrail.Padding, 0) }

func regrow(buf []byte, n int) []byte {
	grown := make([]byte, len(buf), n+cloudtrail.Padding)
	copy(grown, buf)
	return grown
}

func readError(ctx context.Context, uri string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return fileError(uri, "cannot be read: "+problem(err), err)
}
