package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// Reader is the store to those who ask it. What it tells is the store as it was
// at one commit, whatever is written meanwhile. Safe for concurrent use.
type Reader struct {
	dir     string
	access  access
	options Options
	press   *pressers
	cache   *cache
	shelf   *source.Shelf

	mu     sync.Mutex // guards what follows
	view   *view      // nil: to be opened
	files  map[int64]*segmentFile
	told   map[string]bool // damaged files that were told of
	closed bool
}

// OpenReader opens the store in a folder for reading, beside whoever writes.
func OpenReader(_ context.Context, dir string, o Options) (*Reader, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	a, err := isThere(dir)
	if err != nil {
		return nil, err
	}
	r, err := newReader(dir, a, o, newPressers())
	if a == reading && cannotShare(dir, err) {
		return newReader(dir, frozen, o, newPressers())
	}
	return r, err
}

// isThere looks whether there is a store to be read, and how it can be.
func isThere(dir string) (access, error) {
	if _, err := os.Stat(filepath.Join(dir, catalogueName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) && isFilled(dir) {
			return 0, ErrLost
		}
		if errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("%s: %w", dir, ErrNoStore)
		}
		return 0, err
	}
	if err := refuseNetwork(dir); err != nil {
		return 0, err
	}
	return accessTo(dir)
}

// cannotShare reports whether SQLite's shared memory could not be made, as on a
// full disk, and is not needed.
func cannotShare(dir string, err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return (code == sqlite.ResultIOErr || code == sqlite.ResultFull) && !hasAhead(dir)
}

// hasAhead reports whether a commit is not in the catalogue itself yet.
func hasAhead(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, catalogueName+"-wal"))
	return err == nil && info.Size() > 0
}

// accessTo tells a folder that can be written from one that cannot: beside a
// writer, readers too must be able to write SQLite's shared memory.
func accessTo(dir string) (access, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_WRONLY, 0)
	if err == nil {
		return reading, f.Close()
	}
	if hasAhead(dir) {
		return 0, fmt.Errorf("%s: the folder cannot be written, and holds a commit that is not in %s itself: open it once where it can be written (crosstrail store info)", dir, catalogueName)
	}
	return frozen, nil
}

func newReader(dir string, a access, o Options, press *pressers) (*Reader, error) {
	r := &Reader{
		dir: dir, access: a, options: o, press: press, cache: newCache(), shelf: &source.Shelf{},
		files: map[int64]*segmentFile{}, told: map[string]bool{},
	}
	r.shelf.Allow(o.MaxFile)
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	r.release(v)
	return r, nil
}

// Close lets go of the store.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if v := r.view; v != nil {
		r.view = nil
		return r.drop(v)
	}
	return nil
}

// stale makes the next question see the newest commit.
func (r *Reader) stale() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v := r.view; v != nil {
		r.view = nil
		_ = r.drop(v) // it was only read from
	}
}

// acquire returns the view for one question, which gives it back by release.
func (r *Reader) acquire() (*view, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fs.ErrClosed
	}
	if r.view == nil {
		v, err := r.open()
		if err != nil {
			return nil, err
		}
		v.users = 1 // the reader itself
		r.view = v
	}
	r.view.users++
	return r.view, nil
}

func (r *Reader) release(v *view) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.drop(v) // it was only read from
}

func (r *Reader) drop(v *view) error {
	v.users--
	if v.users > 0 {
		return nil
	}
	for _, s := range v.segments {
		if s.file.users--; s.file.users == 0 {
			s.file.close()
			delete(r.files, s.id)
		}
	}
	return v.conn.Close()
}

// open opens a view. A merge may take files away between the reading of their
// list and their opening: then the list has changed, and is read again.
func (r *Reader) open() (*view, error) {
	for range 10 {
		v, err := r.tryOpen()
		if err == nil || !errors.Is(err, errGone) {
			return v, err
		}
	}
	return r.tryOpen()
}

// errGone says that a segment's file is not there.
var errGone = errors.New("is not there")

