package memory_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// shapes are the two corpora that every figure is given for.
var shapes = []struct {
	name  string
	shape synth.Shape
}{{"bulk", synth.Bulk}, {"live", synth.Live}}

// corpus writes log files of many events to a folder, packed as CloudTrail
// delivers them or, which is sooner done, not.
func corpus(tb testing.TB, shape synth.Shape, events int, packed bool) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	for f := range synth.Corpus(shape, 1, events) {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			tb.Fatal(err)
		}
		body := f.Body
		if packed {
			body = f.Gzip
		}
		if err := os.WriteFile(path, body(), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func load(tb testing.TB, dir string) (*memory.Store, ingest.Counts) {
	tb.Helper()
	paths, err := source.NewPaths([]string{dir}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	s := memory.New()
	_, records, err := ingest.Pump(tb.Context(), paths, s, ingest.Options{OnError: func(err error) { tb.Error(err) }})
	if err != nil {
		tb.Fatal(err)
	}
	return s, records
}

// nowhere decodes and keeps nothing: what the store costs is the difference.
type nowhere struct{ ingest.Store }

func (nowhere) Add(_ context.Context, f source.File) (kept, duplicate int, err error) {
	for range f.Records {
		kept++
	}
	return kept, 0, nil
}

func BenchmarkIngest(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			dir := corpus(b, s.shape, 200_000, true)
			b.Run("decode", func(b *testing.B) {
				var n int
				for b.Loop() {
					paths, err := source.NewPaths([]string{dir}, nil)
					if err != nil {
						b.Fatal(err)
					}
					_, records, err := ingest.Pump(b.Context(), paths, nowhere{memory.New()}, ingest.Options{})
					if err != nil {
						b.Fatal(err)
					}
					n = records.Read
				}
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
			})
			b.Run("store", func(b *testing.B) {
				var n int
				for b.Loop() {
					_, records := load(b, dir)
					n = records.Read
				}
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
			})
			b.Run("rows", func(b *testing.B) {
				store, records := load(b, dir)
				for b.Loop() {
					for _, err := range store.Rows(b.Context(), query.Selection{}) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(records.Kept*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
			b.Run("memory", func(b *testing.B) {
				before := heap()
				var s *memory.Store
				var records ingest.Counts
				for b.Loop() {
					s, records = load(b, dir)
				}
				b.ReportMetric(float64(heap()-before)/float64(records.Kept), "bytes/event")
				runtime.KeepAlive(s)
			})
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
