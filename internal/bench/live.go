package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

// announced is a corpus in a bucket, of which notices tell.
type announced struct {
	*awstest.Load
	keys, notices    []string
	events, distinct int
}

func announce(shape synth.Shape, events int) *announced {
	a := &announced{Load: awstest.OpenLoad("acme-trail")}
	ids := map[string]bool{}
	var d cloudtrail.Decoder
	for f := range synth.Corpus(shape, 42, events) {
		o := awstest.Object{Key: f.Name, Body: f.Gzip()}
		a.Put(o)
		a.keys, a.notices = append(a.keys, o.Key), append(a.notices, notice(o))
		a.events += len(f.Records)
		body := f.Body()
		for r, err := range d.Records(append(body, make([]byte, cloudtrail.Padding)...)[:len(body)]) {
			if err == nil && r != nil {
				ids[strings.Clone(r.EventID)] = true
			}
		}
	}
	a.distinct = len(ids)
	return a
}

// fetch is the baseline: get the same objects and gunzip them, and nothing else.
func (a *announced) fetch(ctx context.Context) error {
	client := s3.NewFromConfig(a.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for _, key := range a.keys {
		group.Go(func() error {
			out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("acme-trail"), Key: &key})
			if err != nil {
				return err
			}
			defer out.Body.Close()
			z, err := gzip.NewReader(out.Body)
			if err == nil {
				_, err = io.Copy(io.Discard, z)
			}
			return err
		})
	}
	return group.Wait()
}

// live measures what is filled as log files come.
func live(ctx context.Context, folder string, o options) error {
	made, err := build(ctx, folder)
	if err != nil {
		return err
	}
	tables, err := awstest.OpenTables(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tables.Close() }()
	l := liveBench{programs: made, folder: folder, tables: tables}
	for _, shape := range []synth.Shape{synth.Live, synth.Bulk} {
		if err := l.speed(ctx, shape, o); err != nil {
			return err
		}
	}
	if err := l.writes(ctx); err != nil {
		return err
	}
	return l.function(ctx)
}

type liveBench struct {
	programs
	folder string
	tables *awstest.LoadTables
	n      int // tables made
}

// speed prints events a second into a table that answers at once, into the load
// stand-in's, which is slower than either program, and into a folder.
func (l *liveBench) speed(ctx context.Context, shape synth.Shape, o options) error {
	many, few := announce(shape, o.events/25), announce(shape, o.events/250)
	defer many.Close()
	defer few.Close()
	fmt.Printf("\nas it comes, %s: %d events in %d objects, %d of them twice; into dynalite %d\n", names[shape], many.events, len(many.keys), many.events-many.distinct, few.events)
	work := []struct {
		name string
		of   *announced
		do   func(*announced) (time.Duration, error)
	}{
		{"get and gunzip", many, func(a *announced) (time.Duration, error) { return timed(func() error { return a.fetch(ctx) }) }},
		{"Lambda", many, func(a *announced) (time.Duration, error) { return l.intoAside(a, l.throughFunction) }},
		{"follow", many, func(a *announced) (time.Duration, error) {
			return l.intoAside(a, func(a *announced, at *aside, table string) (time.Duration, error) {
				return l.throughFollow(ctx, a, at, table, "dynamodb://Live")
			})
		}},
		{"follow, a folder", many, func(a *announced) (time.Duration, error) { return l.intoFolder(ctx, a) }},
		{"Lambda, dynalite", few, func(a *announced) (time.Duration, error) {
			return l.intoTables(ctx, a, l.throughFunction)
		}},
		{"follow, dynalite", few, func(a *announced) (time.Duration, error) {
			return l.intoTables(ctx, a, func(a *announced, at *aside, table string) (time.Duration, error) {
				return l.throughFollow(ctx, a, at, table, fmt.Sprintf("dynamodb://Live%d", l.n))
			})
		}},
	}
	rates := make([][]float64, len(work))
	for range min(o.rounds, 3) {
		for i, w := range work {
			took, err := w.do(w.of)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			rates[i] = append(rates[i], float64(w.of.events)/took.Seconds())
		}
	}
	for i, w := range work {
		var share []float64
		for n := range rates[i] {
			share = append(share, rates[i][n]/rates[0][n])
		}
		fmt.Printf("  %-16s %9.0f events/s   %.3f of get and gunzip\n", w.name, median(rates[i]), median(share))
	}
	return nil
}

