package local_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
)

// TestDamagedEvents turns single bytes of Parquet and parts files into others:
// an answer is right, or what it lacks is named; and check names it always.
func TestDamagedEvents(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	files := organisation(5, synth.Options{Stories: 6})
	all := tell(t, files)
	dir := t.TempDir()
	fill(t, dir, local.Options{}, files[:len(files)/2], files[len(files)/2:])
	want := askParts(t, read(t, dir, nil), all, nil)
	names, err := filepath.Glob(filepath.Join(dir, "[ei]*", "*.par*")) // events and what finds them
	if err != nil || len(names) < 4 {
		t.Fatalf("%v, %v", names, err)
	}
	for n := range flips() {
		name := names[n%len(names)]
		at, undo := flip(t, r, name)
		file, _ := filepath.Rel(dir, name)
		what := fmt.Sprintf("%s, byte %d", file, at)
		damaged := map[string]error{}
		reader, err := local.OpenReader(t.Context(), dir, local.Options{Damaged: func(file string, err error) { damaged[file] = err }})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := askParts(t, reader, all, func(part string) bool { return len(damaged) > 0 })
		for part, texts := range want {
			switch {
			case len(damaged) == 0 && !slices.Equal(got[part], texts):
				t.Errorf("%s: nothing is said, but the %s differ: %s", what, part, difference(got[part], texts))
			case len(damaged) > 0:
				// Asked for by its id, an event may show another of its forms.
				if wrong := notAmong(got[part], texts); wrong != "" && part != "tallies" && (part != "events" || !all.forms[wrong]) {
					t.Errorf("%s: %v is named, but the %s have %s", what, damaged, part, wrong)
				}
			}
		}
		for told := range damaged {
			if told != file && !strings.HasPrefix(told, strings.TrimSuffix(file, filepath.Ext(file))) && !sameSegment(told, file) {
				t.Errorf("%s: %s is named", what, told)
			}
		}
		if err := reader.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		found := map[string]bool{}
		if _, err := local.Check(t.Context(), dir, local.Options{}, func(f local.Finding) { found[f.File] = true }); err != nil || len(found) != 1 || !found[file] {
			t.Errorf("%s: check finds %v, %v", what, found, err)
		}
		undo()
	}
	same(t, "mended", ask(t, read(t, dir, nil), all), ask(t, inMemory(t, files), all))
}

// flips is how many bytes are turned.
func flips() int {
	if race.Detector {
		return 16
	}
	return 200
}

// flip turns one byte of a file into another, until undo is called.
func flip(t *testing.T, r *rand.Rand, name string) (at int, undo func()) {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	whole := slices.Clone(body)
	at = r.IntN(len(body))
	body[at] ^= byte(1 + r.IntN(255))
	write(t, name, body)
	return at, func() { write(t, name, whole) }
}

func write(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := os.WriteFile(name, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sameSegment reports whether a Parquet and a parts file are of one segment.
func sameSegment(a, b string) bool {
	number := func(name string) string {
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		return base[strings.LastIndexByte(base, '-')+1:]
	}
	return number(a) == number(b)
}

// notAmong is a text that is not among others.
func notAmong(some, all []string) string {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return s
		}
	}
	return ""
}

// askParts is ask for a store that may be damaged: where an error comes that
// was told of, what it gave before counts.
func askParts(t *testing.T, r query.Reader, of *told, may func(part string) bool) map[string][]string {
	t.Helper()
	parts := map[string][]string{}
	fail := func(part string, err error) {
		if may == nil || !may(part) {
			t.Errorf("%s: %v", part, err)
		}
	}
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			fail("rows", err)
			break
		}
		parts["rows"] = append(parts["rows"], rowText(row))
	}
	for y, err := range r.Tallies(t.Context(), query.Selection{}) {
		if err != nil {
			fail("tallies", err)
			break
		}
		parts["tallies"] = append(parts["tallies"], fmt.Sprintf("%d %+v %s %d %d %d", y.Time, *y.Caller, y.ID.Recipient, y.Events, y.Writes, y.Errors))
	}
	slices.Sort(parts["tallies"])
	for _, k := range of.keys {
		facts, err := r.Facts(t.Context(), []lineage.Key{k}, 0, 0)
		if err != nil {
			fail("facts", err)
		}
		var texts []string
		for _, f := range facts {
			texts = append(texts, string(k)+factText(f))
		}
		slices.Sort(texts)
		parts["facts"] = append(parts["facts"], slices.Compact(texts)...)
	}
	for _, who := range of.who {
		uses, err := r.Uses(t.Context(), who, 0, 0)
		if err != nil {
			fail("uses", err)
		}
		for i := range uses {
			parts["uses"] = append(parts["uses"], useText(&uses[i]))
		}
	}
	slices.Sort(parts["uses"])
	var ids []string
	for id := range of.raws {
		ids = append(ids, id.Event)
	}
	slices.Sort(ids)
	for i := 0; i < len(ids); i += 4 {
		for row, err := range r.Rows(t.Context(), query.Selection{EventIDs: ids[i : i+1]}) {
			if err != nil {
				fail("events", err)
				break
			}
			parts["events"] = append(parts["events"], rowText(row))
		}
	}
	slices.Sort(parts["events"])
	return parts
}
