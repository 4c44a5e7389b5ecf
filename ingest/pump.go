package ingest

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Options are what a user may set. The zero value is good.
type Options struct {
	Workers int   // 0: one a core
	Memory  int64 // bytes that all workers together may hold of their inputs; 0: as much as MaxFile needs
	MaxFile int64 // cap on one decompressed file; 0: [source.DefaultMaxFile]

	// Progress is told now and then how far it has come. OnError is told every
	// file and record that could not be read, nearly always as a
	// [*source.Error]; OnNote what is worth saying and no failure. Each may be
	// nil; never two calls at once.
	Progress func(Progress)
	OnError  func(error)
	OnNote   func(string)

	// OnWarning is told at the end what is odd about records that were kept.
	OnWarning func(string)
}

// Progress is how far a run has come.
type Progress struct {
	Files, Records Counts
	Bytes          int64 // read, as delivered
}

// progressEvery is how often Progress is told.
const progressEvery = 100 * time.Millisecond

// Pump moves what a source delivers into a store on all cores, commits, and
// then settles every delivery. It returns what became of files and of records.
//
// What cannot be read is told to OnError and counted as failed, and the rest
// goes on. The error is that of the source, the store, a settlement, or of a ctx
// that ended: what was read until then has been committed unless the store
// itself failed.
func Pump(ctx context.Context, from Source, to Store, o Options) (files, records Counts, err error) {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &pump{store: to, options: o, flying: map[string]bool{}}
	budget := source.NewBudget(o.Memory, o.MaxFile, workers)
	jobs := make(chan job)
	group, gctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			w := worker{pump: p, unpacker: source.NewUnpacker(budget)}
			for j := range jobs {
				if err := w.run(gctx, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(jobs)
		return p.feed(gctx, from, jobs)
	})
	err = group.Wait()
	err = p.finish(ctx, err)
	return p.state.Files, p.state.Records, err
}

// job is one item, and the delivery it came in.
type job struct {
	item     source.Item
	delivery *delivery
}

// delivery collects what kept its items from being stored.
type delivery struct {
	settle func(context.Context, error) error
	mu     sync.Mutex
	errs   []error
}

func (d *delivery) failed(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.errs = append(d.errs, err)
}

// pump is what the workers of one run share.
type pump struct {
	store      Store
	options    Options
	deliveries []*delivery // to be settled; touched by feed, then by finish
	unsound    bool        // the store failed: nothing may be committed

	mu     sync.Mutex // guards what follows, and the calls of the options' functions
	flying map[string]bool
	state  Progress
	odd    odd
	told   time.Time
}

// feed reads the source and hands its items to the workers.
func (p *pump) feed(ctx context.Context, from Source, jobs chan<- job) error {
	for {
		d, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		one := &delivery{settle: d.Settle}
		if d.Settle != nil {
			p.deliveries = append(p.deliveries, one)
		}
		for _, item := range d.Items {
			if item.Note != "" {
				p.note(item.Note)
			}
			if item.PassOver != "" {
				p.count(Counts{Read: 1, PassedOver: 1}, Counts{}, 0)
				continue
			}
			select {
			case jobs <- job{item, one}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// finish commits what was stored and settles the deliveries. A run that was
// stopped settles nothing: what it read will be delivered again.
func (p *pump) finish(ctx context.Context, stopped error) error {
	if p.unsound {
		return stopped
	}
	if err := p.store.Commit(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(stopped, err)
	}
	if p.options.Progress != nil {
		p.options.Progress(p.state)
	}
	if p.options.OnWarning != nil {
		for _, text := range p.odd.warnings() {
			p.options.OnWarning(text)
		}
	}
	if stopped != nil {
		return stopped
	}
	var errs []error
	for _, d := range p.deliveries {
		errs = append(errs, d.settle(ctx, errors.Join(d.errs...)))
	}
	return errors.Join(errs...)
}

// claim takes a file for one worker, false if another is reading it just now.
func (p *pump) claim(file cloudtrail.LogFile) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := file.URI + "\x00" + file.Version
	if p.flying[key] {
		return false
	}
	p.flying[key] = true
	return true
}

func (p *pump) release(file cloudtrail.LogFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flying, file.URI+"\x00"+file.Version)
}

func (p *pump) count(files, records Counts, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Files.add(files)
	p.state.Records.add(records)
	p.state.Bytes += bytes
	if p.options.Progress == nil {
		return
	}
	if now := time.Now(); now.Sub(p.told) >= progressEvery {
		p.told = now
		p.options.Progress(p.state)
	}
}

func (p *pump) strange(o *odd) {
	if o.n == [oddities]int{} {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odd.add(o)
}

func (p *pump) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.OnError != nil {
		p.options.OnError(err)
	}
}

func (p *pump) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.OnNote != nil {
		p.options.OnNote(text)
	}
}
