package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// witnessed is a store of whose catalogue much is told by nothing else: log files
// without a copy, which o fetches, one that cannot be read, names, and a floor.
func witnessed(t *testing.T) (dir string, o local.Options, all *told) {
	t.Helper()
	files := singly(organisation(5, synth.Options{Stories: 6}))
	dir = filepath.Join(t.TempDir(), "s")
	bodies := map[string][]byte{}
	o.Fetch = func(_ context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
		if body, ok := bodies[f.URI]; ok {
			return io.NopCloser(bytes.NewReader(body)), nil
		}
		return nil, fs.ErrNotExist
	}
	var referred []source.Item
	for i := range files {
		if f := &files[i]; i%3 == 0 {
			f.Name = elsewhere + f.Name
			bodies[f.Name] = f.Gzip()
			referred = append(referred, itemOf(f.Name, f.Gzip()))
		}
	}
	referred = append(referred, itemOf(elsewhere+"broken.json.gz", []byte("no log file")))
	for _, keep := range []local.Keep{local.KeepReference, local.KeepCopy} {
		s, err := local.Open(t.Context(), dir, local.Options{Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		if keep == local.KeepReference {
			from := items(referred)
			_, _, err = ingest.Pump(t.Context(), &from, s, ingest.Options{Workers: 1})
		} else {
			pump(t, s, 1, slices.DeleteFunc(slices.Clone(files), func(f synth.File) bool { return strings.HasPrefix(f.Name, elsewhere) }))
			err = s.KeepDirectories(t.Context(), query.Directory{Kind: query.OrganizationDirectory, ID: "o-a", Entries: []query.Entry{{ID: "111111111111", Name: "dev"}}})
		}
		if err == nil && keep == local.KeepCopy {
			_, err = s.Retain(t.Context(), cloudtrail.Time(files[0].Delivered.Unix()-24*3600))
		}
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir, o, tell(t, files)
}

// elsewhere begins the names of what the store keeps no copy of.
const elsewhere = "s3://bucket/"

// witness is what a store tells that only its catalogue knows, and its rows.
type witness struct {
	rows, files, failed, names []string
	floor                      cloudtrail.Time
}

func witnessOf(t *testing.T, dir string) (w witness) {
	t.Helper()
	r := read(t, dir, nil)
	defer r.Close() //nolint:errcheck // only read from
	w.rows = rowTexts(t, r, query.Selection{})
	for f, err := range r.LogFiles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		w.files = append(w.files, f.URI+" "+f.Version)
	}
	slices.Sort(w.files)
	failed, err := r.Failed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failed {
		w.failed = append(w.failed, fmt.Sprintf("%s: %s, %d", f.URI, f.Problem, f.Times))
	}
	for _, d := range kept(t, dir) {
		w.names = append(w.names, fmt.Sprintf("%+v", d))
	}
	info, err := r.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.floor = info.Floor
	return w
}

// rebuildTold rebuilds, and returns what was said of it.
func rebuildTold(t *testing.T, dir string, o local.Options) (told []string) {
	t.Helper()
	o.Damaged = func(_ string, err error) { told = append(told, err.Error()) }
	err := local.Rebuild(t.Context(), dir, o, func(from *local.Copies, to *local.Store) error {
		_, _, err := ingest.Pump(t.Context(), from, to, ingest.Options{Workers: 2, OnError: func(err error) { told = append(told, err.Error()) }})
		return err
	})
	if err != nil {
		t.Errorf("rebuild: %v", err)
	}
	return told
}

// without are texts that one list has and another lacks.
func without(all, some []string) (lacks []string) {
	for _, s := range all {
		if !slices.Contains(some, s) {
			lacks = append(lacks, s)
		}
	}
	return lacks
}

// TestRebuildDoubtsCatalogue: what a rebuild reads in a catalogue of which a value
// was turned takes away no record, and where it cannot be had from elsewhere it is
// said that it is lost; check names it before.
func TestRebuildDoubtsCatalogue(t *testing.T) {
	t.Parallel()
	template, o, _ := witnessed(t)
	want := witnessOf(t, template)
	if len(want.failed) != 1 || len(want.names) != 1 || want.floor == 0 {
		t.Fatalf("%+v", want)
	}
	const copied, referred = "(select min(id) from log_file where pack is not null)", "(select min(id) from log_file where pack is null)"
	for _, c := range []struct {
		name, turn string
		told       string // what is lost; "": nothing
		unchecked  bool   // check need not name it
	}{
		{name: "the folder of a copy", turn: "update log_file set folder = 99 where id = " + copied},
		{name: "the name of a copy", turn: "update log_file set name = 'x' || name where id = " + copied},
		{name: "the pack of a copy", turn: "update log_file set pack = null where id = " + copied},
		{name: "another pack", turn: "update log_file set pack = 7 where id = " + copied},
		{name: "the place of a copy", turn: "update log_file set offset = (select max(offset) from log_file) where id = " + copied},
		{name: "a place before all", turn: "update log_file set offset = -5 where id = " + copied},
		{name: "a length of nearly all", turn: "update log_file set length = 9223372036854775807 where id = " + copied},
		{name: "the hash of a copy", turn: "update log_file set sha256 = zeroblob(32) where id = " + copied},
		{name: "the end of the hash of a copy", turn: "update log_file set sha256 = substr(sha256, 1, 20) where id = " + copied},
		{name: "hash and place", turn: "update log_file set sha256 = substr(sha256, 1, 20), offset = 3 where id = " + copied},
		{name: "the piece of a copy", turn: "update log_file set first = 1 where id = " + copied, unchecked: true},
		{name: "the size of a pack", turn: "update pack set size = size - 1000"},
		{name: "the name of a pack", turn: "update pack set name = 'logs/2026-06/0009.pack'"},
		{name: "the name of a segment", turn: "update segment set name = 'events/other.parquet' where rows > 0"},
		{name: "the table of tables", turn: "pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'growth', 'grewth') where name = 'growth'", told: "may be missing"},
		{name: "the folder of a file", turn: "update log_file set folder = 99 where id = " + referred},
		{name: "the piece of a file", turn: "update log_file set first = 1 where id = " + referred, unchecked: true},
		{name: "the pack of a file", turn: "update log_file set pack = 1 where id = " + referred},
		{name: "the name of a file", turn: "update log_file set name = 'x' || name where id = " + referred, told: "name of a log file without a copy"},
		{name: "the hash of a file", turn: "update log_file set sha256 = zeroblob(32) where id = " + referred, told: "and the store keeps no copy of it"},
		{name: "a floor above all", turn: "update setting set value = 1 << 40 where name = 'floor'", told: "store retain"},
		{name: "no floor", turn: "delete from setting where name = 'floor'", told: "store retain"},
		{name: "a file that failed", turn: "update failed set uri = 'other'", told: "could not be read"},
		{name: "none that failed", turn: "delete from failed", told: "could not be read"},
		{name: "a name", turn: "update directory_entry set name = 'deu'", told: "names"},
		{name: "no name", turn: "delete from directory_entry", told: "names"},
	} {
		dir := filepath.Join(t.TempDir(), "s")
		copyFolder(t, template, dir)
		conn, err := sqlite.OpenConn(filepath.Join(dir, "catalogue.db"), sqlite.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sqlitex.ExecuteScript(conn, c.turn, nil), conn.Close()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if found := findings(t, dir); len(found) == 0 && !c.unchecked {
			t.Errorf("%s: check finds nothing", c.name)
		}
		if s, err := local.Open(t.Context(), dir, local.Options{}); err == nil {
			if strings.Contains(c.name, "floor") {
				t.Errorf("%s: it is believed", c.name)
			}
			if err := s.Close(); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		told, got := rebuildTold(t, dir, o), witnessOf(t, dir)
		if c.told == "" {
			if len(told) > 0 || !slices.Equal(got.rows, want.rows) || !slices.Equal(got.files, want.files) || !slices.Equal(got.failed, want.failed) ||
				!slices.Equal(got.names, want.names) || got.floor != want.floor {
				t.Errorf("%s: %q; the rows: %s; the files: %s; %+v", c.name, told, difference(got.rows, want.rows), difference(got.files, want.files), got)
			}
			whole(t, dir)
			continue
		}
		if !strings.Contains(strings.Join(told, "\n"), c.told) || len(told) != 1 {
			t.Errorf("%s: it is told %q", c.name, told)
		}
		if !strings.Contains(c.name, "of a file") && !slices.Equal(got.rows, want.rows) {
			t.Errorf("%s: the rows: %s", c.name, difference(got.rows, want.rows))
		}
	}
}

// turnPlace turns a byte of where the rows of a table's page are: another row, or
// none, stands then where one stood.
func turnPlace(r *rand.Rand, body []byte) []byte {
	const page, leaf, header = 4096, 0x0d, 8
	var places []int
	for at := page; at+page <= len(body); at += page {
		if body[at] == leaf {
			for i := 3; i < header+2*(int(body[at+3])<<8|int(body[at+4])); i++ {
				places = append(places, at+i)
			}
		}
	}
	body[places[r.IntN(len(places))]] ^= byte(1 + r.IntN(255))
	return body
}

// TestTurnedWitness turns bytes of a catalogue that is the only witness of much: a
// rebuild has all of it again, or says what is lost.
func TestTurnedWitness(t *testing.T) {
	t.Parallel()
	seed := storetest.Seed(t)
	template, o, all := witnessed(t)
	want := witnessOf(t, template)
	for i := range flips() / 4 {
		what := fmt.Sprintf("bytes are turned %d", i)
		dir := filepath.Join(t.TempDir(), "s")
		copyFolder(t, template, dir)
		name := filepath.Join(dir, "catalogue.db")
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if r := seededFor(seed, what); i%2 == 0 {
			body = turnPlace(r, body)
		} else {
			body = turn(r, body, 1+i%4, true)
		}
		write(t, name, body)
		lookAround(t, what, dir, all)
		told, got := rebuildTold(t, dir, o), witnessOf(t, dir)
		lost := slices.Concat(without(want.rows, got.rows), without(want.files, got.files), without(want.failed, got.failed), without(want.names, got.names))
		if got.floor != want.floor {
			lost = append(lost, fmt.Sprintf("the floor: %d for %d", got.floor, want.floor))
		}
		if more := without(got.names, want.names); len(more) > 0 || got.floor > want.floor {
			t.Errorf("%s: %q is made up, or the floor %v", what, more, got.floor)
		}
		if len(lost) > 0 && len(told) == 0 {
			t.Errorf("%s: nothing is said of what is lost: %q", what, lost)
		}
	}
}
