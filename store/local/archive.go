package local

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// Archive is the digest files that a store keeps and its log files, to be verified
// by [digest.Verify]. A log file that digests list is where they say that it was
// delivered, wherever it was read from.
type Archive struct {
	reader *Reader
	index  func() (*archived, error)
}

// archived is where in the catalogue the files of each place are, sixteen bytes a
// file: their names are read when they are asked for.
type archived struct{ digests, files map[digest.Place][]stamped }

// stamped is a file's number in the catalogue and the stamp of its name.
type stamped struct {
	id int64
	at cloudtrail.Time
}

// Archive returns what the store holds now.
func (r *Reader) Archive() *Archive {
	a := &Archive{reader: r}
	a.index = sync.OnceValues(a.read)
	return a
}

// Digests is how many digest files are kept.
func (r *Reader) Digests(context.Context) (int64, error) {
	v, err := r.acquire()
	if err != nil {
		return 0, err
	}
	defer r.release(v)
	if !v.verified {
		return 0, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return one(v.conn, "select count(*) from digest")
}

func (a *Archive) read() (*archived, error) {
	v, err := a.reader.acquire()
	if err != nil {
		return nil, err
	}
	defer a.reader.release(v)
	in := &archived{digests: map[digest.Place][]stamped{}, files: map[digest.Place][]stamped{}}
	if !v.verified {
		return in, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for query, places := range map[string]map[digest.Place][]stamped{
		"select digest.id, path || name from digest join folder on folder.id = folder":                        in.digests,
		"select log_file.id, path || name from log_file join folder on folder.id = folder where " + isReading: in.files,
	} {
		err := rows(v.conn, query, func(s *sqlite.Stmt) error {
			f := cloudtrail.ParseLogFileName(s.ColumnText(1))
			at := digest.Place{}
			if f.Account != "" && f.Region != "" {
				at = digest.Place{Account: f.Account, Region: f.Region}
			}
			places[at] = append(places[at], stamped{s.ColumnInt64(0), f.Delivered})
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, all := range places {
			slices.SortFunc(all, func(x, y stamped) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.id, y.id)) })
		}
	}
	return in, nil
}

// Places implements [digest.Archive].
func (a *Archive) Places(context.Context) ([]digest.Place, error) {
	in, err := a.index()
	if err != nil {
		return nil, err
	}
	var all []digest.Place
	for at := range in.digests {
		all = append(all, at)
	}
	for at := range in.files {
		if _, met := in.digests[at]; !met {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(p, q digest.Place) int {
		return cmp.Or(cmp.Compare(p.Account, q.Account), cmp.Compare(p.Region, q.Region))
	})
	return all, nil
}

// Digests implements [digest.Archive].
func (a *Archive) Digests(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return a.list(ctx, func(in *archived) []stamped { return in.digests[p] }, since, until, "select path || name, path || name from digest join folder on folder.id = folder where digest.id = ?")
}

// LogFiles implements [digest.Archive].
func (a *Archive) LogFiles(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return a.list(ctx, func(in *archived) []stamped { return in.files[p] }, since, until, "select "+readingColumn+`, coalesce(
		(select path || listed.name from listed join folder on folder.id = listed.folder where listed.own = log_file.own), path || name)
		from log_file join folder on folder.id = folder where log_file.id = ?`)
}

// list lists the files of a span, and those without a stamp. query gives the name
// of one and where it was delivered.
func (a *Archive) list(ctx context.Context, of func(*archived) []stamped, since, until cloudtrail.Time, query string) iter.Seq2[digest.Object, error] {
	return func(yield func(digest.Object, error) bool) {
		in, err := a.index()
		if err != nil {
			yield(digest.Object{}, err)
			return
		}
		for _, f := range of(in) {
			if !f.at.IsZero() && (since != 0 && f.at < since || until != 0 && f.at > until) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(digest.Object{}, err)
				return
			}
			o, err := a.object(query, f.id)
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

func (a *Archive) object(query string, id int64) (o digest.Object, err error) {
	v, err := a.reader.acquire()
	if err != nil {
		return o, err
	}
	defer a.reader.release(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, query, func(s *sqlite.Stmt) error {
		o.URI = s.ColumnText(0)
		delivered := s.ColumnText(1)
		if rest, ok := strings.CutPrefix(delivered, "s3://"); ok {
			o.Bucket, o.Key, _ = strings.Cut(rest, "/")
			return nil
		}
		o.Key = delivered[strings.LastIndexAny(delivered, `/\`)+1:]
		if at := strings.LastIndex(delivered, "AWSLogs/"); at >= 0 {
			o.Key = delivered[at:]
		}
		return nil
	}, id)
	return o, named(err)
}

// Open implements [digest.Archive].
func (a *Archive) Open(ctx context.Context, o digest.Object) (io.ReadCloser, map[string]string, error) {
	v, err := a.reader.acquire()
	if err != nil {
		return nil, nil, err
	}
	defer a.reader.release(v)
	if cloudtrail.ParseLogFileName(o.Key).Kind == cloudtrail.DigestFile {
		return a.openDigest(ctx, v, o)
	}
	f, err := v.delivered(o)
	if err != nil {
		return nil, nil, err
	}
	from, err := a.reader.opener(f)(ctx)
	switch {
	case err != nil && f.pack == 0:
		return nil, nil, err
	case err != nil:
		return nil, nil, &CopyError{File: f.URI, Pack: f.packName, Err: err}
	case f.pack == 0:
		from = &referred{from, func() (bool, error) { return a.wasDelivered(ctx, f) }}
	}
	return from, nil, nil
}

// referred is a log file of which the store keeps no copy. Where it has changed
// since it was read, what it is now is what there is to be verified. Only where
// that is as it was delivered nothing follows for what was read.
type referred struct {
	io.ReadCloser
	wasDelivered func() (bool, error)
}

func (r *referred) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if !errors.Is(err, errChanged) {
		return n, err
	}
	switch delivered, failed := r.wasDelivered(); {
	case failed != nil:
		return n, failed
	case delivered:
		return n, errRestored
	}
	return n, io.EOF
}

var errRestored = fmt.Errorf("%w, and is now what was delivered: what was read is not known", errChanged)

// wasDelivered reports whether a file is now what digests list.
func (a *Archive) wasDelivered(ctx context.Context, f *storedFile) (bool, error) {
	from, err := a.reader.options.now(ctx, f.LogFile)
	if err != nil {
		return false, err
	}
	plain, err := contentOf(from)
	if err := errors.Join(err, from.Close()); err != nil {
		return false, err
	}
	v, err := a.reader.acquire()
	if err != nil {
		return false, err
	}
	defer a.reader.release(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	n, err := one(v.conn, "select exists(select 1 from listed where own = ? and sha256 = ?)", ownName(f.URI), plain)
	return n > 0, named(err)
}

func (a *Archive) openDigest(ctx context.Context, v *view, o digest.Object) (io.ReadCloser, map[string]string, error) {
	v.mu.Lock()
	all, err := keptDigests(v.conn, "where own = ?", ownName(o.Key))
	v.mu.Unlock()
	if err != nil {
		return nil, nil, named(err)
	}
	for _, d := range all {
		if d.uri == cmp.Or(o.URI, "s3://"+o.Bucket+"/"+o.Key) {
			kept, err := a.reader.readDigest(ctx, &d)
			if err != nil {
				return nil, nil, fmt.Errorf("the store's copy of it, in %s, cannot be read: %w", d.pack, err)
			}
			return io.NopCloser(bytes.NewReader(kept.Body)), kept.Metadata, nil
		}
	}
	return nil, nil, fs.ErrNotExist
}

// delivered finds a log file by the name it was listed under or, of one that a
// digest names, by where it was delivered.
func (v *view) delivered(o digest.Object) (f *storedFile, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, storedColumns+" where "+isReading+" and own = ? order by "+readingColumn+" = ? desc, log_file.id limit 1", func(s *sqlite.Stmt) error {
		f = readStored(s)
		return nil
	}, ownName(o.Key), o.URI)
	if err == nil && f == nil {
		err = fs.ErrNotExist
	}
	return f, named(err)
}

var _ digest.Archive = (*Archive)(nil)
