package local_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// plainFile is a log file that is gzip without compression, so that its records
// can be changed where they lie.
func plainFile(t *testing.T, event string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(z, `{"Records":[{"eventID":%q,"eventTime":"2026-03-03T10:00:00Z","eventName":"DeleteTrail","recipientAccountId":"111111111111"}]}`, event)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func itemOf(name string, body []byte) source.Item {
	return source.Item{LogFile: cloudtrail.LogFile{URI: name}, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(body)), nil
	}}
}

// forge changes the call of a record in its copy, and gzip's checksum with it; in
// the header too, if asked for, the hash.
func forge(t *testing.T, dir string, body []byte, header bool) {
	t.Helper()
	name := packsOf(t, dir)[0]
	pack, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(body, []byte("DeleteTrail"), []byte("ListTrails!"), 1)
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	plain = bytes.Replace(plain, []byte("DeleteTrail"), []byte("ListTrails!"), 1)
	binary.LittleEndian.PutUint32(forged[len(forged)-8:], crc32.ChecksumIEEE(plain))
	if pack = bytes.Replace(pack, body, forged, 1); !bytes.Contains(pack, forged) {
		t.Fatal("there is no copy")
	}
	if header {
		old, made := sha256.Sum256(body), sha256.Sum256(forged)
		pack = bytes.Replace(pack, []byte(hex.EncodeToString(old[:])), []byte(hex.EncodeToString(made[:])), 1)
	}
	write(t, name, pack)
}

// calls are the calls of all events, by name.
func calls(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	for row, err := range read(t, dir, nil).Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row.ID.Event+":"+row.EventName)
	}
	return strings.Join(all, " ")
}

