package local

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"zombiezen.com/go/sqlite"
)

// Finding is something wrong with one file of a store.
type Finding struct {
	File    string // below the store's folder; of a log file without a copy its name
	Problem string
	Remedy  Remedy
}

// Remedy is what to do about a finding.
type Remedy uint8

// The remedies.
const (
	RemedyRebuild   Remedy = iota // make events and catalogue anew from the copies: [Rebuild]
	RemedyReadAgain               // read the log files again from where they came from: [Options.Again]
	RemedyBringBack               // bring the file back to where it was: there is no copy
	RemedyVerify                  // verify the log files again where they came from: that keeps their digest files
)

// Checked is what a check looked at.
type Checked struct {
	Files    int
	Events   int64
	Findings int
	Bytes    int64
	// Unread is how many log files lie elsewhere and could not be fetched, so that
	// nothing is known of them; Why is the first reason.
	Unread int
	Why    error
}

// Check reads every byte of a store and holds it against what was written, and the
// log files that it keeps no copy of. It goes on after a finding, and tells of each.
func Check(ctx context.Context, dir string, o Options, told func(Finding)) (Checked, error) {
	c := checking{ctx: ctx, told: told}
	o.Damaged = func(string, error) {}
	r, err := OpenReader(ctx, dir, o)
	if errors.Is(err, ErrNoStore) {
		return c.Checked, err
	}
	var newer *NewerError
	if errors.As(err, &newer) {
		return c.Checked, err
	}
	if err != nil {
		c.fail(catalogueName, mayRead(dir, err), RemedyRebuild)
		return c.Checked, c.denied
	}
	defer r.Close() //nolint:errcheck // only read from
	v, err := r.acquire()
	if err != nil {
		return c.Checked, err
	}
	defer r.release(v)
	c.catalogue(v)
	for _, s := range v.segments {
		if err := ctx.Err(); err != nil {
			return c.Checked, err
		}
		c.segment(v, s)
	}
	c.packs(v)
	c.digests(v)
	err = c.copies(v)
	return c.Checked, cmp.Or(c.denied, err)
}

// mayRead is why a catalogue cannot be opened: SQLite does not say that it may
// not be.
func mayRead(dir string, err error) error {
	f, denied := os.Open(filepath.Join(dir, catalogueName))
	if errors.Is(denied, fs.ErrPermission) {
		return denied
	}
	if denied == nil {
		_ = f.Close()
	}
	return err
}

