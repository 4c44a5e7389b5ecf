package local

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// tables is the form of the catalogue. A log file's name is kept in two parts,
// since thousands share a folder; hash and sum find it by name and by content.
const tables = `
create table folder(id integer primary key, path text not null unique);
create table log_file(
	id integer primary key, folder integer not null, name text not null, version text not null,
	hash integer not null,  -- of the URI
	sum integer not null,   -- the first eight bytes of sha256
	sha256 blob not null,   -- of the bytes as delivered
	first integer not null, -- ordinal of its first record: not 0 for a later piece, -1 if it was read anew
	records integer not null, size integer not null, ended integer not null, -- read to its end
	pack integer, offset integer, length integer, pressed integer, -- the copy; pressed: by us
	own integer, -- a hash of its name without folder, see ownName; null in a store without digests
	integrity integer -- what follows of it from the tables below, see noteHere; null where no digest lists it
);
create index log_file_hash on log_file(hash);
create index log_file_sum on log_file(sum);
create table pack(id integer primary key, name text not null unique, size integer not null);
create table failed(uri text not null, version text not null, problem text not null, at integer not null, times integer not null,
	records integer not null, -- that could not be read, of a file that was read to its end
	primary key(uri, version)) without rowid;
create table span(account text not null, region text not null, files integer not null, first integer not null, newest integer not null,
	primary key(account, region)) without rowid;
create table growth(day integer primary key, files integer not null, events integer not null, bytes integer not null);
create table segment(
	id integer primary key, name text not null, rows integer not null, facts integer not null,
	first integer not null, last integer not null, fact_first integer not null, fact_last integer not null,
	bytes integer not null, part_bytes integer not null, sha256 blob,
	tail integer -- checksum of what follows the pages in the Parquet file, see tailSum; null in one of format 1
);
-- The forms of events that have several. They may differ in time.
create table form(hour integer not null, event text not null, recipient text not null, fingerprint integer not null, checksum integer not null,
	primary key(hour, event, recipient, fingerprint, checksum)) without rowid;
create table setting(name text primary key, value integer not null) without rowid;
-- Log files that were read and hold nothing newer than the floor: hashes of their names.
create table bygone(name integer primary key);
` + digestTables

// digestTables hold what verifications leave behind, see digests.go. Stores of
// format 1 lack them.
const digestTables = `
create index log_file_own on log_file(own) where own is not null;
create index log_file_altered on log_file(own) where integrity = 2;
create table digest(
	id integer primary key, folder integer not null, name text not null, own integer not null, -- as of log files
	sha256 blob not null,  -- of the bytes as delivered
	ended integer not null, -- the end of the hour that it is of
	pack integer not null, offset integer not null, length integer not null -- where its header begins, and how long both are
);
create index digest_own on digest(own);
-- The spans of which digests tell all, none touching another.
create table sealed(account text not null, region text not null, first integer not null, last integer not null,
	primary key(account, region, first)) without rowid;
-- What digests list. here: a log file of that name is there, and its bytes are not known to be others.
create table listed(own integer not null, sha256 blob not null, folder integer not null, name text not null,
	first integer not null, last integer not null, here integer not null,
	primary key(own, sha256)) without rowid;
create index listed_lacking on listed(last) where here = 0;
-- The hash of a log file's bytes as decompressed, by that of its bytes as delivered.
create table content(sha256 blob primary key, plain blob not null) without rowid;
create table missing(uri text primary key, first integer not null, last integer not null) without rowid;
create table public_key(der blob primary key, first integer not null, last integer not null) without rowid;
`

// applicationID marks the file as ours: "XTRL".
const applicationID = 0x5854524c

// access is what a connection is for.
type access uint8

const (
	writing access = iota
	reading
	frozen    // reading what nobody can write: a read-only folder
	salvaging // reading what is left: what cannot be read of the tables' own table is passed over
)

// NewerError is a store that a newer crosstrail made.
type NewerError struct{ Dir string }

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: the store was made by a newer crosstrail: use that one, or a folder of its own (--store)", e.Dir)
}

