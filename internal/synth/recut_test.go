package synth_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// TestAnswersDoNotDependOnFiles shuffles, splits, repeats and re-cuts whole
// organisations and compares every line of every answer, all but file and
// record: nothing may depend on how and in what order records arrive.
func TestAnswersDoNotDependOnFiles(t *testing.T) {
	seeds, cuts := uint64(8), 4
	switch {
	case testing.Short():
		seeds, cuts = 2, 2
	case race.Detector:
		seeds = 3
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			files := slices.Collect(synth.New(seed, synth.Options{}).Files())
			want := answers(t, files)
			for cut := range cuts {
				r := rand.New(rand.NewPCG(seed, uint64(cut)))
				got := answers(t, recut(r, files))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d cut %d: answers differ (-as delivered +re-cut)\n%s", seed, cut, diff)
				}
			}
		})
	}
}

// answers are the lines of trace -o jsonl without file and record.
func answers(t *testing.T, files []synth.File) []string {
	t.Helper()
	store := memory.New()
	options := ingest.Options{Workers: 3, OnError: func(err error) { t.Error(err) }}
	if _, _, err := ingest.Pump(t.Context(), &deliveries{files: files}, store, options); err != nil {
		t.Fatal(err)
	}
	spans, err := store.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	encoder := render.NewEncoder(render.Style{})
	for line, err := range query.Lines(t.Context(), store, lineage.NewResolver(store, lineage.NewHorizon(spans)), query.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, storetest.LeaveOut(t, string(encoder.Append(nil, line)), []string{"file", "record"}))
	}
	return lines
}

// deliveries hands files to the pump, each a delivery.
type deliveries struct{ files []synth.File }

func (d *deliveries) Next(context.Context) (source.Delivery, error) {
	if len(d.files) == 0 {
		return source.Delivery{}, io.EOF
	}
	f := d.files[0]
	d.files = d.files[1:]
	open := func(context.Context) (io.ReadCloser, error) {
		if len(f.Records)%2 == 0 {
			return io.NopCloser(bytes.NewReader(f.Body())), nil
		}
		return io.NopCloser(bytes.NewReader(f.Gzip())), nil
	}
	item := source.Item{LogFile: cloudtrail.ParseLogFileName(f.Name), Open: open}
	return source.Delivery{Items: []source.Item{item}}, nil
}

// recut cuts what was delivered into other files. The stamps of an account and
// region stay: they are what is known of its coverage.
func recut(r *rand.Rand, files []synth.File) []synth.File {
	var out []synth.File
	place := map[string][]int{} // files of one account and region, or of envelopes
	for _, f := range files {
		parts := 1 + r.IntN(3)
		for part := range parts {
			n := f
			n.Records = nil
			n.Name = rename(f.Name, fmt.Sprintf("%d%d", len(out), part))
			file := cloudtrail.ParseLogFileName(f.Name)
			at := file.Account + "/" + file.Region
			place[at] = append(place[at], len(out))
			out = append(out, n)
		}
	}
	for _, f := range files {
		file := cloudtrail.ParseLogFileName(f.Name)
		among := place[file.Account+"/"+file.Region]
		for _, record := range f.Records {
			for range 1 + r.IntN(2) {
				to := &out[among[r.IntN(len(among))]]
				to.Records = append(to.Records, record)
			}
		}
	}
	for _, f := range out {
		r.Shuffle(len(f.Records), func(i, j int) { f.Records[i], f.Records[j] = f.Records[j], f.Records[i] })
	}
	out = slices.DeleteFunc(out, func(f synth.File) bool { return f.Lines && len(f.Records) == 0 })
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// rename gives a file another unique part.
func rename(name, unique string) string {
	base, ok := strings.CutSuffix(name, ".json.gz")
	if !ok {
		return strings.TrimSuffix(name, ".jsonl.gz") + "-" + unique + ".jsonl.gz"
	}
	return base[:len(base)-16] + fmt.Sprintf("%016s", unique) + ".json.gz"
}
