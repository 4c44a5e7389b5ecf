package fetch

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// inMemory is how large an object may be that is held until it was checked; a
// larger one is held in a temporary file.
const inMemory = 1 << 20

// mark is the metadata by which a copy is known as ours, and of which object it
// is: a hash of its address, and its ETag.
const mark = "crosstrail-copy-of"

// Bucket is a [Dest] in a bucket of the reader's own. S3's CopyObject wants one
// caller who may read there and write here, which a reader in a role of the owner's
// is not: so each object is read by one caller and written by the other.
type Bucket struct {
	to     *bucket.Log
	prefix string
}

// OpenBucket is a prefix, with its slash, in the bucket that to is an address of.
func OpenBucket(to *bucket.Log, prefix string) *Bucket { return &Bucket{to, prefix} }

// Knows implements [Dest].
func (b *Bucket) Knows(*bucket.Object, string) bool { return false }

// Done implements [Dest].
func (b *Bucket) Done() error { return nil }

// Take implements [Dest]. A copy keeps the metadata that its writer gave the object:
// digest files carry their signatures there.
func (b *Bucket) Take(ctx context.Context, from *bucket.Log, o *bucket.Object, name string, came func(int64)) (bool, error) {
	key := b.prefix + name
	if o.Size > bucket.MostPut {
		return false, fmt.Errorf("it has %d bytes, and 5 GiB is the most that is written at once: fetch it into a folder, and from there: aws s3 cp", o.Size)
	}
	over, whole, err := b.look(ctx, o, key)
	if err != nil || whole {
		return false, err
	}
	held, err := newHeld(o.Size)
	if err != nil {
		return false, ending(err)
	}
	defer held.close()
	body, err := receive(ctx, from, o, 0, 0, md5.New(), held, came)
	if err != nil {
		return false, err
	}
	metadata := map[string]string{}
	maps.Copy(metadata, body.Metadata)
	metadata[mark] = markOf(o)
	if err := b.to.Put(ctx, key, held.content(), o.Size, body, metadata, over); err != nil {
		return false, b.explained(key, err)
	}
	return true, nil
}

// explained is an error of a key in words; one of the whole destination where it
// may not be written to: that of each other file would be the same.
func (b *Bucket) explained(key string, err error) error {
	if all := b.to.Unwritable(err, b.prefix); all != nil {
		return &StopError{all}
	}
	return fmt.Errorf("%s: %w", b.to.URI(key), err)
}

// look looks at what is there: over is the ETag of what is to be replaced. It fails
// where that is not ours.
func (b *Bucket) look(ctx context.Context, o *bucket.Object, key string) (over string, whole bool, err error) {
	there, metadata, err := b.to.Stat(ctx, key)
	switch {
	case err != nil:
		return "", false, b.explained(key, err)
	case there == nil:
		return "", false, nil
	case there.Size == o.Size && (there.ETag == o.ETag || metadata[mark] == markOf(o)):
		return "", true, nil
	case len(metadata[mark]) > 32 && metadata[mark][:32] == markOf(o)[:32]:
		return there.ETag, false, nil
	}
	return "", false, fmt.Errorf("%s: %w, that is no copy of it: it is left as it is; copy to another prefix, or delete it", b.to.URI(key), bucket.ErrThere)
}

func markOf(o *bucket.Object) string {
	sum := shortHash(o.URI)
	return hex.EncodeToString(sum[:]) + " " + o.ETag
}

// held is an object between its two buckets (sink).
type held struct {
	bytes.Buffer
	file *os.File // nil: it is in memory
}

func newHeld(size int64) (*held, error) {
	h := &held{}
	if size <= inMemory {
		h.Grow(int(max(size, 0)))
		return h, nil
	}
	var err error
	h.file, err = os.CreateTemp("", "crosstrail-fetch-*")
	return h, err
}

func (h *held) Write(p []byte) (int, error) {
	if h.file != nil {
		return h.file.Write(p)
	}
	return h.Buffer.Write(p)
}

// Truncate implements sink.
func (h *held) Truncate(size int64) error {
	if h.file != nil {
		return partFile{h.file}.Truncate(size)
	}
	h.Buffer.Truncate(int(size))
	return nil
}

func (h *held) content() io.ReadSeeker {
	if h.file != nil {
		return h.file
	}
	return bytes.NewReader(h.Bytes())
}

func (h *held) close() {
	if h.file != nil {
		_ = errors.Join(h.file.Close(), os.Remove(h.file.Name())) // nothing is in it that is not elsewhere
	}
}
