package query

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"sync"

	"github.com/crosstrail/crosstrail/lineage"
)

// Lines yields the events that pass the filter, each with its chain, by time,
// then event id; newest first where the filter asks. The Row of a Line is
// overwritten by a later step.
func Lines(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		q, err := newQuestion(ctx, r, resolver, f)
		if err != nil {
			yield(Line{}, err)
			return
		}
		q.inAnyForm()
		n, one := 0, newBlock()
		for b, err := range q.blocks(ctx, func() *block { return one }) {
			if err == nil {
				err = q.link(ctx, b)
			}
			if err != nil {
				yield(Line{}, err)
				return
			}
			for _, l := range b.lines {
				if !yield(l, nil) {
					return
				}
				if n++; n == f.Limit {
					return
				}
			}
		}
	}
}

// Print writes the events that pass the filter in the order of [Lines], each as
// encode appends it, and returns how many. Filtering, linking and encoding run
// on several workers (0: one a core); encode is called from all of them at
// once. Memory is bounded: a slow writer holds the reading back.
func Print(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, workers int, encode func(dst []byte, l Line) []byte, w io.Writer) (int, error) {
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return 0, err
	}
	q.inAnyForm()
	n := 0
	err = q.run(ctx, workers, func(b *block) {
		for _, l := range b.lines {
			b.out = encode(b.out, l)
			b.ends = append(b.ends, len(b.out))
		}
	}, func(b *block) error {
		lines := len(b.lines)
		if f.Limit > 0 {
			lines = min(lines, f.Limit-n)
		}
		if lines == 0 {
			return nil
		}
		n += lines
		if _, err := w.Write(b.out[:b.ends[lines-1]]); err != nil {
			return err
		}
		if n == f.Limit {
			return errEnough
		}
		return nil
	})
	return n, err
}

// errEnough ends a run early, without an error.
var errEnough = errors.New("enough")

// run reads and filters rows in one goroutine, links them and calls work on
// several, and calls consume for block after block, in order, in the caller's.
// A fixed number of blocks goes round, which bounds the memory.
func (q *question) run(ctx context.Context, workers int, work func(*block), consume func(*block) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	count := 2*workers + 2
	free, todo := make(chan *block, count), make(chan *block, count)
	order := make(chan *block, count+1) // and one that tells of an error
	for range count {
		free <- newBlock()
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		defer close(order)
		defer close(todo)
		for b, err := range q.blocks(ctx, func() *block { return takeFree(ctx, free) }) {
			if err != nil {
				b = newBlock()
				b.err = err
				b.done <- struct{}{}
				order <- b
				return
			}
			order <- b
			todo <- b
		}
	})
	for range workers {
		running.Go(func() {
			for b := range todo {
				if b.err = q.link(ctx, b); b.err == nil {
					work(b)
				}
				b.done <- struct{}{}
			}
		})
	}
	for b := range order {
		<-b.done
		err := b.err
		if err == nil {
			err = consume(b)
		}
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
		free <- b
	}
	return ctx.Err()
}

func takeFree(ctx context.Context, free <-chan *block) *block {
	select {
	case <-ctx.Done():
		return nil
	case b := <-free:
		return b
	}
}

// each calls f for every line that passes the filter, in order, in the caller's
// goroutine; the linking is done on all cores.
func (q *question) each(ctx context.Context, f func(Line)) error {
	n := 0
	return q.run(ctx, 0, func(*block) {}, func(b *block) error {
		for _, l := range b.lines {
			f(l)
			if n++; n == q.filter.Limit {
				return errEnough
			}
		}
		return nil
	})
}
