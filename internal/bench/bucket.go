package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
)

// latencies are what a request waits beside what the server works: nothing, where
// server and client have the same cores and nothing is to be hidden, and what S3
// takes for a small object (AWS: 100 to 200 ms; less from the same region).
var latencies = []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond}

// fromBucket measures ingest and trace from S3 against fetching the same objects
// with the same lister and dropping them.
func fromBucket(ctx context.Context, folder string, o options) error {
	load := awstest.OpenLoad("acme-trail")
	defer load.Close()
	files, events := 0, 0
	for f := range synth.Corpus(synth.Live, 42, o.events) {
		load.Put(awstest.Object{Key: f.Name, Body: f.Gzip()})
		files, events = files+1, events+len(f.Records)
	}
	fmt.Printf("\nfrom S3, live: %d events in %d objects\n", events, files)
	into := filepath.Join(folder, "store-s3")
	for _, wait := range latencies {
		// As the program calls, with as many connections.
		cfg, err := awscfg.Load(ctx, awscfg.Options{Endpoint: aws.ToString(load.Config().BaseEndpoint)})
		if err != nil {
			return err
		}
		cfg.Credentials = load.Config().Credentials
		cfg.HTTPClient = waiting{cfg.HTTPClient, wait}
		work := []struct {
			name string
			do   func(*bucket.Lister) (int, error)
		}{
			{"fetch only", func(l *bucket.Lister) (int, error) { return events, drop(ctx, l) }},
			{"ingest", func(l *bucket.Lister) (int, error) { return ingestFrom(ctx, l, into) }},
			{"trace", func(l *bucket.Lister) (int, error) { return traceFrom(ctx, l) }},
		}
		times := make([][]time.Duration, len(work))
		for range o.rounds {
			for i, w := range work {
				if err := os.RemoveAll(into); err != nil {
					return err
				}
				runtime.GC()
				took, err := timed(func() error {
					log, err := bucket.Open(ctx, cfg, "s3://acme-trail", bucket.Options{})
					if err != nil {
						return err
					}
					n, err := w.do(log.Within())
					if err == nil && n != events {
						err = fmt.Errorf("%d of %d events", n, events)
					}
					return err
				})
				if err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
				times[i] = append(times[i], took)
			}
		}
		for i, w := range work {
			fmt.Printf("  %-16s %9.0f events/s  %6.0f objects/s   %.2f of fetch only, %v a request\n", w.name,
				float64(events)/median(times[i]).Seconds(), float64(files)/median(times[i]).Seconds(), median(ratios(times[0], times[i])), wait)
		}
	}
	return os.RemoveAll(into)
}

// waiting is a client whose every request takes so much longer.
type waiting struct {
	aws.HTTPClient
	wait time.Duration
}

func (w waiting) Do(r *http.Request) (*http.Response, error) {
	time.Sleep(w.wait)
	return w.HTTPClient.Do(r)
}

// drop reads every object to its end.
func drop(ctx context.Context, from *bucket.Lister) error {
	for {
		d, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, item := range d.Items {
			body, err := item.Open(ctx)
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, body); err != nil {
				return err
			}
			if err := body.Close(); err != nil {
				return err
			}
		}
	}
}

func ingestFrom(ctx context.Context, from *bucket.Lister, into string) (events int, err error) {
	s, err := local.Open(ctx, into, local.Options{})
	if err != nil {
		return 0, err
	}
	from.Known = s.Has
	_, records, err := ingest.Pump(ctx, from, s, ingest.Options{})
	return records.Read, errors.Join(err, s.Close())
}

// traceFrom does what `crosstrail trace -o jsonl s3://…` does.
func traceFrom(ctx context.Context, from *bucket.Lister) (events int, err error) {
	store := memory.New()
	_, records, err := ingest.Pump(ctx, from, store, ingest.Options{})
	if err != nil {
		return 0, err
	}
	resolver, err := newResolver(ctx, store)
	if err != nil {
		return 0, err
	}
	_, err = printLines(ctx, store, resolver, io.Discard)
	return records.Read, err
}
