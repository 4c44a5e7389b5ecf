package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// ingested is what a process that ingested tells of itself.
type ingested struct {
	Seconds        float64
	PeakMiB        int64
	Files, Records ingest.Counts
}

// ingestAndTell ingests a folder and prints what it took, for a process of its
// own: peak memory is a process's.
func ingestAndTell(ctx context.Context, folder, into string) error {
	var told ingested
	took, err := timed(func() error {
		s, err := local.Open(ctx, into, local.Options{})
		if err != nil {
			return err
		}
		paths, err := source.NewPaths([]string{folder}, nil)
		if err == nil {
			told.Files, told.Records, err = ingest.Pump(ctx, paths, s, ingest.Options{})
		}
		return errors.Join(err, s.Close())
	})
	if err != nil {
		return err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	told.Seconds, told.PeakMiB = took.Seconds(), usage.Maxrss/1024
	return json.NewEncoder(os.Stdout).Encode(told)
}

// ingestApart is ingestAndTell in a process of its own.
func ingestApart(ctx context.Context, folder, into string) (told ingested, err error) {
	self, err := os.Executable()
	if err != nil {
		return told, err
	}
	cmd := exec.CommandContext(ctx, self, "-ingest", folder, "-into", into)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return told, fmt.Errorf("ingest: %w", err)
	}
	return told, json.Unmarshal(out, &told)
}

// storeOf measures the store on a corpus.
func storeOf(ctx context.Context, c *corpus, rounds int) error {
	into := c.folder + "-store"
	defer os.RemoveAll(into)
	took, err := first(ctx, c, into, rounds)
	if err != nil {
		return err
	}
	if err := again(ctx, c, into, took); err != nil {
		return err
	}
	return ask(ctx, into)
}

// first measures ingest, and prints it beside decompressing the same files in
// the same round.
func first(ctx context.Context, c *corpus, into string, rounds int) (time.Duration, error) {
	var base, took []time.Duration
	var peaks []int
	for range rounds {
		if err := os.RemoveAll(into); err != nil {
			return 0, err
		}
		b, err := timed(func() error { return decompress(c.files) })
		if err != nil {
			return 0, err
		}
		told, err := ingestApart(ctx, c.folder, into)
		if err != nil {
			return 0, err
		}
		if told.Records.Read != c.events || told.Records.Failed+told.Files.Failed > 0 {
			return 0, fmt.Errorf("ingested %+v of %d events", told.Records, c.events)
		}
		base, took = append(base, b), append(took, time.Duration(told.Seconds*float64(time.Second)))
		peaks = append(peaks, int(told.PeakMiB))
	}
	fmt.Printf("  ingest           %9.0f events/s   %.2f of decompress only, peak %d MiB\n",
		float64(c.events)/median(took).Seconds(), median(ratios(base, took)), slices.Max(peaks))
	return median(took), nil
}

// again ingests the same files once more, and their records in other files.
func again(ctx context.Context, c *corpus, into string, first time.Duration) error {
	told, err := ingestApart(ctx, c.folder, into)
	if err != nil {
		return err
	}
	fmt.Printf("  the same again   %d kept of %d files, in %.2f of the first time\n", told.Records.Kept, told.Files.Read, told.Seconds/first.Seconds())
	other, err := c.recut(into + "-recut")
	if err != nil {
		return err
	}
	defer os.RemoveAll(other)
	if told, err = ingestApart(ctx, other, into); err != nil {
		return err
	}
	fmt.Printf("  cut anew         %d kept, %d duplicate of %d\n", told.Records.Kept, told.Records.Duplicate, told.Records.Read)
	return nil
}

// ask measures questions on a store, and how large it is.
func ask(ctx context.Context, dir string) error {
	var r *local.Reader
	opened, err := timed(func() (err error) { r, err = local.OpenReader(ctx, dir, local.Options{}); return err })
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := r.Info(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("  size             %.1f bytes an event, %d segments; opened in %.1f ms\n",
		float64(info.EventBytes+info.CatalogueBytes)/float64(info.Events), info.Segments, opened.Seconds()*1e3)
	keys, busiest, err := drawKeys(ctx, r, 1000)
	if err != nil {
		return err
	}
	spans, err := r.Spans(ctx)
	if err != nil {
		return err
	}
	fresh := func() *lineage.Resolver { return lineage.NewResolver(r, lineage.NewHorizon(spans)) }
	var times []time.Duration
	for _, key := range append(keys, busiest) {
		took, err := timed(func() error {
			a, err := query.Who(ctx, r, fresh(), key)
			if err == nil && len(a.Answers) == 0 {
				err = fmt.Errorf("nobody is behind %s", key)
			}
			return err
		})
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	last := times[len(times)-1]
	slices.Sort(times)
	fmt.Printf("  who KEY          p50 %.1f ms, p99 %.1f ms, the busiest %.1f ms, of %d keys drawn by events\n",
		median(times).Seconds()*1e3, times[len(times)*99/100].Seconds()*1e3, last.Seconds()*1e3, len(times))
	return questions(ctx, r, fresh)
}

// drawKeys draws access keys by their number of events, and names the busiest.
func drawKeys(ctx context.Context, r query.Reader, n int) (keys []string, busiest string, err error) {
	counts, events := map[string]int{}, 0
	for t, err := range r.Tallies(ctx, query.Selection{}) {
		if err != nil {
			return nil, "", err
		}
		if key := t.Caller.AccessKeyID; key != "" {
			counts[key] += t.Events
			events += t.Events
		}
	}
	names := make([]string, 0, len(counts))
	for key, count := range counts {
		names = append(names, key)
		if busiest == "" || count > counts[busiest] || count == counts[busiest] && key < busiest {
			busiest = key
		}
	}
	slices.Sort(names)
	at, step := 0, max(events/n, 1)
	for _, key := range names {
		for at -= counts[key]; at < 0; at += step {
			keys = append(keys, key)
		}
	}
	return keys, busiest, nil
}

// questions measures what sums up the whole store.
func questions(ctx context.Context, r query.Reader, fresh func() *lineage.Resolver) error {
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"access", func() error { _, err := query.Access(ctx, r, fresh(), query.Filter{}); return err }},
		{"sessions", func() error { _, err := query.Sessions(ctx, r, fresh(), query.Filter{}); return err }},
		{"events -o jsonl", func() error { _, err := printLines(ctx, r, fresh(), io.Discard); return err }},
	} {
		took, err := timed(q.ask)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		fmt.Printf("  %-16s %.2f s\n", q.name, took.Seconds())
	}
	return nil
}

// growth measures the store at two sizes, one ten times the other.
func growth(ctx context.Context, folder string, events []int) error {
	for _, n := range events {
		c, err := write(folder, fmt.Sprint("bulk-", n), synth.Bulk, n)
		if err != nil {
			return err
		}
		fmt.Printf("\nbulk: %d events in %d files\n", c.events, len(c.files))
		into := c.folder + "-store"
		if _, err := first(ctx, c, into, 1); err != nil {
			return err
		}
		if err := ask(ctx, into); err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(c.folder), os.RemoveAll(into)); err != nil { // it is gigabytes
			return err
		}
	}
	return nil
}