// TestRebuildTakesNothingForged: a copy that was changed well is held to the hash
// in its header and in the catalogue, is named, and gives no event.
func TestRebuildTakesNothingForged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		header, lost bool
	}{{"", false, false}, {"catalogue lost", false, true}, {"header changed too", true, false}} {
		dir := t.TempDir()
		bodies := [][]byte{plainFile(t, "a"), plainFile(t, "b")}
		s, err := local.Open(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		from := items{itemOf("/logs/a.json.gz", bodies[0]), itemOf("/logs/b.json.gz", bodies[1])}
		if _, _, err := ingest.Pump(t.Context(), &from, s, ingest.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		forge(t, dir, bodies[0], c.header)
		if !c.lost { // and a name before a copy is damaged
			pack := packsOf(t, dir)[0]
			body, err := os.ReadFile(pack)
			if err != nil {
				t.Fatal(err)
			}
			write(t, pack, bytes.Replace(body, []byte("/logs/b.json"), []byte("/logs/c.json"), 1))
		}
		if c.lost {
			if err := os.Remove(filepath.Join(dir, "catalogue.db")); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // once more: it is not forgotten either
			var failed []string
			var files ingest.Counts
			err = local.Rebuild(t.Context(), dir, local.Options{}, func(from *local.Copies, to *local.Store) (err error) {
				files, _, err = ingest.Pump(t.Context(), from, to, ingest.Options{OnError: func(err error) { failed = append(failed, err.Error()) }})
				return err
			})
			if err != nil || files.Failed != 1 || files.Kept != 1 || len(failed) != 1 ||
				!strings.HasPrefix(failed[0], "/logs/a.json.gz: ") || !strings.Contains(failed[0], ".pack: the copy at byte ") || !strings.Contains(failed[0], " hash") {
				t.Errorf("%s: %+v, %q, %v", c.name, files, failed, err)
			}
			if got := calls(t, dir); got != "b:DeleteTrail" {
				t.Errorf("%s: %s", c.name, got)
			}
			if raw, err := read(t, dir, nil).Raw(t.Context(), lineage.Location{File: "/logs/b.json.gz"}); err != nil {
				t.Errorf("%s: %s, %v", c.name, raw, err)
			}
			if failed, err := read(t, dir, nil).Failed(t.Context()); err != nil || len(failed) != 1 {
				t.Errorf("%s: the list of what failed: %+v, %v", c.name, failed, err)
			}
		}
	}
}

// TestReadAgain: a copy that is changed, or whose pack is lost, is replaced when
// its file is read again, for all files of the same bytes; plain reading passes
// over it.
func TestReadAgain(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		dir := t.TempDir()
		body := plainFile(t, "a")
		pumpItems := func(again bool, from ...source.Item) (files, records ingest.Counts) {
			t.Helper()
			s, err := local.Open(t.Context(), dir, local.Options{Again: again})
			if err != nil {
				t.Fatal(err)
			}
			all := items(from)
			files, records, err = ingest.Pump(t.Context(), &all, s, ingest.Options{Workers: 1, OnError: func(err error) { t.Error(err) }})
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			return files, records
		}
		a, twin, other := itemOf("/logs/a.json.gz", body), itemOf("/other/a.json.gz", body), itemOf("/logs/b.json.gz", plainFile(t, "b"))
		pumpItems(false, a)
		pumpItems(false, twin, other)
		before := calls(t, dir)
		if lost {
			if err := os.Remove(packsOf(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
		} else {
			forge(t, dir, body, false)
		}
		want := map[bool]int{false: 2, true: 1}[lost] // one for each name of a damaged copy, one for a lost pack
		found := findings(t, dir)
		if len(found) != want || found[0].Remedy != local.RemedyReadAgain || strings.Count(found[0].Problem, ".pack") > 0 ||
			lost && !strings.Contains(found[0].Problem, "copies that it held: 3") {
			t.Errorf("pack lost: %v: %+v", lost, found)
		}
		if files, _ := pumpItems(false, a, other); files.Duplicate != 2 {
			t.Errorf("pack lost: %v: %+v", lost, files)
		}
		read := map[bool]int{false: 1, true: 2}[lost]
		if files, records := pumpItems(true, a, other); files.Kept != read || records.Duplicate != read {
			t.Errorf("pack lost: %v: once more: %+v, %+v", lost, files, records)
		}
		whole(t, dir)
		if files, _ := pumpItems(true, a, twin, other); files.Duplicate != 3 {
			t.Errorf("pack lost: %v: all is whole: %+v", lost, files)
		}
		if err := rebuild(t, dir); err != nil {
			t.Errorf("pack lost: %v: rebuild: %v", lost, err)
		}
		whole(t, dir)
		if got := calls(t, dir); got != before {
			t.Errorf("pack lost: %v: %s, want %s", lost, got, before)
		}
	}
}

// TestRawOfLostCopy: where the copy is lost, the log file itself serves, if it is
// what it was.
func TestRawOfLostCopy(t *testing.T) {
	t.Parallel()
	dir, name := t.TempDir(), filepath.Join(t.TempDir(), "a.json.gz")
	body := plainFile(t, "a")
	write(t, name, body)
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	from := items{itemOf(name, body)}
	if _, _, err := ingest.Pump(t.Context(), &from, s, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	pack := packsOf(t, dir)[0]
	if err := os.Remove(pack); err != nil {
		t.Fatal(err)
	}
	for _, changed := range []bool{false, true} {
		if changed {
			write(t, name, plainFile(t, "other"))
		}
		raw, err := read(t, dir, nil).Raw(t.Context(), lineage.Location{File: name})
		lost, isLost := errors.AsType[*local.CopyError](err)
		switch {
		case !changed && (err != nil || !strings.Contains(string(raw), "DeleteTrail")):
			t.Errorf("the file is there: %s, %v", raw, err)
		case changed && (!isLost || !strings.HasSuffix(pack, lost.Pack) || !strings.Contains(err.Error(), "not there") || strings.Contains(err.Error(), "removed")):
			t.Errorf("the file has changed: %s, %v", raw, err)
		}
	}
}
