package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/source"
)

// Options are what a user may set. The zero value is good.
type Options struct {
	Workers int   // 0: one a core
	Memory  int64 // bytes that all workers together may hold of their inputs; 0: as much as MaxFile needs
	MaxFile int64 // cap on one decompressed file; 0: [source.DefaultMaxFile]

	// SettleEvery is how long a delivery that is to be settled waits for the
	// commit at most, 0: a second. Where there is none the store commits when
	// it sees fit, and the pump at the end.
	SettleEvery time.Duration

	// Progress is told now and then how far it has come, and after each commit.
	// OnError is told every file and record that could not be read, nearly always
	// as a [*source.Error], and every settlement that failed; OnNote what is worth
	// saying and no failure. Each may be nil; never two calls at once.
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
	Skipped        int64 // bytes of files that had not to be read: passed over, or there already
}

// progressEvery is how often Progress is told.
const progressEvery = 100 * time.Millisecond

// Pump moves what a source delivers into a store on all cores and commits. Every
// delivery is settled as the run goes, after the commit that holds all its
// items. It returns what became of files and of records.
//
// What cannot be read is told to OnError and counted as failed, and the rest
// goes on. The error is that of the source, the store, a settlement, or of a ctx
// that ended: what was read until then has been committed, and what was whole
// has been settled, unless the store itself failed. The same run begun again
// goes on from there.
func Pump(ctx context.Context, from Source, to Store, o Options) (files, records Counts, err error) {
	p := &pump{store: to, options: o, flying: map[string][]*delivery{}}
	ended := make(chan struct{})
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ended)
		return p.move(gctx, from)
	})
	group.Go(func() error { return p.settleMeanwhile(ctx, ended) })
	err = group.Wait()
	err = p.finish(ctx, err)
	return p.state.Files, p.state.Records, err
}

// job is one item, and the delivery it came in.
type job struct {
	item     source.Item
	delivery *delivery // nil: there is nothing to settle
}

// pump is what the workers of one run share.
type pump struct {
	store   Store
	options Options

	mu        sync.Mutex             // guards what follows, and the calls of the options' functions
	unsettled int                    // deliveries whose settlement failed
	settleErr error                  // that of the first
	flying    map[string][]*delivery // files being read: who else waits for them
	finished  []*delivery            // wait for a commit, to be settled
	unsound   bool                   // the store failed: nothing may be committed or settled
	state     Progress
	odd       odd
	told      time.Time
}

// move reads everything into the store.
func (p *pump) move(ctx context.Context, from Source) error {
	workers := p.options.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	budget := source.NewBudget(p.options.Memory, p.options.MaxFile, workers)
	jobs := make(chan job)
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			w := worker{pump: p, unpacker: source.NewUnpacker(budget)}
			for j := range jobs {
				if err := w.run(ctx, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(jobs)
		return p.feed(ctx, from, jobs)
	})
	return group.Wait()
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
		one := p.begin(d)
		for _, item := range d.Items {
			if item.Note != "" {
				p.note(item.Note)
			}
			if item.PassOver != "" {
				p.skip(Counts{Read: 1, PassedOver: 1}, item.Size)
				p.done(one, nil)
				continue
			}
			select {
			case jobs <- job{item, one}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		p.done(one, nil)
	}
}

// finish commits what was stored and settles what is whole.
func (p *pump) finish(ctx context.Context, stopped error) error {
	if p.unsound {
		return stopped
	}
	if err := p.commit(ctx, p.take()); err != nil {
		return errors.Join(stopped, err)
	}
	if p.options.OnWarning != nil {
		for _, text := range p.odd.warnings() {
			p.options.OnWarning(text)
		}
	}
	return cmp.Or(stopped, p.settleError())
}

// skip counts a file that has not to be read.
func (p *pump) skip(files Counts, size int64) {
	p.mu.Lock()
	p.state.Skipped += size
	p.mu.Unlock()
	p.count(files, Counts{}, 0)
}

func (p *pump) count(files, records Counts, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Files = p.state.Files.Plus(files)
	p.state.Records = p.state.Records.Plus(records)
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
