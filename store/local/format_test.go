package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// olderForm makes a store what it was in format 1, without what verifications
// leave.
func olderForm(t *testing.T, dir string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, catalogueName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteScript(conn, `drop index log_file_own; drop index log_file_altered; alter table log_file drop column own; alter table log_file drop column integrity;
		alter table segment drop column tail;
		drop table digest; drop table sealed; drop table listed; drop table content; drop table missing; drop table public_key;
		pragma user_version = 1;`, nil)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestOlderFormat: a store of format 1 can be read as it is, and the next one that
// writes takes it over.
func TestOlderFormat(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const uri = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/02/111111111111_CloudTrail_us-east-1_20260102T1000Z_aaaaaaaaaaaaaaaa.json.gz"
	f := source.File{LogFile: cloudtrail.ParseLogFileName(uri), Body: []byte(`{"Records":[]}`), Records: func(func(*cloudtrail.Record) bool) {}}
	add := func(s *Store, version string) {
		t.Helper()
		f.Version = version
		f.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Body)), nil }
		if _, _, err := s.Add(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Finish(t.Context(), f.LogFile, nil), s.Commit(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	add(s, "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	olderForm(t, dir)
	r, err := OpenReader(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.Info(t.Context())
	if err != nil || info.LogFiles != 1 {
		t.Errorf("read as it is: %+v, %v", info, err)
	}
	_, err = r.Lack(t.Context())
	if i, failed := r.Integrity(t.Context(), uri); failed != nil || i != "" || err != nil {
		t.Errorf("read as it is: %q, %v, %v", i, failed, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // what it writes was committed
	add(s, "2")
	if err := s.KeepDigests(t.Context(), source.Digests{}); err != nil {
		t.Fatal(err)
	}
	if i, err := s.Integrity(t.Context(), uri); err != nil || i != cloudtrail.Unverified {
		t.Errorf("taken over, and verified without digests: %q, %v", i, err)
	}
	if n, err := one(s.conn, "select count(*) from log_file where own = ?", ownName(uri)); err != nil || n != 2 {
		t.Errorf("%d files have their own name, %v", n, err)
	}
}
