package local

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// directoryTables are made when there is a directory to keep: a store of before
// has the same form without them.
const directoryTables = `
create table if not exists directory(id integer primary key, kind text not null, name text not null, management text not null, taken integer not null,
	unique(kind, name));
create table if not exists directory_entry(directory integer not null, id text not null, name text not null,
	also text not null, -- JSON, an array of texts
	state text not null, joined integer not null,
	primary key(directory, id)) without rowid;
`

// KeepDirectories keeps names, for whoever asks the store. A directory takes the
// place of the one of its kind and id that was kept before, as a whole.
func (s *Store) KeepDirectories(_ context.Context, all ...query.Directory) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	err := transact(s.conn, func() error {
		if err := sqlitex.ExecuteScript(s.conn, directoryTables, nil); err != nil {
			return named(err)
		}
		return sealedNames.change(s.conn, func() error { return keepDirectories(s.conn, all) })
	})
	if err != nil {
		return fmt.Errorf("keep names: %w", err)
	}
	s.Reader.stale()
	return nil
}

func keepDirectories(conn *sqlite.Conn, all []query.Directory) error {
	for i := range all {
		if err := keepDirectory(conn, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

func keepDirectory(conn *sqlite.Conn, d *query.Directory) error {
	if _, err := forgetDirectory(conn, "kind = ? and name = ?", string(d.Kind), d.ID); err != nil {
		return err
	}
	if err := exec(conn, "insert into directory(kind, name, management, taken) values(?, ?, ?, ?)", string(d.Kind), d.ID, d.Management, int64(d.Taken)); err != nil {
		return err
	}
	id := conn.LastInsertRowID()
	for _, e := range d.Entries {
		also, err := json.Marshal(e.Also)
		if err != nil {
			return err
		}
		if err := exec(conn, "insert or replace into directory_entry values(?, ?, ?, ?, ?, ?)", id, e.ID, e.Name, string(also), e.State, int64(e.Joined)); err != nil {
			return err
		}
	}
	return nil
}

// ForgetDirectory lets go of the directories with an id, and tells how many there
// were.
func (s *Store) ForgetDirectory(_ context.Context, id string) (n int, err error) {
	s.committing.Lock()
	defer s.committing.Unlock()
	err = transact(s.conn, func() error {
		there, err := hasDirectories(s.conn)
		if err != nil || !there {
			return err
		}
		return sealedNames.change(s.conn, func() (err error) {
			n, err = forgetDirectory(s.conn, "name = ?", id)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("forget names: %w", err)
	}
	s.Reader.stale()
	return n, nil
}

func forgetDirectory(conn *sqlite.Conn, where string, args ...any) (int, error) {
	if err := exec(conn, "delete from directory_entry where directory in (select id from directory where "+where+")", args...); err != nil {
		return 0, err
	}
	err := exec(conn, "delete from directory where "+where, args...)
	return conn.Changes(), err
}

func hasDirectories(conn *sqlite.Conn) (bool, error) {
	n, err := one(conn, "select count(*) from sqlite_schema where name = 'directory_entry'")
	return n > 0, err
}

// Directories are the names that the store in a folder keeps, those of
// organisations first, then by kind and id. It is there for who needs the names
// before the store: it reads the catalogue alone.
func Directories(_ context.Context, dir string) ([]query.Directory, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	a, err := isThere(dir)
	if err != nil {
		return nil, err
	}
	all, err := directoriesIn(dir, a)
	if a == reading && cannotShare(dir, err) {
		return directoriesIn(dir, frozen)
	}
	return all, err
}

func directoriesIn(dir string, a access) ([]query.Directory, error) {
	conn, err := connect(dir, a)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // only read from
	return readDirectories(conn)
}

func readDirectories(conn *sqlite.Conn) ([]query.Directory, error) {
	if there, err := hasDirectories(conn); err != nil || !there {
		return nil, err
	}
	var all []query.Directory
	at := map[int64]int{}
	// An organisation knows its accounts best but for who named them by hand.
	const order = " order by case kind when 'organization' then 0 when 'identity-center' then 1 when 'vendors' then 2 else 3 end, kind, name"
	err := rows(conn, "select id, kind, name, management, taken from directory"+order, func(s *sqlite.Stmt) error {
		at[s.ColumnInt64(0)] = len(all)
		all = append(all, query.Directory{
			Kind: query.DirectoryKind(s.ColumnText(1)), ID: s.ColumnText(2), Management: s.ColumnText(3), Taken: cloudtrail.Time(s.ColumnInt64(4)),
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = rows(conn, "select directory, id, name, also, state, joined from directory_entry order by directory, id", func(s *sqlite.Stmt) error {
		e := query.Entry{ID: s.ColumnText(1), Name: s.ColumnText(2), State: s.ColumnText(4), Joined: cloudtrail.Time(s.ColumnInt64(5))}
		if err := json.Unmarshal([]byte(s.ColumnText(3)), &e.Also); err != nil {
			return fmt.Errorf("%s: names of %s: %w", catalogueName, e.ID, err)
		}
		if d, ok := at[s.ColumnInt64(0)]; ok {
			all[d].Entries = append(all[d].Entries, e)
		}
		return nil
	})
	return all, err
}

// adoptDirectories takes over the names of the catalogue that was there. Those
// that are damaged are not: nobody is called by a name that may be wrong.
func adoptDirectories(from, to *sqlite.Conn) error {
	if err := sealedNames.verify(from); err != nil {
		return err
	}
	all, err := readDirectories(from)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := sqlitex.ExecuteScript(to, directoryTables, nil); err != nil {
		return named(err)
	}
	return keepDirectories(to, all)
}
