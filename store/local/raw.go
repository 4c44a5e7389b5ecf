package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// Raw returns the record itself: from the copy of its log file or, where none
// is kept or it is lost, from the file, which must still be as it was.
func (r *Reader) Raw(ctx context.Context, at lineage.Location) ([]byte, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	f, err := v.origin(at)
	if err != nil {
		return nil, err
	}
	first := f.first
	if f.pack == 0 {
		first = 0 // the whole file is read
	}
	var lost error // why there is no copy that could be read
	open := func(ctx context.Context) (io.ReadCloser, error) {
		from := f
		if lost = r.verify(ctx, f); lost != nil {
			if from = f.itself(); from == nil || r.verify(ctx, from) != nil {
				return nil, lost
			}
			lost = nil
		}
		// A record that is shown is evidence: what stands before the damage may
		// be damaged too, so that all was read before.
		return r.opener(from)(ctx)
	}
	raw, err := r.shelf.Record(ctx, source.Item{LogFile: f.LogFile, Size: f.length, Open: open}, first, at.Record)
	switch {
	case lost != nil && f.pack != 0:
		err = &CopyError{File: f.URI, Pack: f.packName, Err: lost}
	case err != nil && f.pack == 0:
		err = fmt.Errorf("%w (--keep reference: the store keeps no copy of it)", err)
	}
	return raw, err
}

// CopyError is a copy of a log file that is missing or damaged; and the file
// itself is not there, or is not what it was.
type CopyError struct {
	File, Pack string
	Err        error
}

func (e *CopyError) Error() string {
	return fmt.Sprintf("%s: the store's copy of it, in %s, cannot be read: %v", e.File, e.Pack, e.Err)
}

func (e *CopyError) Unwrap() error { return e.Err }

// itself is the log file that a copy is of: nil where it is of a piece of one,
// for no hash is of the whole.
func (f *storedFile) itself() *storedFile {
	if f.pack == 0 || f.pieces || f.first > 0 || cloudtrail.IsInline(f.URI) {
		return nil
	}
	whole := *f
	whole.copied = copied{}
	return &whole
}

// origin is the log file, or the piece of one, that holds a record.
func (v *view) origin(at lineage.Location) (*storedFile, error) {
	pieces, err := v.pieces(at.File)
	if err != nil {
		return nil, named(err)
	}
	var f *storedFile
	for _, one := range pieces {
		if one.first <= at.Record {
			f = one
		}
	}
	if f == nil {
		return nil, fmt.Errorf("%s: no such log file was read", at.File)
	}
	if at.Record < 0 || at.Record >= f.first+f.records && f.first > 0 {
		return nil, fmt.Errorf("%s: has no record %d", at.File, at.Record)
	}
	return f, nil
}

// pieces are what is there under a log file's name, in order of the record that
// each begins with. Those asked for last are remembered: who reads many records
// reads one file after the other.
func (v *view) pieces(file string) ([]*storedFile, error) {
	uri, version, versioned := strings.Cut(file, versionMark)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lastFile == file && v.lastPieces != nil {
		return v.lastPieces, nil
	}
	var all []*storedFile
	err := rows(v.conn, storedColumns+` where hash = ? order by first, log_file.id`, func(s *sqlite.Stmt) error {
		if one := readStored(s); one.URI == uri && (!versioned || one.Version == version) {
			all = append(all, one)
		}
		return nil
	}, nameHash(uri))
	if err == nil {
		v.lastFile, v.lastPieces = file, all
	}
	return all, err
}

// storedFile is a log file as the catalogue knows it.
type storedFile struct {
	logFile
	packName string
	ended    bool
	pieces   bool // it came in several: no hash is of the whole
}

const storedColumns = `select path || log_file.name, version, sha256, first, records, log_file.size, ended, pack, offset, length, pressed, pack.name, log_file.id,
	exists(select 1 from log_file piece where piece.hash = log_file.hash and piece.version = log_file.version and piece.first > 0)
	from log_file join folder on folder.id = folder left join pack on pack.id = pack`

func readStored(s *sqlite.Stmt) *storedFile {
	f := &storedFile{packName: s.ColumnText(11), ended: s.ColumnBool(6)}
	f.id, f.pieces = s.ColumnInt64(12), s.ColumnBool(13)
	f.LogFile = cloudtrail.ParseLogFileName(s.ColumnText(0))
	f.Version = s.ColumnText(1)
	s.ColumnBytes(2, f.sum[:])
	f.first, f.records, f.size = s.ColumnInt(3), s.ColumnInt(4), s.ColumnInt64(5)
	f.copied = copied{s.ColumnInt64(7), s.ColumnInt64(8), s.ColumnInt64(9), s.ColumnBool(10)}
	return f
}

// opener opens the copy of a log file or, where there is none, the file itself.
func (r *Reader) opener(f *storedFile) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		if f.pack == 0 {
			if f.pieces {
				return r.options.open(ctx, f.LogFile)
			}
			file, changed, err := r.options.again(ctx, f.LogFile)
			if err != nil {
				return nil, err
			}
			return &checked{file, file, sha256.New(), f.sum, changed}, nil
		}
		file, err := os.Open(filepath.Join(r.dir, filepath.FromSlash(f.packName)))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = errNoPack
			}
			return nil, err
		}
		part := f.in(file)
		if f.pressed {
			return struct {
				io.Reader
				io.Closer
			}{part, file}, nil
		}
		return &checked{part, file, sha256.New(), f.sum, errHash}, nil
	}
}

// readEach has every file read, and many of those at once that may have to be
// fetched: they are mostly waited for.
func readEach(files []*storedFile, read func(i int)) {
	var group errgroup.Group
	group.SetLimit(32)
	for i, f := range files {
		if f.pack != 0 {
			read(i)
			continue
		}
		group.Go(func() error { read(i); return nil })
	}
	_ = group.Wait()
}

var errChanged = errors.New("the file has changed since it was read")

// errNoPack says where a copy is that cannot be read. It does not wrap what the
// system says, for that is not about the log file.
var errNoPack = errors.New("the pack with the copies is not there")

// checked is a file that fails at its end where its bytes are not as they were.
type checked struct {
	from  io.Reader
	close io.Closer
	hash  hash.Hash
	sum   [sha256.Size]byte
	wrong error
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.hash.Write(p[:n])
	if err == io.EOF && [sha256.Size]byte(c.hash.Sum(nil)) != c.sum {
		err = c.wrong
	}
	return n, err
}

func (c *checked) Close() error { return c.close.Close() }
