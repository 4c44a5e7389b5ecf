package fetch

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"syscall"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// sink is what an object is received into.
type sink interface {
	io.Writer
	// Truncate takes back what was written, to be written anew.
	Truncate(size int64) error
}

// attempts is how often an object is asked for that came with other bytes than its
// checksum is of.
const attempts = 3

// receive fetches an object from a byte on, to which sum is the MD5, and holds it
// to its size and MD5. Where S3 tells no MD5 it goes on behind the first kept bytes,
// which are known to be the object's: that its ETag is the same, S3 is asked each
// time. With none it begins at the start, and S3's own checksum tells, where there
// is one.
func receive(ctx context.Context, from *bucket.Log, o *bucket.Object, at, kept int64, sum hash.Hash, to sink, came func(int64)) (*bucket.Body, error) {
	for tried := 1; ; tried++ {
		body, err := from.From(ctx, *o, at)
		if err != nil {
			return nil, err
		}
		if at > kept && body.MD5 == "" {
			body.Close() //nolint:errcheck // not wanted
			if at = kept; to.Truncate(at) != nil {
				return nil, errors.New("what was there of it cannot be taken back")
			}
			if body, err = from.From(ctx, *o, at); err != nil {
				return nil, err
			}
		}
		// A body may not hand its bytes over by itself: then nothing would count them.
		_, err = io.CopyBuffer(received{to, sum, came}, struct{ io.Reader }{body}, make([]byte, min(max(o.Size, 1<<10), 64<<10)))
		body.Close() //nolint:errcheck // read to its end, or given up
		if err == nil && body.MD5 != "" && hex.EncodeToString(sum.Sum(nil)) != body.MD5 {
			err = bucket.ErrAltered
		}
		if err == nil || !errors.Is(err, bucket.ErrAltered) || tried == attempts {
			return body, err
		}
		at, kept = 0, 0
		sum.Reset()
		if err := to.Truncate(0); err != nil {
			return nil, ending(err)
		}
	}
}

// received writes, sums and counts.
type received struct {
	to   io.Writer
	sum  hash.Hash
	came func(int64)
}

func (r received) Write(p []byte) (int, error) {
	n, err := r.to.Write(p)
	r.sum.Write(p[:n])
	r.came(int64(n))
	return n, ending(err)
}

// ending makes an error of writing one that ends all, where it is of the disk.
func ending(err error) error {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, full) {
			return &StopError{err}
		}
	}
	return err
}

// sumOf is the MD5 of what is read, in hexadecimal.
func sumOf(r io.Reader) (string, error) {
	sum := md5.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
