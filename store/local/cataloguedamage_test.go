package local_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// singly leaves every record in the first file that has it: of several files
// with one record any may be named, so that only then a place is part of an
// answer.
func singly(files []synth.File) []synth.File {
	there := map[string]bool{}
	var out []synth.File
	for _, f := range files {
		f.Records = slices.DeleteFunc(slices.Clone(f.Records), func(record []byte) bool {
			_, id, _ := strings.Cut(string(record), `"eventID":"`)
			id, _, _ = strings.Cut(id, `"`)
			_, account, _ := strings.Cut(string(record), `"recipientAccountId":"`)
			account, _, _ = strings.Cut(account, `"`)
			seen := there[id+account]
			there[id+account] = true
			return seen
		})
		if len(f.Records) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// filled is a store of a small organisation, in two runs.
func filled(t *testing.T, o local.Options) (dir string, all *told, files []synth.File) {
	t.Helper()
	files = singly(organisation(5, synth.Options{Stories: 6}))
	dir = filepath.Join(t.TempDir(), "s [1]?*") // no pattern
	for _, part := range [][]synth.File{files[:len(files)/2], files[len(files)/2:]} {
		s, err := local.Open(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		pump(t, s, 1, part) // one worker: what is in the catalogue, and where, is always the same
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir, tell(t, files), files
}

// lines are the answers to the last byte, with file and record.
func lines(t *testing.T, dir string, all *told) []string {
	t.Helper()
	r := read(t, dir, nil)
	defer r.Close() //nolint:errcheck // only read from
	texts := questions(t, r, all)
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		raw, err := r.Raw(t.Context(), row.Location)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(raw))
	}
	return texts
}

func rebuild(t *testing.T, dir string) error {
	return local.Rebuild(t.Context(), dir, local.Options{}, pumpCopies(t.Context()))
}

// damage is one of what may become of a catalogue.
type damage struct {
	what string
	do   func(r *rand.Rand, body []byte) []byte
}

// noise puts it over a part of a file, as far as there is one.
func noise(r *rand.Rand, body []byte, from, to int) []byte {
	for i := min(from, len(body)); i < min(to, len(body)); i++ {
		body[i] = byte(r.Uint32())
	}
	return body
}

// turn turns bytes of a file behind its header into others. Of such as are not
// zero each tells something.
func turn(r *rand.Rand, body []byte, n int, used bool) []byte {
	const header = 100
	for n > 0 && len(body) > header {
		at := header + r.IntN(len(body)-header)
		if used && body[at] == 0 {
			continue
		}
		body[at] ^= byte(1 + r.IntN(255))
		n--
	}
	return body
}

func damages() []damage {
	all := []damage{
		{"its header is zero", func(_ *rand.Rand, b []byte) []byte { clear(b[:min(100, len(b))]); return b }},
		{"it is empty", func(*rand.Rand, []byte) []byte { return nil }},
		{"it is cut", func(_ *rand.Rand, b []byte) []byte { return b[:len(b)/2] }},
		{"it is cut in a page", func(_ *rand.Rand, b []byte) []byte { return b[:min(len(b)/3*2+77, len(b))] }},
		{"it is noise", func(r *rand.Rand, b []byte) []byte { return noise(r, b, 0, len(b)) }},
	}
	pages := 30
	if race.Detector {
		pages = 3
	}
	for page := range pages {
		all = append(all, damage{fmt.Sprintf("page %d is noise", page), func(r *rand.Rand, b []byte) []byte {
			return noise(r, b, page*4096, (page+1)*4096)
		}})
	}
	for i := range flips() / 10 {
		all = append(all,
			damage{fmt.Sprintf("bytes are turned %d", i), func(r *rand.Rand, b []byte) []byte { return turn(r, b, 12, false) }},
			damage{fmt.Sprintf("a byte is turned %d", i), func(r *rand.Rand, b []byte) []byte { return turn(r, b, 1+i%3, true) }})
	}
	return all
}

// TestDamagedCatalogue: whatever becomes of it, nothing panics, what notices it
// names it, nothing else is lost for it, and a rebuild brings all answers back.
func TestDamagedCatalogue(t *testing.T) {
	t.Parallel()
	seed := storetest.Seed(t)
	template, all, _ := filled(t, local.Options{})
	want := lines(t, template, all)
	for _, d := range damages() {
		what := d.what
		dir := filepath.Join(t.TempDir(), "s")
		copyFolder(t, template, dir)
		name := filepath.Join(dir, "catalogue.db")
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, name, d.do(seededFor(seed, what), body))
		named := lookAround(t, what, dir, all)
		if !named && !strings.Contains(what, "turned") && !strings.HasPrefix(what, "page") {
			t.Errorf("%s: nothing names it", what)
		}
		if err := rebuild(t, dir); err != nil {
			t.Errorf("%s: rebuild: %v", what, err)
			continue
		}
		sameTexts(t, what+", rebuilt", lines(t, dir, all), want)
		whole(t, dir)
		if t.Failed() {
			return
		}
	}
}

// lookAround opens a store with a damaged catalogue for everything, and reports
// whether it was named.
func lookAround(t *testing.T, what, dir string, all *told) (named bool) {
	t.Helper()
	before, err := filepath.Glob(filepath.Join(dir, "logs", "*", "*.pack"))
	if err != nil || len(before) == 0 {
		t.Fatal(before, err)
	}
	note := func(err error) {
		if err == nil {
			return
		}
		named = true
		if text := err.Error(); !strings.Contains(text, "catalogue.db") && !strings.Contains(text, "events/") {
			t.Errorf("%s: not named: %v", what, err)
		}
	}
	damaged := func(_ string, err error) { named = named || err != nil }
	reader, err := local.OpenReader(t.Context(), dir, local.Options{Damaged: damaged})
	note(err)
	if err == nil {
		for _, err := range reader.Rows(t.Context(), query.Selection{}) {
			note(err)
		}
		for _, err := range reader.Tallies(t.Context(), query.Selection{}) {
			note(err)
		}
		_, err := reader.Facts(t.Context(), all.keys, 0, 0)
		note(err)
		for _, err := range reader.LogFiles(t.Context()) {
			note(err)
		}
		_, err = reader.Info(t.Context())
		note(err)
		if err := reader.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	checked, err := local.Check(t.Context(), dir, local.Options{}, func(local.Finding) { named = true })
	note(err)
	if checked.Findings > 0 && !named {
		t.Errorf("%s: %d findings, none told", what, checked.Findings)
	}
	if s, err := local.Open(t.Context(), dir, local.Options{}); err != nil {
		note(err)
	} else {
		note(s.Close())
	}
	for _, name := range before {
		if _, err := os.Stat(name); err != nil {
			t.Fatalf("%s: opening it threw away the log files: %v", what, err)
		}
	}
	return named
}

// TestNewerStore: what a newer program made is not touched.
func TestNewerStore(t *testing.T) {
	t.Parallel()
	dir, all, _ := filled(t, local.Options{})
	conn, err := sqlite.OpenConn(filepath.Join(dir, "catalogue.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	set := func(version int) {
		if err := sqlitex.ExecuteTransient(conn, fmt.Sprintf("pragma user_version=%d", version), nil); err != nil {
			t.Fatal(err)
		}
	}
	want := lines(t, dir, all)
	set(99)
	_, err1 := local.Open(t.Context(), dir, local.Options{})
	_, err2 := local.OpenReader(t.Context(), dir, local.Options{})
	_, err3 := local.Check(t.Context(), dir, local.Options{}, func(f local.Finding) { t.Errorf("%+v", f) })
	for name, err := range map[string]error{"Open": err1, "OpenReader": err2, "Check": err3, "Rebuild": rebuild(t, dir)} {
		newer, ok := errors.AsType[*local.NewerError](err)
		if !ok || newer.Dir != dir || !strings.Contains(err.Error(), "newer crosstrail") {
			t.Errorf("%s: %v", name, err)
		}
	}
	set(1)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	sameTexts(t, "left alone", lines(t, dir, all), want)
}
