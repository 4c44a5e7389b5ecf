// Command bench measures decoding, tracing and the store against decompressing
// the same files alone, on all cores, in the same run (README.md beside it).
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
)

type options struct {
	events, large, rounds int
	profile, only         string
}

func main() {
	var o options
	flag.IntVar(&o.events, "events", 250_000, "events in each corpus")
	flag.IntVar(&o.large, "large", 1_000_000, "events in the corpora that memory is measured on; 0: do not")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; figures are medians")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of tracing the bulk corpus to this file")
	flag.StringVar(&o.only, "only", "", "measure this alone: trace, store, s3, live, who or growth; growth only when named")
	into := flag.String("into", "", "with -ingest: the store")
	folder := flag.String("ingest", "", "ingest this folder and print what it took; used by bench on itself")
	child := flag.String("trace", "", "trace this folder and print peak memory; used by bench on itself")
	people := flag.Bool("people", false, "with -trace: as for people, not as lines")
	flag.Parse()
	var err error
	switch {
	case *child != "":
		err = traceAndTell(context.Background(), *child, *people)
	case *folder != "":
		err = ingestAndTell(context.Background(), *folder, *into)
	default:
		err = run(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "crosstrail-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	fmt.Printf("%s, %d cores, %d rounds, medians\n", runtime.Version(), runtime.GOMAXPROCS(0), o.rounds)
	if o.only == "growth" {
		return growth(ctx, folder, []int{o.large, 10 * o.large})
	}
	if o.only == "who" || o.only == "" {
		if err := whoFromBucket(ctx); err != nil || o.only == "who" {
			return err
		}
	}
	if o.only == "s3" || o.only == "" {
		if err := fromBucket(ctx, folder, o); err != nil || o.only == "s3" {
			return err
		}
	}
	if o.only == "live" || o.only == "" {
		if err := live(ctx, folder, o); err != nil || o.only == "live" {
			return err
		}
	}
	if o.only != "store" {
		if err := tracing(ctx, folder, o); err != nil {
			return err
		}
	}
	if o.only == "trace" || o.large == 0 {
		return nil
	}
	for _, shape := range []synth.Shape{synth.Bulk, synth.Live} {
		c, err := write(folder, "store-"+names[shape], shape, o.large)
		if err != nil {
			return err
		}
		fmt.Printf("\nstore, %s: %d events in %d files\n", names[shape], c.events, len(c.files))
		if err := storeOf(ctx, c, o.rounds); err != nil {
			return err
		}
		if err := os.RemoveAll(c.folder); err != nil {
			return err
		}
	}
	return nil
}

// tracing measures what needs no store.
func tracing(ctx context.Context, folder string, o options) error {
	for _, shape := range []synth.Shape{synth.Bulk, synth.Live} {
		c, err := write(folder, names[shape], shape, o.events)
		if err != nil {
			return err
		}
		fmt.Printf("\n%s: %d events in %d files, %.1f MB, %.1f MB of JSON (%d bytes an event)\n",
			c.name, c.events, len(c.files), mega(c.packed), mega(c.unpacked), c.unpacked/int64(c.events))
		if err := throughput(ctx, c, o); err != nil {
			return err
		}
		if shape == synth.Bulk {
			if err := scanner(c, o.rounds); err != nil {
				return err
			}
		}
	}
	if o.large == 0 {
		return nil
	}
	return memoryOf(ctx, folder, o.large)
}

var names = map[synth.Shape]string{synth.Bulk: "bulk", synth.Live: "live"}

func mega(n int64) float64 { return float64(n) / 1e6 }

// throughput prints events a second and the ratio to the baseline.
func throughput(ctx context.Context, c *corpus, o options) error {
	work := []struct {
		name string
		do   func() error
	}{
		{"decompress only", func() error { return decompress(c.files) }},
		{"decode", func() error { return complete(c, func() (int, error) { return decode(ctx, c.folder) }) }},
		{"trace", func() error { _, err := trace(ctx, c.folder, io.Discard); return err }},
	}
	times := make([][]time.Duration, len(work))
	for range o.rounds {
		for i, w := range work {
			runtime.GC() // what the work before left behind is not this one's
			took, err := timed(w.do)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			times[i] = append(times[i], took)
		}
	}
	for i, w := range work {
		fmt.Printf("  %-16s %9.0f events/s   %.2f of decompress only\n", w.name,
			float64(c.events)/median(times[i]).Seconds(), median(ratios(times[0], times[i])))
	}
	if o.profile != "" && c.name == names[synth.Bulk] {
		return profiled(o.profile, func() error { _, err := trace(ctx, c.folder, io.Discard); return err })
	}
	return nil
}

// complete fails work that did not see every event: a fast wrong answer is none.
func complete(c *corpus, do func() (int, error)) error {
	n, err := do()
	if err == nil && n != c.events {
		err = fmt.Errorf("%d of %d events", n, c.events)
	}
	return err
}

func profiled(file string, do func() error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return do()
}

// scanner prints how the scanner alone compares with encoding/json, on one core
// and inputs that are in memory already.
func scanner(c *corpus, rounds int) error {
	inputs, err := c.load(48<<20, cloudtrail.Padding)
	if err != nil {
		return err
	}
	var size int64
	for _, in := range inputs {
		size += int64(len(in))
	}
	var scanned, unmarshalled []time.Duration
	for range rounds {
		var n int
		took, _ := timed(func() error { n = scan(inputs); return nil })
		scanned = append(scanned, took)
		took, err = timed(func() error {
			m, err := unmarshal(inputs)
			if err == nil && m != n {
				err = fmt.Errorf("the scanner saw %d records, encoding/json %d", n, m)
			}
			return err
		})
		if err != nil {
			return err
		}
		unmarshalled = append(unmarshalled, took)
	}
	fmt.Printf("  scanner alone, one core: %.0f MB/s, %.1f times encoding/json\n",
		mega(size)/median(scanned).Seconds(), median(ratios(unmarshalled, scanned)))
	return nil
}

// memoryOf traces large corpora in processes of their own.
func memoryOf(ctx context.Context, folder string, events int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Printf("\npeak resident memory of trace, default GC, a process each:\n")
	for _, shape := range []synth.Shape{synth.Bulk, synth.Live} {
		c, err := write(folder, "large-"+names[shape], shape, events)
		if err != nil {
			return err
		}
		for _, people := range []bool{false, true} {
			cmd := exec.CommandContext(ctx, self, "-trace", c.folder, "-people="+strconv.FormatBool(people))
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return err
			}
			fmt.Printf("  %-5s %d events, %d files: %s", names[shape], c.events, len(c.files), out)
		}
		if err := os.RemoveAll(filepath.Join(folder, c.name)); err != nil {
			return err
		}
	}
	return nil
}

func traceAndTell(ctx context.Context, folder string, people bool) error {
	form, do := "lines", trace
	if people {
		form, do = "for people", summarize
	}
	took, err := timed(func() error {
		_, err := do(ctx, folder, io.Discard)
		return err
	})
	if err != nil {
		return err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	fmt.Printf("%d MiB, %s, in %.1f s\n", usage.Maxrss/1024, form, took.Seconds())
	return nil
}
