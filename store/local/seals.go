package local

import (
	"cmp"
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"
	"zombiezen.com/go/sqlite"
)

// Of some things a catalogue is the only witness: no log file tells them, and a
// byte of them that was turned would be believed. They are sealed by a hash in
// another row: whoever finds the two at odds knows that he must not believe them.
//
// Some things are only the catalogue's and have no seal. How the store grew is a
// statistic. A turned hash of bygone is that of no file, so that one is read again
// and passed over, for it is older than the floor. A log file without a copy is held
// by the two hashes in its row (fileRow) and by its own bytes. That the store was
// verified follows, but for a verification that found nothing, from what lies in packs.
type sealedPart string

const (
	sealedFloor  sealedPart = "floor"
	sealedFailed sealedPart = "failed"
	sealedNames  sealedPart = "names"
)

var sealedParts = [...]sealedPart{sealedFloor, sealedFailed, sealedNames}

// brokenSeals are what to say of one that is not as it was.
var brokenSeals = map[sealedPart]string{
	sealedFloor:  "the moment that store retain has set is damaged",
	sealedFailed: "the list of files that could not be read is damaged, and may lack some",
	sealedNames:  "the names of accounts and people are damaged",
}

func (p sealedPart) queries(conn *sqlite.Conn) ([]string, error) {
	switch p {
	case sealedFloor:
		return []string{"select value from setting where name = 'floor'"}, nil
	case sealedFailed:
		return []string{"select uri, version, problem, at, times, records from failed order by uri, version"}, nil
	}
	there, err := hasDirectories(conn)
	if err != nil || !there {
		return nil, err
	}
	return []string{
		"select id, kind, name, management, taken from directory order by id",
		"select directory, id, name, also, state, joined from directory_entry order by directory, id",
	}, nil
}

// hash is that of what is there.
func (p sealedPart) hash(conn *sqlite.Conn) (int64, error) {
	queries, err := p.queries(conn)
	if err != nil {
		return 0, err
	}
	sum := xxhash.New()
	var buf []byte
	for _, query := range queries {
		err := rows(conn, query, func(s *sqlite.Stmt) error {
			for i := range s.ColumnCount() {
				buf = append(buf[:0], byte(s.ColumnType(i)))
				if s.ColumnType(i) == sqlite.TypeInteger {
					buf = binary.LittleEndian.AppendUint64(buf, uint64(s.ColumnInt64(i)))
				} else {
					text := s.ColumnText(i)
					buf = append(binary.LittleEndian.AppendUint64(buf, uint64(len(text))), text...)
				}
				_, _ = sum.Write(buf) // it never fails
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return int64(sum.Sum64()), nil
}

// seal seals what is there. It is called in the transaction that changes it.
func (p sealedPart) seal(conn *sqlite.Conn) error {
	sum, err := p.hash(conn)
	if err != nil {
		return err
	}
	return exec(conn, "insert or replace into setting values(?, ?)", "seal "+string(p), sum)
}

// change changes what is sealed, and seals it anew: but not what was damaged, lest
// the damage be believed from then on.
func (p sealedPart) change(conn *sqlite.Conn, do func() error) error {
	damaged := p.verify(conn)
	if _, is := errors.AsType[*sealError](damaged); damaged != nil && !is {
		return damaged
	}
	if err := do(); err != nil || damaged != nil {
		return err
	}
	return p.seal(conn)
}

// ErrUnsealed is a part of a catalogue of which it is the only witness, and that is
// not as it was.
var ErrUnsealed = errors.New("a part of the catalogue is not as it was")

// Is makes it an [ErrUnsealed].
func (e *sealError) Is(target error) bool { return target == ErrUnsealed }

// sealError is a part of a catalogue that is not as it was sealed.
type sealError struct {
	part  sealedPart
	empty bool // there was nothing
}

func (e *sealError) Error() string { return brokenSeals[e.part] }

// verify holds what is there to its seal. A store from before there were seals has
// none.
func (p sealedPart) verify(conn *sqlite.Conn) error {
	sum, err := p.hash(conn)
	if err != nil {
		return err
	}
	var broken error
	err = rows(conn, "select value from setting where name = ?", func(s *sqlite.Stmt) error {
		if was := s.ColumnInt64(0); was != sum {
			broken = &sealError{p, was == int64(xxhash.Sum64(nil))}
		}
		return nil
	}, "seal "+string(p))
	return cmp.Or(err, broken)
}

// sealNew seals what a new catalogue has.
func sealNew(conn *sqlite.Conn) error {
	var errs []error
	for _, p := range sealedParts {
		errs = append(errs, p.seal(conn))
	}
	return errors.Join(errs...)
}
