package local

import (
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// fileRow is what a catalogue tells of a log file, or of a piece of one. A byte of
// it may have been turned, and SQLite notices that only where the same stands in
// an index. So nothing is joined, lest a row be missing for a turned number, and
// what stands there twice is held against itself: the hash of the name, and the
// first eight bytes of that of the content.
type fileRow struct {
	foundCopy       // first is 0 where it was read anew
	begin     int   // first as it stands there
	indexed   int64 // sum as it stands there
	kept      bool  // there is a copy
	ended     bool  // it was read to its end
	summed    bool  // both tell the same hash of the content
	named     bool  // both tell the same name
	turned    bool  // something of it was turned
}

// fileRows calls each for every log file of a catalogue.
func fileRows(conn *sqlite.Conn, each func(*fileRow)) error {
	paths := map[int64]string{}
	err := rows(conn, "select id, path from folder", func(s *sqlite.Stmt) error { paths[s.ColumnInt64(0)] = s.ColumnText(1); return nil })
	if err != nil {
		return err
	}
	tries := mostTries
	const query = "select folder, name, version, hash, sum, sha256, first, pack, offset, length, pressed, ended from log_file order by id"
	return rows(conn, query, func(s *sqlite.Stmt) error {
		f := fileRow{begin: s.ColumnInt(6), indexed: s.ColumnInt64(4)}
		folder, name, hash := paths[s.ColumnInt64(0)], s.ColumnText(1), s.ColumnInt64(3)
		if f.named = nameHash(folder+name) == hash; !f.named {
			f.turned = true
			for _, other := range paths { // the number of its folder was turned
				if tries--; tries < 0 {
					break
				}
				if nameHash(other+name) == hash {
					folder, f.named = other, true
					break
				}
			}
		}
		f.LogFile = cloudtrail.ParseLogFileName(folder + name)
		f.Version = s.ColumnText(2)
		f.first = max(f.begin, 0)
		f.ended = s.ColumnBool(11)
		s.ColumnBytes(5, f.sum[:])
		f.summed = sumHash(f.sum) == f.indexed
		f.copied = copied{s.ColumnInt64(7), s.ColumnInt64(8), s.ColumnInt64(9), s.ColumnBool(10)}
		there := 0 // all three are told, or none
		for i := 7; i < 10; i++ {
			if s.ColumnType(i) != sqlite.TypeNull {
				there++
			}
		}
		f.kept = there > 1
		f.turned = f.turned || !f.summed || there%3 != 0
		each(&f)
		return nil
	})
}

// mostTries is how many folders are tried, for all log files together, where the
// name of one is damaged: that ends even where all are.
const mostTries = 1 << 22
