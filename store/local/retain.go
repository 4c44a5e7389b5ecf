package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Retained is what went.
type Retained struct {
	Floor  cloudtrail.Time // what is older is not kept, now and later
	Events int64           // every form of each
	Facts  int64
	Files  int   // copies of log files
	Bytes  int64 // that the folder became smaller by
}

// Retain sets a floor of event time. Events before it go; what links later ones
// stays 48 hours longer, names stay for ever; later, what is older is passed
// over. So the store is what it would be had it never seen them, whatever the
// order. A floor is never lowered: what went does not come back.
func (s *Store) Retain(ctx context.Context, floor cloudtrail.Time) (Retained, error) {
	s.adding.Lock() // nothing older is added from now on
	s.floor = max(s.floor, floor)
	floor = s.floor
	s.adding.Unlock()
	gone := Retained{Floor: floor}
	if err := s.Commit(ctx); err != nil {
		return gone, err
	}
	before, err := s.Info(ctx)
	if err != nil {
		return gone, err
	}
	older := func(all []*segmentView) (group []*segmentView) {
		for _, seg := range all {
			if seg.rows > 0 && seg.first < floor || seg.facts > 0 && seg.factFirst < floor-factsBefore {
				group = append(group, seg)
			}
		}
		return group
	}
	if _, err = s.rewrite(ctx, older, floor); err == nil {
		gone.Files, err = s.dropCopies(floor - factsBefore)
	}
	if err != nil {
		return gone, fmt.Errorf("retain: %w", err)
	}
	after, err := s.Info(ctx)
	gone.Events, gone.Facts = before.Events+before.Variants-after.Events-after.Variants, before.Facts-after.Facts
	gone.Bytes = before.EventBytes + before.CopyBytes - after.EventBytes - after.CopyBytes
	return gone, err
}

// dropCopies forgets the log files delivered before a moment, and removes the
// packs that hold nothing else.
func (s *Store) dropCopies(before cloudtrail.Time) (files int, err error) {
	s.committing.Lock()
	defer s.committing.Unlock()
	type oldFile struct {
		cloudtrail.LogFile
		id    int64
		ended bool
	}
	var old []oldFile
	spans := map[[2]string]*lineage.Span{} // of what stays, but for files that are there for an event of no known time
	err = rows(s.conn, "select log_file.id, path || name, first, version, ended from log_file join folder on folder.id = folder", func(st *sqlite.Stmt) error {
		f := cloudtrail.ParseLogFileName(st.ColumnText(1))
		if !f.Delivered.IsZero() && f.Delivered < before {
			f.Version = st.ColumnText(3)
			old = append(old, oldFile{f, st.ColumnInt64(0), st.ColumnBool(4)})
			return nil
		}
		if st.ColumnInt(2) == 0 {
			at := [2]string{f.Account, f.Region}
			if spans[at] == nil {
				spans[at] = &lineage.Span{Account: f.Account, Region: f.Region}
			}
			spans[at].Add(f)
		}
		return nil
	})
	if err != nil || len(old) == 0 && !s.verified.Load() {
		return 0, err
	}
	if used, err := s.filesInUse(); err != nil {
		return 0, err
	} else if old = slices.DeleteFunc(old, func(f oldFile) bool { return used[f.id] }); len(old) == 0 && !s.verified.Load() {
		return 0, nil
	}
	var packs []string
	err = transact(s.conn, func() error {
		for _, f := range old {
			err := exec(s.conn, "delete from log_file where id = ?", f.id)
			if err == nil && f.ended {
				err = letGo(s.conn, f.LogFile)
			}
			if err != nil {
				return err
			}
		}
		if err := exec(s.conn, "delete from span"); err != nil {
			return err
		}
		for _, span := range spans {
			if err := addSpan(s.conn, span); err != nil {
				return err
			}
		}
		if err := s.dropDigests(before); err != nil {
			return err
		}
		err := rows(s.conn, "select name"+unusedPacks, func(st *sqlite.Stmt) error { packs = append(packs, st.ColumnText(0)); return nil })
		if err != nil {
			return err
		}
		if err := exec(s.conn, "delete"+unusedPacks); err != nil {
			return err
		}
		return exec(s.conn, "delete from folder where id not in (select folder from log_file union select folder from digest union select folder from listed)")
	})
	if err != nil {
		return 0, err
	}
	s.folders = nil
	s.Reader.stale()
	s.packs.forget(packs)
	for _, name := range packs {
		if err := os.Remove(filepath.Join(s.sealer.dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	return len(old), nil
}

// unusedPacks are those that hold neither a log file nor what a verification left.
const unusedPacks = " from pack where id not in (select pack from log_file where pack is not null union select pack from digest) and name not like '%" + sealsFolder + "%'"

// filesInUse are the log files that an event or a fact is of. An event of no
// known time is kept for ever, and one of a wrong clock may be newer than its
// file.
func (s *Store) filesInUse() (map[int64]bool, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	used := map[int64]bool{}
	for _, seg := range v.segments {
		for n := range uint32(seg.facts) {
			f, err := v.fact(seg, n)
			if err != nil {
				break // damaged: it names nothing that can be read
			}
			used[f.file] = true
		}
		if seg.rows == 0 {
			continue
		}
		_ = seg.file.read([]extent{{0, uint32(seg.rows)}}, []int{colFile}, &vectors{}, func(c *vectors) error { // so here
			for _, id := range c.numbers[colFile] {
				used[id] = true
			}
			return nil
		})
	}
	return used, nil
}
