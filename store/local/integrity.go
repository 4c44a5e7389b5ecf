package local

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// integrities are by what noteHere notes. Where a file was read several times under
// its name the worst counts, for an event names the file and not the reading.
var integrities = [...]cloudtrail.Integrity{cloudtrail.Verified, cloudtrail.Unverified, cloudtrail.Altered}

// mostIntegrities is how many are remembered: lines come by time, and the files
// of a time are few.
const mostIntegrities = 1 << 15

// Integrity tells of a log file, as [query.Seals] says.
func (r *Reader) Integrity(_ context.Context, file string) (cloudtrail.Integrity, error) {
	v, err := r.acquire()
	if err != nil {
		return "", err
	}
	defer r.release(v)
	if !v.verified || file == "" {
		return "", nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if i, ok := v.integrities[file]; ok {
		return i, nil
	}
	uri, version, versioned := strings.Cut(file, versionMark)
	var id int64
	worst := -1
	err = rows(v.conn, "select path || name, version, log_file.id, coalesce(integrity, 1) from log_file join folder on folder.id = folder where hash = ?", func(s *sqlite.Stmt) error {
		if s.ColumnText(0) == uri && (!versioned || s.ColumnText(1) == version) {
			id, worst = s.ColumnInt64(2), max(worst, s.ColumnInt(3))
		}
		return nil
	}, nameHash(uri))
	if err != nil || worst < 0 {
		return cloudtrail.Unverified, named(err)
	}
	if v.integrities == nil || len(v.integrities) > mostIntegrities {
		v.integrities = map[string]cloudtrail.Integrity{}
	}
	v.integrities[file] = integrities[worst]
	return integrities[worst], v.integritiesAround(id)
}

// integritiesAround reads those of the files that came with one: the next to be
// asked for is nearly always among them. Those that were read several times are
// left out.
func (v *view) integritiesAround(id int64) error {
	first := id - id%namesABlock
	return named(rows(v.conn, `select path || name, coalesce(integrity, 1) from log_file join folder on folder.id = folder
		where log_file.id >= ? and log_file.id < ? and
		not exists(select 1 from log_file other where other.hash = log_file.hash and other.id <> log_file.id)`, func(s *sqlite.Stmt) error {
		v.integrities[s.ColumnText(0)] = integrities[s.ColumnInt(1)]
		return nil
	}, first, first+namesABlock))
}

// verifiedRows reads what verifications have left; nothing where there was none.
func (r *Reader) verifiedRows(query string, each func(*sqlite.Stmt) error, args ...any) error {
	v, err := r.acquire()
	if err != nil {
		return err
	}
	defer r.release(v)
	if !v.verified {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return named(rows(v.conn, query, each, args...))
}

// PublicKeys are the keys by which the digest files that are kept were told.
func (r *Reader) PublicKeys(context.Context) ([]source.PublicKey, error) {
	var all []source.PublicKey
	err := r.verifiedRows("select der, first, last from public_key order by der", func(s *sqlite.Stmt) error {
		all = append(all, source.PublicKey{DER: bytesAt(s, 0), From: cloudtrail.Time(s.ColumnInt64(1)), Until: cloudtrail.Time(s.ColumnInt64(2))})
		return nil
	})
	return all, err
}

// Altered names log files whose bytes are not those that digests list, n at most;
// where several were read under one name, what was read.
func (r *Reader) Altered(_ context.Context, n int) ([]string, error) {
	var all []string
	err := r.verifiedRows("select distinct "+readingColumn+` from log_file join folder on folder.id = folder
		where integrity = 2 and `+isReading+` order by 1 limit ?`, func(s *sqlite.Stmt) error {
		all = append(all, s.ColumnText(0))
		return nil
	}, n)
	return all, err
}
