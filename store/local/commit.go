package local

import (
	"cmp"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func addSegments(conn *sqlite.Conn, all []*segment) error {
	for _, b := range all {
		err := exec(conn, "insert into segment values(?,?,?,?,?,?,?,?,?,?,?,?)", b.id, b.name, b.rows, b.facts,
			int64(b.first), int64(b.last), int64(b.factFirst), int64(b.factLast), b.bytes, b.partBytes, b.sum, b.tail)
		if err != nil {
			return err
		}
	}
	return nil
}

// bytesAt is a column's bytes.
func bytesAt(s *sqlite.Stmt, column int) []byte {
	b := make([]byte, s.ColumnLen(column))
	s.ColumnBytes(column, b)
	return b
}

func step(s *sqlite.Stmt) error {
	if _, err := s.Step(); err != nil {
		return err
	}
	return s.Reset()
}

func addPacks(conn *sqlite.Conn, grown []pack) error {
	for _, p := range grown {
		if err := exec(conn, "insert or replace into pack values(?,?,?)", p.id, p.name, p.size); err != nil {
			return err
		}
	}
	return nil
}

// filed are the hashes of names and contents of the log files that are there:
// most that come are new, and the catalogue need not be asked for them. Guarded
// by Store.lookup.
type filed struct {
	hashes map[int64]struct{}
	read   bool
}

// mostFiled is how many log files are remembered so; of more the catalogue is
// asked each time.
const mostFiled = 2 << 20

func (f *filed) mayHold(conn *sqlite.Conn, hash int64) (bool, error) {
	if !f.read {
		n, err := one(conn, "select count(*) from log_file")
		if err != nil {
			return false, err
		}
		if n <= mostFiled {
			f.hashes = make(map[int64]struct{}, 2*n)
			err := rows(conn, "select hash, sum from log_file", func(s *sqlite.Stmt) error {
				f.add(s.ColumnInt64(0), s.ColumnInt64(1))
				return nil
			})
			if err != nil {
				return false, err
			}
		}
		f.read = true
	}
	if f.hashes == nil {
		return true, nil
	}
	_, ok := f.hashes[hash]
	return ok, nil
}

func (f *filed) add(hashes ...int64) {
	if f.hashes == nil {
		return
	}
	for _, h := range hashes {
		f.hashes[h] = struct{}{}
	}
	if len(f.hashes) > 2*mostFiled {
		f.hashes = nil
	}
}

// folders numbers the folders of log files.
type folders map[string]int64

// mostFolders is how many are remembered.
const mostFolders = 1 << 16

func (f *folders) number(conn *sqlite.Conn, path string) (int64, error) {
	if id, ok := (*f)[path]; ok {
		return id, nil
	}
	id, err := one(conn, "select id from folder where path = ?", path)
	if err == nil && id == 0 {
		if err = exec(conn, "insert into folder(path) values(?)", path); err == nil {
			id = conn.LastInsertRowID()
		}
	}
	if err != nil {
		return 0, err
	}
	if *f == nil || len(*f) >= mostFolders {
		*f = folders{}
	}
	(*f)[path] = id
	return id, nil
}

// addFiles tells the catalogue of log files, of those that ended, and of what
// follows from both.
func (s *Store) addFiles(taken []*batch, now time.Time) error {
	ended := map[[2]string]error{}
	for _, b := range taken {
		for _, f := range b.finished {
			if f.failed == nil && s.unended[fileID{f.URI, f.Version}] {
				continue // the copy came to its end, but not the file
			}
			ended[[2]string{f.URI, f.Version}] = f.failed
		}
	}
	spans := map[[2]string]*lineage.Span{}
	known := map[[2]string]bool{} // files of which all is in this commit
	var files, events, bytes int64
	for _, f := range filesOf(taken) {
		name := [2]string{f.URI, f.Version}
		failed, over := ended[name]
		_, met := known[name]
		again, err := s.supersede(f, met)
		if err != nil {
			return err
		}
		whole := over && failed == nil || cloudtrail.IsInline(f.URI)
		if err := s.addLogFile(f, whole && !f.stopped); err != nil {
			return err
		}
		bytes += f.size
		events += int64(f.kept)
		if f.first != 0 || again {
			known[name] = false
			continue
		}
		files++
		if _, ok := known[name]; !ok {
			known[name] = true
		}
		at := [2]string{f.Account, f.Region}
		if spans[at] == nil {
			spans[at] = &lineage.Span{Account: f.Account, Region: f.Region}
		}
		spans[at].Add(f.LogFile)
	}
	for _, b := range taken {
		for _, f := range b.forms {
			err := exec(s.conn, "insert or ignore into form values(?,?,?,?,?)", f.hour, f.id.Event, f.id.Recipient, int64(f.print), f.sum)
			if err != nil {
				return err
			}
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(spans), func(x, y [2]string) int { return slices.Compare(x[:], y[:]) }) {
		if err := addSpan(s.conn, spans[at]); err != nil {
			return err
		}
	}
	if err := s.endAll(ended, known, now); err != nil {
		return err
	}
	if s.regrown {
		return nil
	}
	day := now.UTC().Truncate(24 * time.Hour).Unix()
	return exec(s.conn, `insert into growth values(?,?,?,?) on conflict do update set
		files = files + excluded.files, events = events + excluded.events, bytes = bytes + excluded.bytes`, day, files, events, bytes)
}

// filesOf are the files of batches, in the order in which they came.
func filesOf(taken []*batch) []*logFile {
	var all []*logFile
	for _, b := range taken {
		for i := range b.files {
			all = append(all, &b.files[i])
		}
	}
	slices.SortFunc(all, func(x, y *logFile) int { return cmp.Compare(x.id, y.id) })
	return all
}

// supersede leaves what is there of a file, of which the beginning comes again,
// to the events that name it: it is one file, and what came last counts. Only
// here, where commits follow each other, is it certain what came before.
func (s *Store) supersede(f *logFile, met bool) (again bool, err error) {
	if f.first != 0 {
		return false, nil
	}
	hash := nameHash(f.URI)
	if !met {
		s.lookup.Lock()
		met, err = s.filed.mayHold(s.lookupConn, hash)
		s.lookup.Unlock()
		if err != nil || !met {
			return false, err
		}
	}
	err = exec(s.conn, `update log_file set first = -1 where hash = ? and version = ? and first = 0 and
		(select path from folder where folder.id = folder) || name = ?`, hash, f.Version, f.URI)
	return s.conn.Changes() > 0, err
}

func (s *Store) addLogFile(f *logFile, ended bool) error {
	cut := strings.LastIndexByte(f.URI, '/') + 1
	folder, err := s.folders.number(s.conn, f.URI[:cut])
	if err != nil {
		return err
	}
	st := s.conn.Prep("insert into log_file values(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,null)")
	st.BindInt64(1, f.id)
	st.BindInt64(2, folder)
	st.BindText(3, f.URI[cut:])
	st.BindText(4, f.Version)
	st.BindInt64(5, nameHash(f.URI))
	st.BindInt64(6, sumHash(f.sum))
	st.BindBytes(7, f.sum[:])
	for i, n := range [...]int64{int64(f.first), int64(f.records), f.size} {
		st.BindInt64(8+i, n)
	}
	st.BindBool(11, ended)
	if f.pack == 0 {
		for i := range 4 {
			st.BindNull(12 + i)
		}
	} else {
		for i, n := range [...]int64{f.pack, f.offset, f.length} {
			st.BindInt64(12+i, n)
		}
		st.BindBool(15, f.pressed)
	}
	if !s.verified.Load() {
		st.BindNull(16)
		return step(st)
	}
	own := ownName(f.URI)
	st.BindInt64(16, own)
	return errors.Join(step(st), s.noteContent(f, own))
}

// addSpan widens what is there of an account and region.
func addSpan(conn *sqlite.Conn, s *lineage.Span) error {
	return exec(conn, `insert into span values(?,?,?,?,?) on conflict do update set files = files + excluded.files,
		first = case when excluded.first <> 0 and (first = 0 or excluded.first < first) then excluded.first else first end,
		newest = max(newest, excluded.newest)`, s.Account, s.Region, s.Files, int64(s.First), int64(s.Newest))
}

// endAll notes how files ended: all of known are in this commit.
func (s *Store) endAll(ended map[[2]string]error, known map[[2]string]bool, now time.Time) error {
	failures, err := one(s.conn, "select count(*) from failed")
	if err != nil {
		return err
	}
	end := func() error {
		for name, failed := range ended {
			if failed == nil && known[name] && failures == 0 {
				continue // as nearly always
			}
			if err := s.end(name, failed, known[name], now); err != nil {
				return err
			}
		}
		return nil
	}
	failing := failures > 0
	for _, failed := range ended {
		failing = failing || failed != nil
	}
	if !failing {
		return end()
	}
	return sealedFailed.change(s.conn, end)
}

// end notes that a file was read to its end, or why not.
func (s *Store) end(name [2]string, failed error, whole bool, now time.Time) error {
	if failed != nil {
		return s.fail(name, failed, now)
	}
	if !whole {
		err := exec(s.conn, `update log_file set ended = 1 where hash = ? and version = ? and
			(select path from folder where folder.id = folder) || name = ?`, nameHash(name[0]), name[1], name[0])
		if err != nil {
			return err
		}
	}
	return exec(s.conn, "delete from failed where uri = ? and version = ?", name[0], name[1])
}

// since stands between why a file could not be read and why it cannot be opened
// any more.
const since = "; and now it "

// fail notes why a file could not be read. That it is not there any more, or may
// not be read now, does not tell what was wrong with it: the reason before stays.
func (s *Store) fail(name [2]string, failed error, now time.Time) error {
	problem, records := failed.Error(), 0
	if part, ok := errors.AsType[*source.PartError](failed); ok {
		records = part.Records
	}
	if errors.Is(failed, fs.ErrNotExist) || errors.Is(failed, fs.ErrPermission) {
		err := rows(s.conn, "select problem, records from failed where uri = ? and version = ?", func(st *sqlite.Stmt) error {
			before, _, again := strings.Cut(st.ColumnText(0), since)
			if !again && strings.Contains(before, source.NotOpened) {
				return nil
			}
			problem = before + since + strings.TrimPrefix(problem, name[0]+": ")
			records = st.ColumnInt(1)
			return nil
		}, name[0], name[1])
		if err != nil {
			return err
		}
	}
	return exec(s.conn, `insert into failed(uri, version, problem, at, times, records) values(?,?,?,?,1,?) on conflict do update set
		problem = excluded.problem, at = excluded.at, times = times + 1, records = excluded.records`, name[0], name[1], problem, now.Unix(), records)
}
