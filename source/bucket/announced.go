package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/crosstrail/crosstrail/source"
)

// Announced is an object that a notice names, with what that tells of it: a version
// id, an ETag without quotes, a size; empty and -1: not told. Its version is its
// ETag, as a listing has it; S3 is asked for it only where the notice has none. What
// is passed over by its name is not asked for at all.
//
// Opened, it has the bytes of that ETag, and of that version; else the error is one
// that [IsReplaced] knows: they have been replaced since, or the notice is forged. An
// object that was deleted is read from the versions that its bucket keeps; an error
// that is [fs.ErrNotExist] means that it keeps none.
func (l *Log) Announced(ctx context.Context, key, versionID, etag string, size int64) source.Item {
	o := l.listed(key, size, etag, "")
	if etag != "" {
		o.ETag = `"` + etag + `"`
	}
	o.version = versionID
	if source.PassOver(o.LogFile) != "" {
		return l.announced(o, nil)
	}
	if etag == "" {
		if err := l.lookUp(ctx, &o); err != nil {
			return l.announced(o, err)
		}
	}
	return l.announced(o, nil)
}

// announced is the item of an object, or one that fails when it is opened.
func (l *Log) announced(o Object, failed error) source.Item {
	return source.Item{
		LogFile: o.LogFile, Size: max(o.Size, 0), PassOver: source.PassOver(o.LogFile),
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			if failed != nil {
				return nil, failed
			}
			return l.openAnnounced(ctx, o)
		},
	}
}

// lookUp completes what a notice tells of an object by what S3 does; of one that was
// deleted by the newest of its versions.
func (l *Log) lookUp(ctx context.Context, o *Object) error {
	there, err := l.head(ctx, o.Key, o.version)
	switch {
	case err == nil:
		o.Size, o.ETag, o.Version = there.Size, there.ETag, there.Version
		return nil
	case !isGone(err):
		return l.explain(ctx, err, "s3:GetObject", o.Key)
	case o.version != "":
		return gone(err, "that version of it was deleted")
	}
	found, why := l.versionOf(ctx, o)
	if found == nil {
		return gone(err, why)
	}
	version := found.ETag[1:max(len(found.ETag)-1, 1)]
	o.version, o.ETag, o.Version, o.Size = found.version, found.ETag, version, found.Size
	return nil
}

// openAnnounced opens an object.
func (l *Log) openAnnounced(ctx context.Context, o Object) (io.ReadCloser, error) {
	body, _, err := l.current(ctx, &o)
	if err == nil || ctx.Err() != nil || !isGone(err) {
		return body, err
	}
	if o.version != "" {
		return nil, gone(err, "that version of it was deleted")
	}
	found, why := l.versionOf(ctx, &o)
	if found == nil {
		return nil, gone(err, why)
	}
	o.version = found.version
	body, _, err = l.current(ctx, &o)
	return body, err
}

// Whole is the size up to which an object that was opened is held: nothing is left
// to be asked for, whenever it is read.
const Whole = whole

// isGone reports whether an error is that there is no such object or version now. A
// version that is a delete marker is not to be had by any method.
func isGone(err error) bool {
	code := codeOf(err)
	return isAbsent(err) || code == "NoSuchVersion" || code == "MethodNotAllowed"
}

func gone(err error, why string) error {
	return &told{"", "it was announced and is not there any more, " + why, errors.Join(err, fs.ErrNotExist)}
}

// IsReplaced reports whether an error is that an object has other bytes now than
// those that were asked for.
func IsReplaced(err error) bool {
	return errors.Is(err, errReplaced) || codeOf(err) == "PreconditionFailed"
}

var errReplaced = errors.New("other bytes than those that were told of")