// way moves what was announced into a table, and tells how long it took.
type way func(a *announced, at *aside, table string) (time.Duration, error)

// intoAside fills a table that answers at once.
func (l *liveBench) intoAside(a *announced, do way) (time.Duration, error) {
	at := newAside()
	defer at.Close()
	took, err := do(a, at, at.URL)
	if kept := at.kept(); err == nil && kept != a.distinct {
		err = fmt.Errorf("%d of %d events are in the table", kept, a.distinct)
	}
	return took, err
}

// kept is how many events are in the table.
func (a *aside) kept() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k := range a.keys {
		if partition, _, _ := strings.Cut(k, "\x00"); !strings.Contains(partition, "#") {
			n++
		}
	}
	return n
}

// intoTables fills a table of dynalite's.
func (l *liveBench) intoTables(ctx context.Context, a *announced, do way) (time.Duration, error) {
	l.n++
	if err := dynamo.Make(ctx, l.tables.Config(), fmt.Sprintf("Live%d", l.n), dynamo.MakeOptions{Unprotected: true}); err != nil {
		return 0, err
	}
	at := newAside()
	defer at.Close()
	return do(a, at, aws.ToString(l.tables.Config().BaseEndpoint))
}

// throughFunction calls the function with ten messages at a time, one call after the
// other, as Lambda does of each environment. The first one is not counted.
func (l *liveBench) throughFunction(a *announced, at *aside, table string) (time.Duration, error) {
	name := "Live"
	if table != at.URL {
		name = fmt.Sprintf("Live%d", l.n)
	}
	f, err := startFunction(l.lambda, 1769, append(environment(a.Load, at.URL, table), "CROSSTRAIL_STORE=dynamodb://"+name))
	if err != nil {
		return 0, err
	}
	defer f.stop()
	if err := f.invoke(`{"Event":"s3:TestEvent","Bucket":"acme-trail"}`); err != nil {
		return 0, err
	}
	return timed(func() error {
		for _, event := range batches(a.notices) {
			if err := f.invoke(event); err != nil {
				return err
			}
		}
		return nil
	})
}

// throughFollow starts follow, and measures from its start to its last deletion.
func (l *liveBench) throughFollow(ctx context.Context, a *announced, at *aside, table, store string) (time.Duration, error) {
	url, empty := at.queue(slices.Clone(a.notices))
	cmd := exec.CommandContext(ctx, l.crosstrail, "follow", "--queue", url, "--from", "s3://acme-trail", "--store", store, "--yes")
	cmd.Env = environment(a.Load, at.URL, table)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	ended := make(chan error, 1)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	began := time.Now()
	go func() { ended <- cmd.Wait() }()
	select {
	case <-empty:
	case err := <-ended:
		return 0, fmt.Errorf("follow ended: %w\n%s", err, said.String())
	case <-time.After(2 * time.Minute):
		_ = cmd.Process.Kill() // it does not end
		return 0, fmt.Errorf("follow does not come to its end: %d messages are left\n%s", len(at.left), said.String())
	}
	took := time.Since(began)
	err := cmd.Process.Signal(os.Interrupt)
	return took, errors.Join(err, <-ended)
}

// intoFolder fills a folder.
func (l *liveBench) intoFolder(ctx context.Context, a *announced) (time.Duration, error) {
	into := filepath.Join(l.folder, "followed")
	defer os.RemoveAll(into)
	at := newAside()
	defer at.Close()
	took, err := l.throughFollow(ctx, a, at, at.URL, into)
	if err != nil {
		return 0, err
	}
	r, err := local.OpenReader(ctx, into, local.Options{})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	info, err := r.Info(ctx)
	if err == nil && int(info.Events) != a.distinct {
		err = fmt.Errorf("%d of %d events are in the folder", info.Events, a.distinct)
	}
	return took, err
}
