package digest

import (
	"context"
	"io"
	"iter"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Archive is where log files and their digest files lie. Its methods are called
// from several goroutines.
type Archive interface {
	// Places are the accounts and regions of which there are log files or digest
	// files, each once. The place of no account holds the files of whose names
	// none tells.
	Places(ctx context.Context) ([]Place, error)
	// Digests lists the digest files of a place whose names have an end in the
	// span; more does no harm. Zero is open.
	Digests(ctx context.Context, p Place, since, until cloudtrail.Time) iter.Seq2[Object, error]
	// LogFiles lists the log files of a place that were delivered in the span by
	// their names or, where those tell no time, by their folders; more does no
	// harm, and what tells no time at all is in every span.
	LogFiles(ctx context.Context, p Place, since, until cloudtrail.Time) iter.Seq2[Object, error]
	// Open opens an object that was listed, or one by the bucket and key that a
	// digest names, with its user metadata (names in any case). An error that is
	// [fs.ErrNotExist] means that there is none.
	Open(ctx context.Context, o Object) (body io.ReadCloser, metadata map[string]string, err error)
}

// Place is one account's log in one region.
type Place struct{ Account, Region string }

// Object is a file of an archive.
type Object struct {
	// Bucket is empty where it is not known: files that were copied.
	Bucket string
	// Key is the object's key or, without a bucket, the end of it: all from
	// AWSLogs on where the file still lies in such folders, else the file's name.
	Key string
	// URI is how people and stores name it.
	URI string
}

// at reports whether an object is the one at a bucket and key, as far as it is
// known where it was.
func (o Object) at(bucket, key string) bool {
	if o.Bucket != "" {
		return o.Bucket == bucket && o.Key == key
	}
	// Somebody may have decompressed it.
	mine, theirs := strings.TrimSuffix(o.Key, ".gz"), strings.TrimSuffix(key, ".gz")
	rest, ok := strings.CutSuffix(theirs, mine)
	return ok && (rest == "" || strings.HasSuffix(rest, "/"))
}

// uriOf is how an object is named that is not there.
func uriOf(bucket, key string) string { return "s3://" + bucket + "/" + key }