// packs looks for packs that are not there, and those that are cut short: what
// is missing need not be a copy.
func (c *checking) packs(v *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.lost = map[int64]bool{}
	err := rows(v.conn, "select pack.name, pack.size, pack.id, count(log_file.id) from pack left join log_file on pack = pack.id group by pack.id", func(s *sqlite.Stmt) error {
		name, size := s.ColumnText(0), s.ColumnInt64(1)
		info, err := os.Stat(filepath.Join(v.reader.dir, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.lost[s.ColumnInt64(2)] = true
			c.find(name, fmt.Sprintf("is not there: copies that it held: %d", s.ColumnInt64(3)), RemedyReadAgain)
		case err == nil && info.Size() < size:
			c.find(name, fmt.Sprintf("is cut short: %d bytes of %d", info.Size(), size), RemedyReadAgain)
		}
		return nil
	})
	if err != nil {
		c.fail(catalogueName, err, RemedyRebuild)
	}
}

type checking struct {
	Checked
	ctx    context.Context
	told   func(Finding)
	denied error          // what may not be read: that is no damage
	lost   map[int64]bool // packs that are not there
}

func (c *checking) fail(file string, err error, remedy Remedy) {
	if errors.Is(err, fs.ErrPermission) {
		c.denied = cmp.Or(c.denied, err)
		return
	}
	c.find(file, err.Error(), remedy)
}

func (c *checking) find(file, problem string, remedy Remedy) {
	c.Findings++
	c.told(Finding{file, strings.TrimPrefix(problem, file+": "), remedy})
}

func (c *checking) catalogue(v *view) {
	c.Files++
	if info, err := os.Stat(filepath.Join(v.reader.dir, catalogueName)); err == nil {
		c.Bytes += info.Size()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	err := rows(v.conn, "pragma integrity_check(10)", func(s *sqlite.Stmt) error {
		if text := s.ColumnText(0); text != "ok" {
			c.find(catalogueName, text, RemedyRebuild)
		}
		return nil
	})
	if err != nil {
		c.fail(catalogueName, err, RemedyRebuild)
	}
	for _, part := range sealedParts {
		if err := part.verify(v.conn); err != nil {
			c.fail(catalogueName, err, RemedyRebuild)
		}
	}
	c.packSizes(v)
	turned, first := 0, ""
	err = fileRows(v.conn, func(f *fileRow) {
		if f.turned {
			turned++
			first = cmp.Or(first, f.URI)
		}
	})
	if err != nil {
		c.fail(catalogueName, err, RemedyRebuild)
	}
	if turned > 0 {
		c.find(catalogueName, fmt.Sprintf("what it tells of log files is damaged: %d (the first: %s)", turned, first), RemedyRebuild)
	}
}

// packSizes looks for packs that are shorter in the catalogue than it says that
// copies are in them. Of one that is lost no size is known.
func (c *checking) packSizes(v *view) {
	const query = "select pack.name, max(log_file.offset + log_file.length), pack.size from log_file join pack on pack.id = pack group by pack.id having pack.size between 1 and max(log_file.offset + log_file.length) - 1"
	err := rows(v.conn, query, func(s *sqlite.Stmt) error {
		c.find(catalogueName, fmt.Sprintf("copies in %s are said to end at byte %d, and the pack at %d", s.ColumnText(0), s.ColumnInt64(1), s.ColumnInt64(2)), RemedyRebuild)
		return nil
	})
	if err != nil {
		c.fail(catalogueName, err, RemedyRebuild)
	}
}

// segment reads the files of a segment.
func (c *checking) segment(v *view, s *segmentView) {
	if s.name != "" {
		c.Files++
		c.Bytes += s.bytes
		c.Events += s.rows
		sum := sha256.New()
		n, err := copyFile(sum, filepath.Join(v.reader.dir, filepath.FromSlash(s.name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.find(s.name, "is not there", RemedyRebuild)
		case err != nil:
			c.fail(s.name, err, RemedyRebuild)
		case n != s.bytes || string(sum.Sum(nil)) != string(s.sum):
			c.find(s.name, "is not as it was written: its hash is wrong", RemedyRebuild)
		}
	}
	c.Files++
	c.Bytes += s.partBytes
	name := partsName(s.id)
	if _, err := os.Stat(filepath.Join(v.reader.dir, filepath.FromSlash(name))); errors.Is(err, fs.ErrNotExist) {
		c.find(name, "is not there", RemedyRebuild)
		return
	}
	if err := v.checkParts(s); err != nil {
		c.fail(name, err, RemedyRebuild)
	}
}

// checkParts opens every part of a segment.
func (v *view) checkParts(s *segmentView) error {
	f, err := os.Open(filepath.Join(v.reader.dir, filepath.FromSlash(partsName(s.id))))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read from
	directory, err := readDirectory(f)
	if err != nil {
		return err
	}
	rows := int64(0)
	for _, where := range directory {
		data := make([]byte, where.length)
		if _, err := f.ReadAt(data, where.offset); err != nil {
			return err
		}
		open := v.reader.press.openPart
		if where.kind == partCallers || where.kind == partKeys {
			open = unsealed
		}
		plain, err := open(data)
		if err != nil {
			return fmt.Errorf("part %d at %d: %w", where.kind, where.first, err)
		}
		if where.kind == partTallies {
			all, err := readTallies(plain)
			if err != nil {
				return err
			}
			for _, t := range all {
				rows += int64(t.n)
			}
		}
	}
	if rows != s.rows {
		return fmt.Errorf("counts %d events of %d", rows, s.rows)
	}
	return nil
}

// copies reads the log files, as far as there are copies; and where there are
// none, the files themselves.
func (c *checking) copies(v *view) error {
	for after := int64(-1); ; {
		var page []*storedFile
		v.mu.Lock()
		err := rows(v.conn, storedColumns+" where log_file.id > ? order by log_file.id limit 512", func(s *sqlite.Stmt) error {
			f := readStored(s)
			page = append(page, f)
			after = f.id
			return nil
		}, after)
		v.mu.Unlock()
		if err != nil {
			c.fail(catalogueName, err, RemedyRebuild)
			return nil
		}
		wrong := make([]error, len(page))
		readEach(page, func(i int) {
			if f := page[i]; f.pack == 0 && f.first != 0 || c.lost[f.pack] {
				return // the whole file is read with its first piece; a lost pack was told of
			}
			wrong[i] = v.reader.verify(c.ctx, page[i])
		})
		if err := c.ctx.Err(); err != nil {
			return err
		}
		for i, f := range page {
			c.held(f, wrong[i])
		}
		if len(page) == 0 {
			return nil
		}
	}
}

// held tells what became of a log file that was held to its hash.
func (c *checking) held(f *storedFile, wrong error) {
	c.Files++
	c.Bytes += f.length
	switch {
	case wrong == nil:
	case f.pack != 0 && errors.Is(wrong, fs.ErrPermission):
		c.fail(f.packName, wrong, RemedyReadAgain)
	case f.pack != 0:
		c.find(f.packName, fmt.Sprintf("the copy of %s at byte %d is damaged: %v", f.URI, f.offset, wrong), RemedyReadAgain)
	case strings.Contains(f.URI, "://") && !errors.Is(wrong, fs.ErrNotExist) && !errors.Is(wrong, errChanged):
		c.Unread++
		c.Why = cmp.Or(c.Why, fmt.Errorf("%s: %w", f.URI, wrong))
	default:
		c.fail(f.URI, wrong, RemedyBringBack)
	}
}

// verify reads a copy to its end and holds it against its hash.
func (r *Reader) verify(ctx context.Context, f *storedFile) error {
	from, err := r.opener(f)(ctx)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // only read from
	if !f.pressed {
		_, err = io.Copy(io.Discard, from) // it fails at its end where the hash is wrong
		return err
	}
	z, err := gzip.NewReader(from)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, z); err != nil {
		return err
	}
	if [sha256.Size]byte(sum.Sum(nil)) != f.sum {
		return errHash
	}
	return nil
}

func copyFile(to io.Writer, path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read from
	return io.Copy(to, f)
}
