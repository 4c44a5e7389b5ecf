package local

import (
	"crypto/sha256"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// bygoneKey is what a log file is remembered by that was let go. Its hash cannot
// be chosen to be that of another, as one of a name in the catalogue could.
func bygoneKey(f cloudtrail.LogFile) int64 {
	return sumHash(sha256.Sum256([]byte(f.Key())))
}

// isBefore reports whether only names are wanted of a file, by when it was
// delivered.
func isBefore(f cloudtrail.LogFile, floor cloudtrail.Time) bool {
	return floor != 0 && !f.Delivered.IsZero() && f.Delivered < floor-factsBefore
}

// wasLetGo reports whether a file was read that is older than what is kept.
func (s *Store) wasLetGo(f cloudtrail.LogFile) (there bool, err error) {
	s.adding.RLock()
	floor := s.floor
	s.adding.RUnlock()
	if !isBefore(f, floor) {
		return false, nil
	}
	s.lookup.Lock()
	defer s.lookup.Unlock()
	err = rows(s.lookupConn, "select 1 from bygone where name = ?", func(*sqlite.Stmt) error { there = true; return nil }, bygoneKey(f))
	return there, err
}

// addBygone remembers the files that came to their end and are older than what
// is kept: they have given all that is wanted of them.
func (s *Store) addBygone(taken []*batch) error {
	s.adding.RLock()
	floor := s.floor
	s.adding.RUnlock()
	for _, b := range taken {
		for _, f := range b.finished {
			if f.failed != nil || !isBefore(f.LogFile, floor) {
				continue
			}
			if err := letGo(s.conn, f.LogFile); err != nil {
				return err
			}
		}
	}
	return nil
}

func letGo(conn *sqlite.Conn, f cloudtrail.LogFile) error {
	return exec(conn, "insert or ignore into bygone values(?)", bygoneKey(f))
}
