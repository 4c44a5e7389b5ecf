package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Lister hands out the log files of some windows, each as a delivery of its own,
// in the order in which they come. It lists and fetches ahead, until the context
// of the first [Lister.Next] ends.
type Lister struct {
	// Known reports whether a log file need not be fetched, as it is in the store.
	// It is handed out all the same, to be counted. Nil: none is known.
	Known func(context.Context, cloudtrail.LogFile) (bool, error)

	log     *Log
	windows []source.Window
	held    []batch      // listed by Survey
	batches <-chan batch // what follows those
	ready   chan fetched
	listed  atomic.Int64
	size    atomic.Int64
	all     atomic.Bool
	err     error // why it ended, once ready is closed
}

// fetched is an item on its way, and how much it takes of what may be ahead.
type fetched struct {
	item source.Item
	free func()
}

// Within are the log files that may hold events of the windows; none: all.
func (l *Log) Within(windows ...source.Window) *Lister {
	return &Lister{log: l, windows: windows}
}

// Listed is how many files and bytes were listed so far, and whether that is all.
func (s *Lister) Listed() (files int, bytes int64, all bool) {
	all = s.all.Load()
	return int(s.listed.Load()), s.size.Load(), all
}

// Next returns the next log file; io.EOF after the last.
func (s *Lister) Next(ctx context.Context) (source.Delivery, error) {
	if s.ready == nil {
		s.ready = make(chan fetched)
		go s.run(ctx)
	}
	select {
	case f, ok := <-s.ready:
		if !ok {
			if s.err != nil {
				return source.Delivery{}, s.err
			}
			return source.Delivery{}, io.EOF
		}
		f.free()
		return source.Delivery{Items: []source.Item{f.item}}, nil
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

// run lists, and fetches what was listed, until all is handed out.
func (s *Lister) run(outer context.Context) {
	defer close(s.ready)
	ahead := semaphore.NewWeighted(s.log.options.Ahead)
	group, ctx := errgroup.WithContext(outer)
	group.SetLimit(s.log.options.Gets)
	for b := range s.pages(ctx) {
		if b.err != nil {
			group.Go(func() error { return s.hand(ctx, fetched{s.broken(b.err), func() {}}) })
		}
		for i := range b.objects {
			o := &b.objects[i]
			s.listed.Add(1)
			s.size.Add(o.Size)
			group.Go(func() error { return s.bring(ctx, ahead, o) })
		}
		if ctx.Err() != nil {
			break
		}
	}
	s.all.Store(ctx.Err() == nil)
	if s.err = group.Wait(); s.err == nil {
		s.err = outer.Err()
	}
}

// pages are what was listed, and what is listed from now on.
func (s *Lister) pages(ctx context.Context) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		if s.batches == nil {
			s.batches = s.log.batches(ctx, logFolder, s.windows)
		}
		for i := range s.held {
			if !yield(s.held[i]) {
				return
			}
			s.held[i] = batch{}
		}
		for b := range s.batches {
			if !yield(b) {
				return
			}
		}
	}
}

// hand gives an item to Next.
func (s *Lister) hand(ctx context.Context, f fetched) error {
	select {
	case s.ready <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bring fetches an object, if it is to be read and not too large to be held, and
// hands it out.
func (s *Lister) bring(ctx context.Context, ahead *semaphore.Weighted, o *Object) error {
	held := &held{log: s.log, object: *o}
	f := fetched{held.item(), func() {}}
	if f.item.PassOver != "" || o.Size > min(whole, s.log.options.Ahead) {
		return s.hand(ctx, f)
	}
	if s.Known != nil {
		known, err := s.Known(ctx, o.LogFile)
		if err != nil {
			return err
		}
		if known {
			return s.hand(ctx, f)
		}
	}
	if err := ahead.Acquire(ctx, o.Size); err != nil {
		return err
	}
	f.free = func() { ahead.Release(o.Size) }
	held.fetch(ctx)
	return s.hand(ctx, f)
}

// broken is an item for a folder that could not be listed, so that it is counted
// and told like a file that cannot be read.
func (s *Lister) broken(err error) source.Item {
	uri, below := s.log.String(), err
	if t, ok := errors.AsType[*told](err); ok && t.uri != "" {
		uri, below = t.uri, &told{"", t.text, t.err}
	}
	return source.Item{
		LogFile: cloudtrail.LogFile{URI: uri},
		Open:    func(context.Context) (io.ReadCloser, error) { return nil, below },
	}
}

// held is an object that was fetched ahead. It is given away once; who opens it
// again has it fetched again.
type held struct {
	log    *Log
	object Object
	body   atomic.Pointer[body]
}

type body struct {
	bytes []byte
	err   error
}

func (h *held) fetch(ctx context.Context) {
	all, err := h.log.entire(ctx, &h.object)
	h.body.Store(&body{all, err})
}

func (h *held) item() source.Item {
	return source.Item{LogFile: h.object.LogFile, Size: h.object.Size, PassOver: source.PassOver(h.object.LogFile), Open: h.open}
}

func (h *held) open(ctx context.Context) (io.ReadCloser, error) {
	b := h.body.Swap(nil)
	if b == nil {
		return h.log.Open(ctx, h.object)
	}
	if b.err != nil {
		return nil, b.err
	}
	return io.NopCloser(bytes.NewReader(b.bytes)), nil
}
