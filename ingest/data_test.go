package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// realData is the folder of real records that stands beside the repository.
func realData(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real records are missing: %v", err)
		}
		t.Skipf("SKIPPED WITHOUT THE REAL RECORDS: %v", err)
	}
	return dir
}

// TestPumpRealData reads every set. The sums are of its README.
func TestPumpRealData(t *testing.T) {
	dir := realData(t)
	for set, records := range map[string]int{"invictus": 2900, "stratus": 310, "otrf": 103, "umccr": 206, "boogy-clp": 1685} {
		t.Run(set, func(t *testing.T) {
			r := pump(t, ingest.Options{}, "", filepath.Join(dir, set))
			if r.records.Read != records || r.records.Failed != 0 || len(r.errors) > 0 {
				t.Errorf("%+v, want %d read: %q", r.records, records, r.errors)
			}
			if n := len(r.rows(t)); n > r.records.Kept {
				t.Errorf("%d rows of %+v", n, r.records)
			}
			for i, row := range r.rows(t) {
				if i%97 != 0 || strings.HasPrefix(row.ID.Event, "sha256:") {
					continue
				}
				raw, err := r.store.Raw(t.Context(), row.Location)
				if err != nil || !bytes.Contains(raw, []byte(row.ID.Event)) {
					t.Errorf("%v: %q, %v", row.Location, raw, err)
				}
			}
		})
	}
}

// answers are all that a store can be asked, but for the places of records.
func answers(t *testing.T, r *run) (rows []query.Row, facts map[lineage.Key][]string, uses map[string]int) {
	t.Helper()
	rows = r.rows(t)
	facts, uses = map[lineage.Key][]string{}, map[string]int{}
	for i := range rows {
		row := &rows[i]
		raw, err := r.store.Raw(t.Context(), row.Location)
		if err != nil {
			t.Fatal(err)
		}
		row.Location = lineage.Location{}
		if p := row.Caller.PrincipalID; p != "" && uses[p] == 0 {
			got, err := r.store.Uses(t.Context(), p, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			uses[p] = len(got)
		}
		var d cloudtrail.Decoder
		for rec, err := range d.Records(raw) {
			if err != nil {
				t.Fatal(err)
			}
			rec = rec.Clone()
			for _, f := range lineage.Facts(rec, lineage.NewUse(rec, row.ID, row.Caller, lineage.Location{})) {
				for _, k := range f.Keys() {
					if facts[k] == nil {
						facts[k] = factTexts(t, r, k)
					}
				}
			}
		}
	}
	return rows, facts, uses
}

func factTexts(t *testing.T, r *run, k lineage.Key) []string {
	t.Helper()
	got, err := r.store.Facts(t.Context(), []lineage.Key{k}, 0, 0)
	if err != nil || len(got) == 0 {
		t.Fatalf("key %q: %d facts, %v", k, len(got), err)
	}
	texts := []string{}
	for _, f := range got {
		c := *f
		c.Location, c.Caller = lineage.Location{}, nil
		texts = append(texts, fmt.Sprintf("%+v by %+v", c, *f.Caller))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// TestPumpAnswersAlike reads one set of real records with one worker and with
// several, cut anew, backwards and repeated: everything is answered alike.
func TestPumpAnswersAlike(t *testing.T) {
	whole := filepath.Join(realData(t), "invictus")
	var records []string
	err := filepath.WalkDir(whole, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".gz") {
			return err
		}
		it := source.Item{LogFile: cloudtrail.LogFile{URI: path}, Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}
		_, err = source.NewUnpacker(source.NewBudget(0, 0, 1)).Pieces(t.Context(), it, func(p source.Piece) bool {
			var d cloudtrail.Decoder
			for r, err := range d.Records(p.Plain) {
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, string(r.Raw))
			}
			return true
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	recut := t.TempDir()
	slices.Reverse(records)
	for i := 0; i < len(records); i += 37 {
		some := records[i:min(i+37, len(records))]
		write(t, recut, fmt.Sprintf("%03d.jsonl", i/37), strings.Join(some, "\n"))
		if i%3 == 0 {
			write(t, recut, fmt.Sprintf("again/%03d.json", i/37), "["+strings.Join(some, ",")+"]")
		}
	}
	first := pump(t, ingest.Options{Workers: 1}, "", whole)
	rows, facts, uses := answers(t, &first)
	for name, r := range map[string]run{
		"four workers":            pump(t, ingest.Options{Workers: 4}, "", whole),
		"cut anew":                pump(t, ingest.Options{Workers: 3}, "", recut),
		"on standard input":       pump(t, ingest.Options{}, strings.Join(records, "\n"), "-"),
		"in pieces":               pump(t, ingest.Options{MaxFile: 100 << 10}, strings.Join(records, "\n"), "-"),
		"repeated, other memory":  pump(t, ingest.Options{Memory: 8 << 20}, "", recut, whole),
		"repeated, the other way": pump(t, ingest.Options{}, "", whole, recut),
	} {
		otherRows, otherFacts, otherUses := answers(t, &r)
		if !reflect.DeepEqual(rows, otherRows) {
			t.Errorf("%s: rows (-want +got)\n%.3000s", name, gocmp.Diff(rows, otherRows))
		}
		if !reflect.DeepEqual(facts, otherFacts) {
			t.Errorf("%s: facts (-want +got)\n%.3000s", name, gocmp.Diff(facts, otherFacts))
		}
		if !maps.Equal(uses, otherUses) {
			t.Errorf("%s: uses (-want +got)\n%.3000s", name, gocmp.Diff(uses, otherUses))
		}
		if r.records.Kept != first.records.Kept {
			t.Errorf("%s: kept %d, want %d", name, r.records.Kept, first.records.Kept)
		}
	}
}
