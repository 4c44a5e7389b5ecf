package source

import (
	"bytes"
	"context"
	"io"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// cut hands out the decompressed bytes of one item, in one piece where it can.
type cut struct {
	u      *Unpacker
	item   Item
	r      io.Reader // decompressed
	packed []byte    // the body as delivered, nil if it was not compressed
}

// pieces starts with u.plain as far as it has been filled: to the end of input,
// to an error, or to the worker's share.
func (c *cut) pieces(ctx context.Context, end bool, failed error, emit func(Piece) bool) error {
	u := c.u
	var offset int64
	lines := false
	for {
		switch {
		case end && ctx.Err() != nil:
			return ctx.Err()
		case end:
			body := u.plain
			if c.packed != nil && offset == 0 {
				body = c.packed
			}
			if len(u.plain) > 0 {
				emit(Piece{Body: body, Plain: u.plain, Offset: offset})
			}
			if failed != nil {
				return c.failure(ctx, failed)
			}
			return nil
		case lines || offset == 0 && areLines(u.plain):
			lines = true
			n := bytes.LastIndexByte(u.plain, '\n') + 1
			if n == 0 {
				break // one line longer than the buffer
			}
			if !c.emitLines(n, offset, emit) {
				return nil
			}
			offset += int64(n)
			u.plain, end, failed = u.fill(ctx, c.r, u.plain, 0)
			continue
		}
		if len(u.plain) > u.budget.limit {
			return u.budget.tooLarge(c.item.URI, "when decompressed", max(hint(c.packed), int(c.item.Size)))
		}
		want := 4 * len(u.plain)
		if c.packed != nil {
			want = max(want, hint(c.packed))
		}
		grown, err := u.grow(ctx, u.plain, want)
		if err != nil {
			return err
		}
		u.plain = grown
		u.plain, end, failed = u.fill(ctx, c.r, u.plain, 0)
	}
}

// emitLines emits the first n bytes of plain and moves the rest to its front.
func (c *cut) emitLines(n int, offset int64, emit func(Piece) bool) bool {
	plain := c.u.plain
	// The decoder writes into the padding, which here is the next line.
	var kept [cloudtrail.Padding]byte
	behind := plain[n:min(n+len(kept), cap(plain))]
	copy(kept[:], behind)
	more := emit(Piece{Body: plain[:n], Plain: plain[:n], Offset: offset})
	copy(behind, kept[:])
	c.u.plain = plain[:copy(plain, plain[n:])]
	return more
}

func (c *cut) failure(ctx context.Context, err error) error {
	if c.packed == nil || ctx.Err() != nil {
		return readError(ctx, c.item.URI, err)
	}
	return fileError(c.item.URI, gunzipProblem(err), err)
}

// areLines reports whether text that goes on beyond its end is JSON lines: its
// first line is an object, and so begins the second.
func areLines(text []byte) bool {
	first, rest, ok := bytes.Cut(text, []byte{'\n'})
	first, rest = bytes.TrimSpace(first), bytes.TrimSpace(rest[:min(len(rest), 1<<10)])
	first = bytes.TrimPrefix(first, []byte(byteOrderMark))
	return ok && len(first) > 1 && first[0] == '{' && first[len(first)-1] == '}' &&
		(len(rest) == 0 || rest[0] == '{')
}
