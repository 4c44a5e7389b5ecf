package local_test

import (
	"bytes"
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

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// TestAnswersAreThoseOfTrace: whatever the order, the runs, the cuts and the
// repeats, the store answers as the memory does to the files as they came.
func TestAnswersAreThoseOfTrace(t *testing.T) {
	t.Parallel()
	seeds := uint64(50)
	if race.Detector || testing.Short() {
		seeds = 8 // races are not a matter of seeds
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			files := organisation(seed, synth.Options{Stories: 3 + r.IntN(5), Days: 1 + r.IntN(2)})
			all := tell(t, files)
			inMemory := inMemory(t, files)
			want, said := ask(t, inMemory, all), questions(t, inMemory, all, "file", "record")
			dir := t.TempDir()
			if seed%2 == 0 {
				r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
				fill(t, dir, local.Options{}, split(r, files)...)
				reader := read(t, dir, nil)
				same(t, "shuffled", ask(t, reader, all), want)
				sameTexts(t, "shuffled", questions(t, reader, all, "file", "record"), said)
				raws(t, reader, all)
				return
			}
			fill(t, dir, local.Options{}, split(r, slices.Concat(recut(r, files), files[:len(files)/2]))...)
			reader := read(t, dir, nil)
			got := ask(t, reader, all)
			got.Spans = want.Spans // there are more files; the questions tell whether it matters
			same(t, "re-cut", got, want)
			sameTexts(t, "re-cut", uncounted(t, questions(t, reader, all, "file", "record")), uncounted(t, said))
			raws(t, reader, all)
		})
	}
}

// TestAnswersAboutRealRecords is the same for the public sets.
func TestAnswersAboutRealRecords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real records are missing: %v", err)
		}
		t.Skipf("SKIPPED WITHOUT THE REAL RECORDS: %v", err)
	}
	sets := []string{"stratus", "otrf", "umccr", "invictus", "boogy-clp"}
	if race.Detector {
		sets = sets[:3]
	}
	for _, set := range sets {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 1))
			files := asDelivered(t, filepath.Join(dir, set))
			all := tell(t, files)
			whole := memory.New()
			pumpPaths(t, whole, filepath.Join(dir, set))
			want, said := ask(t, whole, all), questions(t, whole, all, "file", "record")
			if len(want.Rows) < 50 || len(said) < len(want.Rows) {
				t.Fatalf("%d rows, %d lines", len(want.Rows), len(said))
			}
			folder := t.TempDir()
			s := open(t, folder, local.Options{})
			pumpPaths(t, s, filepath.Join(dir, set))
			same(t, "as delivered", ask(t, s, all), want)
			sameTexts(t, "as delivered", questions(t, s, all, "file", "record"), said)
			raws(t, s, all)

			folder = t.TempDir()
			fill(t, folder, local.Options{}, split(r, recut(r, files))...)
			reader := read(t, folder, nil)
			got := ask(t, reader, all)
			got.Spans = want.Spans
			same(t, "re-cut", got, want)
			sameTexts(t, "re-cut", uncounted(t, questions(t, reader, all, "file", "record")), uncounted(t, said))
		})
	}
}