func (r *Reader) tryOpen() (v *view, err error) {
	conn, err := connect(r.dir, r.access)
	if err != nil {
		return nil, err
	}
	v = &view{reader: r, conn: conn, several: map[int32]bool{}}
	v.shown, v.lost = sync.OnceValues(v.readShown), sync.OnceValues(v.readLost)
	if err := v.read(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	changed := false
	for _, s := range v.segments {
		f := r.files[s.id]
		if f == nil {
			if f, err = openSegment(r.dir, &s.segment); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
			if errors.Is(f.whyBroken(), fs.ErrNotExist) {
				changed = true
			}
			r.files[s.id] = f
		}
		f.users++
		s.file = f
	}
	if changed {
		same, err := v.isNewest()
		if err != nil || !same {
			v.users = 1
			return nil, errors.Join(errGone, err, r.drop(v))
		}
	}
	return v, nil
}

// view is the store at one commit: a transaction of the catalogue that is left
// open, and the files it names.
type view struct {
	reader   *Reader
	users    int // guarded by the reader
	segments []*segmentView
	several  map[int32]bool                           // hours in which an event has several forms
	shown    func() (map[cloudtrail.ID][]form, error) // the forms of those events, the one that is shown first
	spans    []lineage.Span
	floor    cloudtrail.Time
	verified bool                           // digest files were kept, or looked for
	lost     func() ([]lineage.Lost, error) // what they prove to be missing

	mu          sync.Mutex // guards what follows
	conn        *sqlite.Conn
	lastFile    string // see pieces
	lastPieces  []*storedFile
	integrities map[string]cloudtrail.Integrity
}

type segmentView struct {
	segment
	file *segmentFile
}

func (v *view) read() error {
	if err := run(v.conn, "begin"); err != nil {
		return err
	}
	tail := "0" // in format 1
	if there, err := one(v.conn, "select count(*) from pragma_table_info('segment') where name = 'tail'"); err != nil {
		return named(err)
	} else if there > 0 {
		tail = "coalesce(tail, 0)"
	}
	err := rows(v.conn, "select id, name, rows, facts, first, last, fact_first, fact_last, bytes, part_bytes, sha256, "+tail+" from segment order by id", func(s *sqlite.Stmt) error {
		v.segments = append(v.segments, &segmentView{segment: segment{
			id: s.ColumnInt64(0), name: s.ColumnText(1), rows: s.ColumnInt64(2), facts: s.ColumnInt64(3),
			first: cloudtrail.Time(s.ColumnInt64(4)), last: cloudtrail.Time(s.ColumnInt64(5)),
			factFirst: cloudtrail.Time(s.ColumnInt64(6)), factLast: cloudtrail.Time(s.ColumnInt64(7)), bytes: s.ColumnInt64(8),
			partBytes: s.ColumnInt64(9), sum: bytesAt(s, 10), tail: s.ColumnInt64(11),
		}})
		return nil
	})
	if err != nil {
		return named(err)
	}
	err = rows(v.conn, "select distinct hour from form", func(s *sqlite.Stmt) error { v.several[int32(s.ColumnInt64(0))] = true; return nil })
	if err != nil {
		return named(err)
	}
	err = rows(v.conn, "select account, region, files, first, newest from span order by account, region", func(s *sqlite.Stmt) error {
		v.spans = append(v.spans, lineage.Span{
			Account: s.ColumnText(0), Region: s.ColumnText(1), Files: s.ColumnInt(2),
			First: cloudtrail.Time(s.ColumnInt64(3)), Newest: cloudtrail.Time(s.ColumnInt64(4)),
		})
		return nil
	})
	if err != nil {
		return named(err)
	}
	floor, err := one(v.conn, "select value from setting where name = 'floor'")
	if err != nil {
		return err
	}
	v.floor = cloudtrail.Time(floor)
	verified, err := one(v.conn, "select value from setting where name = 'verified'")
	v.verified = verified > 0
	return err
}

// readShown reads the forms of the events that have several, the least first. Of
// those that differ in no link field only the one that is shown is a form.
func (v *view) readShown() (map[cloudtrail.ID][]form, error) {
	shown := map[cloudtrail.ID][]form{}
	v.mu.Lock()
	defer v.mu.Unlock()
	const inOrder = "select event, recipient, fingerprint, checksum from form order by event, recipient"
	err := rows(v.conn, inOrder, func(s *sqlite.Stmt) error {
		id := cloudtrail.ID{Event: s.ColumnText(0), Recipient: s.ColumnText(1)}
		shown[id] = append(shown[id], form{lineage.Fingerprint(s.ColumnInt64(2)), uint32(s.ColumnInt64(3))})
		return nil
	})
	if err != nil {
		return nil, named(err)
	}
	for id, all := range shown {
		shown[id] = leastForms(all)
	}
	return shown, nil
}

// leastForms puts forms in order and leaves of those with one fingerprint the
// one with the least checksum.
func leastForms(all []form) []form {
	slices.SortFunc(all, form.compare)
	return slices.CompactFunc(all, func(x, y form) bool { return x.print == y.print })
}

// isNewest reports whether the list of segments is still the one in the view.
func (v *view) isNewest() (bool, error) {
	conn, err := connect(v.reader.dir, v.reader.access)
	if err != nil {
		return false, err
	}
	i, same := 0, true
	err = rows(conn, "select id from segment order by id", func(s *sqlite.Stmt) error {
		same = same && i < len(v.segments) && v.segments[i].id == s.ColumnInt64(0)
		i++
		return nil
	})
	return same && i == len(v.segments), errors.Join(err, conn.Close())
}

// damaged tells of a damaged file. It returns the error where nobody is there to
// be told.
func (r *Reader) damaged(file string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errEnough) {
		return err
	}
	if r.options.Damaged == nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r.mu.Lock()
	told := r.told[file]
	r.told[file] = true
	r.mu.Unlock()
	if !told {
		r.options.Damaged(file, err)
	}
	return nil
}
