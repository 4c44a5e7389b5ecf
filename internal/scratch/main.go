// Command scratch is thrown away.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"sync/atomic"
	"syscall"
	"time"

	"bytes"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var keep any

func main() {
	n := flag.Int("n", 1000000, "")
	live := flag.Bool("live", false, "")
	dir := flag.String("dir", "/tmp/xt", "")
	prof := flag.String("prof", "", "")
	memprof := flag.String("memprof", "", "")
	what := flag.String("do", "ingest", "")
	key := flag.String("key", "", "")
	flag.Parse()
	ctx := context.Background()
	shape, name := synth.Bulk, "bulk"
	if *live {
		shape, name = synth.Live, "live"
	}
	corpus := filepath.Join(*dir, fmt.Sprintf("%s-%d", name, *n))
	if _, err := os.Stat(corpus); err != nil {
		for f := range synth.Corpus(shape, 42, *n) {
			p := filepath.Join(corpus, f.Name)
			must(os.MkdirAll(filepath.Dir(p), 0o755))
			must(os.WriteFile(p, f.Gzip(), 0o644))
		}
	}
	if *prof != "" {
		f, _ := os.Create(*prof)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	storeDir := filepath.Join(*dir, "store-"+name)
	start := time.Now()
	switch *what {
	case "ingest":
		os.RemoveAll(storeDir)
		fallthrough
	case "again":
		s, err := local.Open(ctx, storeDir, local.Options{})
		must(err)
		paths, err := source.NewPaths([]string{corpus}, nil)
		must(err)
		files, records, err := ingest.Pump(ctx, paths, s, ingest.Options{})
		must(err)
		fmt.Println("pumped", time.Since(start))
		must(s.Close())
		d := time.Since(start)
		fmt.Println(files, records, d, int(float64(records.Read)/d.Seconds()), "ev/s")
	case "cols":
		cols(storeDir)
	case "dec":
		decompress(corpus)
		d := time.Since(start)
		fmt.Println("decompress", d, int(float64(*n)/d.Seconds()), "ev/s")
	default:
		r, err := local.OpenReader(ctx, storeDir, local.Options{})
		must(err)
		fmt.Println("open", time.Since(start))
		spans, err := r.Spans(ctx)
		must(err)
		start = time.Now()
		res := lineage.NewResolver(r, lineage.NewHorizon(spans))
		switch *what {
		case "rows":
			n := 0
			for _, err := range r.Rows(ctx, query.Selection{}) {
				must(err)
				n++
			}
			fmt.Println(n, "rows")
		case "tallies":
			n, e, w := 0, 0, 0
			for t, err := range r.Tallies(ctx, query.Selection{}) {
				must(err)
				n++
				e += t.Events
				w += t.Writes
			}
			fmt.Println(n, "tallies", e, w)
		case "sessions":
			l, err := query.Sessions(ctx, r, res, query.Filter{})
			must(err)
			fmt.Println(len(l))
			keep = l
		case "access":
			a, err := query.Access(ctx, r, res, query.Filter{})
			must(err)
			_ = a
		case "whos":
			counts, events := map[string]int{}, 0
			for t, err := range r.Tallies(ctx, query.Selection{}) {
				must(err)
				if k := t.Caller.AccessKeyID; k != "" {
					counts[k] += t.Events
					events += t.Events
				}
			}
			var names []string
			for k := range counts {
				names = append(names, k)
			}
			sort.Strings(names)
			var times []time.Duration
			at, step := 0, events/1000
			start = time.Now()
			for _, k := range names {
				for at -= counts[k]; at < 0; at += step {
					st := time.Now()
					res = lineage.NewResolver(r, lineage.NewHorizon(spans))
					_, err := query.Who(ctx, r, res, k)
					must(err)
					times = append(times, time.Since(st))
					if d := time.Since(st); d > 20*time.Millisecond {
						fmt.Println(k, counts[k], d)
					}
				}
			}
			sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
			fmt.Println("p50", times[len(times)/2], "p90", times[len(times)*9/10], "p99", times[len(times)*99/100], "max", times[len(times)-1])
		case "keyrows":
			counts, events := map[string]int{}, 0
			for t, err := range r.Tallies(ctx, query.Selection{}) {
				must(err)
				if k := t.Caller.AccessKeyID; k != "" {
					counts[k] += t.Events
					events += t.Events
				}
			}
			var names []string
			for k := range counts {
				names = append(names, k)
			}
			sort.Strings(names)
			var times, tt []time.Duration
			at, step := 0, events/1000
			for _, k := range names {
				for at -= counts[k]; at < 0; at += step {
					st := time.Now()
					for _, err := range r.Rows(ctx, query.Selection{AccessKeys: []string{k}}) {
						must(err)
					}
					times = append(times, time.Since(st))
					st = time.Now()
					for _, err := range r.Tallies(ctx, query.Selection{AccessKeys: []string{k}}) {
						must(err)
					}
					tt = append(tt, time.Since(st))
				}
			}
			for _, times := range [][]time.Duration{times, tt} {
				sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
				fmt.Println("p50", times[len(times)/2], "p90", times[len(times)*9/10], "p99", times[len(times)*99/100], "max", times[len(times)-1])
			}
		case "who":
			a, err := query.Who(ctx, r, res, *key)
			must(err)
			fmt.Println(len(a.Answers))
			for range 3 {
				start = time.Now()
				res = lineage.NewResolver(r, lineage.NewHorizon(spans))
				query.Who(ctx, r, res, *key)
				fmt.Println("again", time.Since(start))
			}
		}
		fmt.Println(*what, time.Since(start))
	}
	if *memprof != "" {
		f, _ := os.Create(*memprof)
		runtime.GC()
		pprof.Lookup("heap").WriteTo(f, 0)
		f.Close()
	}
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	fmt.Println("peak MiB", u.Maxrss/1024, "cpu", time.Duration(u.Utime.Nano()+u.Stime.Nano()))
}

func decompress(dir string) {
	var files []string
	filepath.Walk(dir, func(p string, i os.FileInfo, err error) error {
		if !i.IsDir() {
			files = append(files, p)
		}
		return nil
	})
	var next atomic.Int64
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			var plain bytes.Buffer
			var z gzip.Reader
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return nil
				}
				b, _ := os.ReadFile(files[i])
				z.Reset(bytes.NewReader(b))
				plain.Reset()
				plain.ReadFrom(&z)
			}
		})
	}
	g.Wait()
}
