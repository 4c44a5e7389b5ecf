package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// decompress is the baseline: read and gunzip the same files on all cores, with
// the library that crosstrail uses, into buffers that are reused.
func decompress(files []string) error {
	var next atomic.Int64
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			var packed, plain bytes.Buffer
			var z gzip.Reader
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return nil
				}
				if err := readFile(&packed, files[i]); err != nil {
					return err
				}
				if err := z.Reset(&packed); err != nil {
					return err
				}
				plain.Reset()
				if _, err := plain.ReadFrom(&z); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

func readFile(into *bytes.Buffer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	into.Reset()
	_, err = into.ReadFrom(f)
	return err
}

// counter is a store that keeps nothing: what is left of ingest is decoding.
type counter struct{ events atomic.Int64 }

func (c *counter) Has(context.Context, cloudtrail.LogFile) (bool, error)   { return false, nil }
func (c *counter) Finish(context.Context, cloudtrail.LogFile, error) error { return nil }
func (c *counter) Commit(context.Context) error                            { return nil }

func (c *counter) Add(_ context.Context, file source.File) (kept, duplicate int, err error) {
	for range file.Records {
		kept++
	}
	c.events.Add(int64(kept))
	return kept, 0, nil
}

// decode reads, gunzips and decodes every record of a folder.
func decode(ctx context.Context, folder string) (events int, err error) {
	var c counter
	if err := pump(ctx, folder, &c); err != nil {
		return 0, err
	}
	return int(c.events.Load()), nil
}

// trace does what `crosstrail trace -o jsonl FOLDER` does.
func trace(ctx context.Context, folder string, w io.Writer) (lines int, err error) {
	store := memory.New()
	if err := pump(ctx, folder, store); err != nil {
		return 0, err
	}
	resolver, err := newResolver(ctx, store)
	if err != nil {
		return 0, err
	}
	return printLines(ctx, store, resolver, w)
}

func pump(ctx context.Context, folder string, to ingest.Store) error {
	paths, err := source.NewPaths([]string{folder}, nil)
	if err != nil {
		return err
	}
	files, _, err := ingest.Pump(ctx, paths, to, ingest.Options{})
	if err == nil && files.Failed > 0 {
		err = fmt.Errorf("%d of %d files failed", files.Failed, files.Read)
	}
	return err
}

// scan decodes inputs that are already in memory, on one core.
func scan(inputs [][]byte) (events int) {
	var d cloudtrail.Decoder
	for _, in := range inputs {
		for r, err := range d.Records(in) {
			if err == nil && r != nil {
				events++
			}
		}
	}
	return events
}

// unmarshal decodes the same inputs with encoding/json into the same fields.
func unmarshal(inputs [][]byte) (events int, err error) {
	for _, in := range inputs {
		var t typed
		if err := json.Unmarshal(in, &t); err != nil {
			return 0, err
		}
		for i := range t.Records {
			t.Records[i].times()
		}
		events += len(t.Records)
	}
	return events, nil
}

// printLines links every event and writes its line.
func printLines(ctx context.Context, store query.Reader, resolver *lineage.Resolver, w io.Writer) (int, error) {
	encoder := render.NewEncoder(render.Style{})
	return query.Print(ctx, store, resolver, query.Filter{}, 0, encoder.Append, w)
}

// summarize does what `crosstrail trace FOLDER` does.
func summarize(ctx context.Context, folder string, w io.Writer) (events int, err error) {
	store := memory.New()
	if err := pump(ctx, folder, store); err != nil {
		return 0, err
	}
	resolver, err := newResolver(ctx, store)
	if err != nil {
		return 0, err
	}
	sum, err := query.Summarize(ctx, store, resolver, query.Filter{})
	if err != nil {
		return 0, err
	}
	return sum.Totals.Events, render.Trace(w, sum, render.Style{Width: 80})
}

func newResolver(ctx context.Context, store query.Reader) (*lineage.Resolver, error) {
	spans, err := store.Spans(ctx)
	if err != nil {
		return nil, err
	}
	return lineage.NewResolver(store, lineage.NewHorizon(spans)), nil
}
