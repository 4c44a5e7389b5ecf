package query_test

import (
	"io"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// BenchmarkQuestions reads 100,000 events of each shape; ns/event is what one
// event costs of wall time on all cores, a new Resolver each round.
func BenchmarkQuestions(b *testing.B) {
	const events = 100_000
	for name, shape := range map[string]synth.Shape{"bulk": synth.Bulk, "live": synth.Live} {
		store := memory.New()
		for f := range synth.Corpus(shape, 1, events) {
			body := f.Body()
			var d cloudtrail.Decoder
			file := source.File{LogFile: cloudtrail.ParseLogFileName(f.Name), Body: body, Records: func(yield func(*cloudtrail.Record) bool) {
				for r, err := range d.Records(body) {
					if err == nil && !yield(r) {
						return
					}
				}
			}}
			if _, _, err := store.Add(b.Context(), file); err != nil {
				b.Fatal(err)
			}
		}
		if err := store.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
		measure := func(question string, ask func(*lineage.Resolver) error) {
			b.Run(name+"/"+question, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					spans, err := store.Spans(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					if err := ask(lineage.NewResolver(store, lineage.NewHorizon(spans))); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
			})
		}
		measure("print", func(r *lineage.Resolver) error {
			_, err := query.Print(b.Context(), store, r, query.Filter{}, 0, func(dst []byte, l query.Line) []byte {
				return append(append(dst, l.Row.ID.Event...), '\n')
			}, io.Discard)
			return err
		})
		measure("summary", func(r *lineage.Resolver) error {
			_, err := query.Summarize(b.Context(), store, r, query.Filter{})
			return err
		})
		measure("sessions", func(r *lineage.Resolver) error {
			_, err := query.Sessions(b.Context(), store, r, query.Filter{})
			return err
		})
	}
}
