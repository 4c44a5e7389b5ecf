package local

import (
	"errors"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// ErrUnread is told of a catalogue that cannot be read to its end: how much it told
// is not known.
var ErrUnread = errors.New("what only the catalogue tells may be missing: log files without a copy, the list of those that failed, names, and what store retain has set")

// remedies are what to do once the catalogue was made anew.
var remedies = map[sealedPart]string{
	sealedFloor:  "nothing was taken to be older: set it once more",
	sealedFailed: "read the log files once more",
	sealedNames:  "none was taken over: keep them once more",
}

// tells tells of what the catalogue that was there had, and cannot be had again.
func (c *Copies) tells(err error) {
	if broken, ok := errors.AsType[*sealError](err); ok {
		err = fmt.Errorf("%w: %s", err, remedies[broken.part])
	} else if !errors.Is(err, errNoRow) && !errors.Is(err, errReferred) {
		if c.unread {
			return
		}
		c.unread = true
		err = fmt.Errorf("%w (%w)", ErrUnread, err)
	}
	if c.options.Damaged != nil {
		c.options.Damaged(catalogueName, err)
	}
}

// readFloor reads the floor of the catalogue that was there. One that is damaged is
// none: what went may come again from copies, which loses nothing; a floor too high
// would lose all below.
func (c *Copies) readFloor() {
	floor, err := one(c.old, "select value from setting where name = 'floor'")
	if err == nil {
		err = sealedFloor.verify(c.old)
	}
	if c.noFloor = err != nil; c.noFloor {
		c.tells(err)
		return
	}
	c.floor = cloudtrail.Time(floor)
}

// adoptOld takes over from the catalogue that was there what no log file tells. It is
// called in a transaction.
func (s *Store) adoptOld(from *Copies) error {
	if from.floor != 0 {
		if err := exec(s.conn, "insert or replace into setting values('floor', ?)", int64(from.floor)); err != nil {
			return err
		}
	}
	if n, err := one(from.old, "select value from setting where name = 'verified'"); err == nil && n > 0 {
		if err := exec(s.conn, "insert or replace into setting values('verified', 1)"); err != nil {
			return err
		}
	}
	_ = copyTable(from.old, s.conn, "growth") // it is a statistic: what can be read of it
	broken := sealedFailed.verify(from.old)
	if is, ok := errors.AsType[*sealError](broken); !ok || !is.empty { // else whatever is there nobody wrote
		broken = errors.Join(broken, copyTable(from.old, s.conn, "failed"))
	}
	if broken != nil { // of one that is damaged, what can be read: rather a file too much
		from.tells(broken)
	}
	if err := adoptDirectories(from.old, s.conn); err != nil {
		from.tells(err)
	}
	return sealNew(s.conn)
}

// errNoRow is a row that nobody wrote.
var errNoRow = errors.New("a row is damaged")

// copyTable copies the rows of a table as far as they can be read.
func copyTable(from, to *sqlite.Conn, table string) (damaged error) {
	err := rows(from, "select * from "+table, func(s *sqlite.Stmt) error {
		var names []string // the other table may have more
		var args []any
		for i := range s.ColumnCount() {
			names = append(names, s.ColumnName(i))
			switch s.ColumnType(i) {
			case sqlite.TypeInteger:
				args = append(args, s.ColumnInt64(i))
			case sqlite.TypeText:
				args = append(args, s.ColumnText(i))
			default: // no column that is copied has another
				damaged = fmt.Errorf("%s: %s: %w", catalogueName, table, errNoRow)
				return nil
			}
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")
		return exec(to, "insert or replace into "+table+"("+strings.Join(names, ",")+") values("+marks+")", args...)
	})
	return errors.Join(damaged, err)
}