// connect opens the catalogue, making its tables where it is new.
func connect(dir string, a access) (*sqlite.Conn, error) {
	flags := sqlite.OpenURI | sqlite.OpenReadWrite | sqlite.OpenCreate | sqlite.OpenWAL
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, catalogueName))}
	switch a {
	case writing: // SQLite would let others read it
		f, err := os.OpenFile(filepath.Join(dir, catalogueName), os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			return nil, err
		}
	case reading, salvaging:
		flags = sqlite.OpenURI | sqlite.OpenReadWrite
	case frozen:
		flags = sqlite.OpenURI | sqlite.OpenReadOnly
		uri.RawQuery = "immutable=1"
	}
	conn, err := sqlite.OpenConn(uri.String(), flags)
	if err != nil {
		return nil, named(err)
	}
	conn.SetBusyTimeout(10 * time.Second)
	if a == salvaging {
		if err := run(conn, "pragma writable_schema=on"); err != nil { // nothing is written
			return nil, errors.Join(err, conn.Close())
		}
	}
	if err := prepare(conn, dir, a); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func prepare(conn *sqlite.Conn, dir string, a access) error {
	version, err := one(conn, "pragma user_version")
	switch {
	case err != nil:
		return named(err)
	case version > formatVersion:
		return &NewerError{dir}
	case version == 0 && isFilled(dir):
		return ErrLost
	case version == 0 && a != writing:
		return fmt.Errorf("%s: %w", dir, ErrNoStore)
	}
	if a != writing {
		return run(conn, "pragma cache_size=-8192")
	}
	if err := run(conn, "pragma synchronous=full", "pragma cache_size=-32768", "pragma wal_autocheckpoint=2000"); err != nil {
		return err
	}
	if version == formatVersion {
		return nil
	}
	return transact(conn, func() error {
		made := tables
		if version > 0 { // of format 1
			made = "alter table log_file add column own integer; alter table log_file add column integrity integer; alter table segment add column tail integer;" + digestTables
		}
		if err := sqlitex.ExecuteScript(conn, made, nil); err != nil {
			return named(err)
		}
		if version == 0 {
			if err := sealNew(conn); err != nil {
				return err
			}
		}
		return run(conn, fmt.Sprintf("pragma application_id=%d", applicationID), fmt.Sprintf("pragma user_version=%d", formatVersion))
	})
}

// ErrLost says that there is more in the folder than the catalogue, which is
// new or empty, tells: what it does not know would be removed. [Rebuild] makes
// the catalogue anew.
var ErrLost = errors.New(catalogueName + ": is lost or empty, but there are files of a store")

// isFilled reports whether there are files that only a catalogue explains.
func isFilled(dir string) bool {
	for _, pattern := range []string{indexName + "/*.parts", logsName + "/*/*.pack"} {
		if names, _ := fs.Glob(os.DirFS(dir), pattern); len(names) > 0 { // it fails for bad patterns alone
			return true
		}
	}
	return false
}

// named says of an error that it is the catalogue's.
func named(err error) error {
	if err == nil || strings.HasPrefix(err.Error(), catalogueName) {
		return err
	}
	return fmt.Errorf("%s: %w", catalogueName, err)
}

// run carries out statements that give nothing to keep.
func run(conn *sqlite.Conn, statements ...string) error {
	for _, statement := range statements {
		if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
			return named(err)
		}
	}
	return nil
}

// one is the integer that a query gives, 0 where it gives none.
func one(conn *sqlite.Conn, query string, args ...any) (int64, error) {
	var n int64
	err := rows(conn, query, func(s *sqlite.Stmt) error { n = s.ColumnInt64(0); return nil }, args...)
	return n, err
}

// rows calls each for every row of a query.
func rows(conn *sqlite.Conn, query string, each func(*sqlite.Stmt) error, args ...any) error {
	return named(sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: each}))
}

// exec carries out a statement.
func exec(conn *sqlite.Conn, query string, args ...any) error {
	return named(sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args}))
}

// transact carries out do as one transaction: all of it, or nothing.
func transact(conn *sqlite.Conn, do func() error) (err error) {
	if err := run(conn, "begin immediate"); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, run(conn, "rollback"))
	}
	return run(conn, "commit")
}
