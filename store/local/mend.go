package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// hasWhole reports whether all copies of a file are as they were.
func (s *Store) hasWhole(ctx context.Context, f cloudtrail.LogFile) (bool, error) {
	var all []*storedFile
	s.lookup.Lock()
	err := rows(s.lookupConn, storedColumns+" where hash = ? and version = ? and pack is not null", func(st *sqlite.Stmt) error {
		if one := readStored(st); one.URI == f.URI {
			all = append(all, one)
		}
		return nil
	}, nameHash(f.URI), f.Version)
	s.lookup.Unlock()
	for _, one := range all {
		if s.verify(ctx, one) != nil {
			return false, ctx.Err()
		}
	}
	return true, err
}

// mend leads all files of the same bytes to the copies that are whole, and
// forgets packs that are not there and of which nothing is missed any more.
func (s *Store) mend(taken []*batch) error {
	mended := false
	for _, f := range filesOf(taken) {
		if !f.mends || f.pack == 0 {
			continue
		}
		mended = true
		err := exec(s.conn, "update log_file set pack = ?, offset = ?, length = ?, pressed = ? where sum = ? and sha256 = ? and pack is not null",
			f.pack, f.offset, f.length, f.pressed, sumHash(f.sum), f.sum[:])
		if err != nil {
			return err
		}
	}
	if !mended {
		return nil
	}
	var lost []int64
	err := rows(s.conn, "select id, name"+unusedPacks, func(st *sqlite.Stmt) error {
		if _, err := os.Stat(filepath.Join(s.packs.dir, filepath.FromSlash(st.ColumnText(1)))); errors.Is(err, fs.ErrNotExist) {
			lost = append(lost, st.ColumnInt64(0))
		}
		return nil
	})
	for _, id := range lost {
		err = errors.Join(err, exec(s.conn, "delete from pack where id = ?", id))
	}
	return err
}