func pumpPaths(t *testing.T, to ingest.Store, dir string) {
	t.Helper()
	from, err := source.NewPaths([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ingest.Pump(t.Context(), from, to, ingest.Options{OnError: func(err error) { t.Error(err) }}); err != nil {
		t.Fatal(err)
	}
}

// asDelivered reads a folder's files record by record, so that they can be cut
// anew.
func asDelivered(t *testing.T, dir string) []synth.File {
	t.Helper()
	from, err := source.NewPaths([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var files []synth.File
	for {
		d, err := from.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range d.Items {
			if item.PassOver != "" {
				continue
			}
			f := synth.File{Name: item.URI}
			_, err := source.NewUnpacker(source.NewBudget(0, 0, 1)).Pieces(t.Context(), item, func(p source.Piece) bool {
				var d cloudtrail.Decoder
				for r, err := range d.Records(p.Plain) {
					if err != nil {
						t.Fatal(err)
					}
					f.Records = append(f.Records, []byte(r.Raw))
				}
				return true
			})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
}

// split cuts files into one to three runs.
func split(r *rand.Rand, files []synth.File) [][]synth.File {
	var parts [][]synth.File
	for range r.IntN(3) {
		n := r.IntN(len(files) + 1)
		parts, files = append(parts, files[:n]), files[n:]
	}
	return append(parts, files)
}

// recut cuts what was delivered into other files, and repeats some. The stamps
// of an account and region stay: they are what is known of its coverage.
func recut(r *rand.Rand, files []synth.File) []synth.File {
	var out []synth.File
	among := map[string][]int{} // by account and region
	at := func(f *synth.File) string {
		name := cloudtrail.ParseLogFileName(f.Name)
		return name.Account + "/" + name.Region + "/" + fmt.Sprint(f.Lines)
	}
	for _, f := range files {
		for range 1 + r.IntN(3) {
			n := f
			n.Records, n.Name = nil, rename(f.Name, fmt.Sprint(len(out)))
			among[at(&f)] = append(among[at(&f)], len(out))
			out = append(out, n)
		}
	}
	for _, f := range files {
		to := among[at(&f)]
		for _, record := range f.Records {
			for range 1 + r.IntN(2) {
				n := &out[to[r.IntN(len(to))]]
				n.Records = append(n.Records, record)
			}
		}
	}
	for _, f := range out {
		r.Shuffle(len(f.Records), func(i, j int) { f.Records[i], f.Records[j] = f.Records[j], f.Records[i] })
	}
	out = slices.DeleteFunc(out, func(f synth.File) bool { return len(f.Records) == 0 && f.Lines })
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// rename gives a file another unique part.
func rename(name, unique string) string {
	base, ok := strings.CutSuffix(name, ".json.gz")
	if f := cloudtrail.ParseLogFileName(name); !ok || f.Delivered.IsZero() {
		return strings.TrimSuffix(base, ".jsonl.gz") + "-" + unique + ".jsonl.gz"
	}
	return base[:len(base)-16] + fmt.Sprintf("%016s", unique) + ".json.gz"
}

// questions are the answers as JSON lines: trace and sessions, who of some
// events and keys, reach of some callers. Some fields are left out.
func questions(t *testing.T, r query.Reader, of *told, without ...string) []string {
	t.Helper()
	ctx := t.Context()
	spans, err := r.Spans(ctx)
	if err != nil {
		t.Fatal(err)
	}
	resolver := lineage.NewResolver(r, lineage.NewHorizon(spans))
	var b bytes.Buffer
	lines := render.NewLines(&b, render.JSONL, render.Style{})
	_, err = query.Print(ctx, r, resolver, query.Filter{}, 0, lines.Append, lines)
	if err = errors.Join(err, lines.Close()); err != nil {
		t.Fatal(err)
	}
	sessions, err := query.Sessions(ctx, r, resolver, query.Filter{})
	if err = errors.Join(err, render.Sessions(&b, sessions, render.JSONL, render.Style{})); err != nil {
		t.Fatal(err)
	}
	for _, asked := range sample(of) {
		who, err := query.Who(ctx, r, resolver, asked)
		if err == nil {
			err = render.Who(&b, who, render.JSONL, render.Style{})
		}
		if err != nil {
			t.Fatalf("who %s: %v", asked, err)
		}
		reach, err := query.Reach(ctx, r, resolver, asked, query.ReachOptions{})
		if err == nil {
			err = render.Reach(&b, reach, render.JSON, render.Style{})
		}
		if err != nil {
			t.Fatalf("reach %s: %v", asked, err)
		}
	}
	var texts []string
	for line := range strings.Lines(b.String()) {
		if len(without) > 0 {
			line = storetest.LeaveOut(t, line, without)
		}
		texts = append(texts, line)
	}
	return texts
}

// sample is what who and reach are asked: some events, and of all keys and
// callers some.
func sample(of *told) []string {
	var all []string
	events := map[string]bool{}
	for _, ids := range of.ids {
		for id := range ids {
			events[id.Event] = true
		}
	}
	add := func(from []string, n int) {
		slices.Sort(from)
		for i := 0; i < len(from); i += max(len(from)/n, 1) {
			all = append(all, from[i])
		}
	}
	var list, keys []string
	for id := range events {
		list = append(list, id)
	}
	for _, k := range of.keys {
		for _, prefix := range []string{"AKIA", "ASIA"} {
			if at := strings.Index(string(k), prefix); at >= 0 && len(k)-at == 20 {
				keys = append(keys, string(k)[at:])
			}
		}
	}
	add(list, 3)
	add(keys, 3)
	add(slices.Clone(of.who), 3)
	return all
}

// uncounted are lines without numbers of log files.
func uncounted(t *testing.T, lines []string) []string {
	t.Helper()
	var all []string
	for _, line := range lines {
		all = append(all, storetest.LeaveOut(t, line, []string{"files"}))
	}
	return all
}

func sameTexts(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: the lines differ: %s", what, difference(got, want))
	}
}

// raws holds the records themselves, as a store hands them out, to those of the
// files. Records of one event that differ in no field of a row may differ.
func raws(t *testing.T, r query.Reader, of *told) {
	t.Helper()
	n := 0
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%5 != 0 {
			continue
		}
		raw, err := r.Raw(t.Context(), row.Location)
		if err != nil || !slices.Contains(of.raws[row.ID], string(raw)) {
			t.Errorf("%v, %v is %s, %v", row.ID, row.Location, raw, err)
		}
	}
}
