package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

// guarded is a store in which a record that breaks something costs its own message
// alone, and of which no call outlasts the function.
type guarded struct {
	ingest.Store
	end time.Time // when the last commit must be done

	mu     sync.Mutex
	broken map[string]error // by key
}

// Add makes an error of a panic: the decoder and all that is made of a record run
// in it. The file fails, and the run goes on.
func (g *guarded) Add(ctx context.Context, f source.File) (kept, duplicate int, err error) {
	defer func() {
		if p := recover(); p != nil {
			g.note(f.LogFile, &source.Error{URI: f.URI, Record: -1, Offset: -1, Problem: "a record of it broke the program, please report that: " + broke(p)})
			kept, duplicate, err = 0, 0, nil
		}
	}()
	return g.Store.Add(ctx, f)
}

// broke says what went wrong and where, and nothing of what was read: the text of
// a panic that is not the runtime's own may hold it.
func broke(p any) string {
	var at []string
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "crosstrail") {
			at = append(at, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more || len(at) == 4 {
			break
		}
	}
	what := fmt.Sprintf("%T", p)
	if e, ok := p.(runtime.Error); ok {
		what = e.Error()
	}
	return what + " in " + strings.Join(at, ", ")
}

func (g *guarded) note(f cloudtrail.LogFile, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken == nil {
		g.broken = map[string]error{}
	}
	g.broken[f.Key()] = err
}

func (g *guarded) about(f cloudtrail.LogFile) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken[f.Key()]
}

// Finish tells of a file that broke something as one that is to be read again.
func (g *guarded) Finish(ctx context.Context, f cloudtrail.LogFile, failed error) error {
	if err := g.about(f); failed == nil {
		failed = err
	}
	return g.Store.Finish(ctx, f, failed)
}

// Commit ends in time to say that it did not come to its end.
func (g *guarded) Commit(ctx context.Context) error {
	if !g.end.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, g.end)
		defer cancel()
	}
	return g.Store.Commit(ctx)
}

// guard lets a delivery be settled with what its files broke.
func (g *guarded) guard(d *source.Delivery) {
	settle, items := d.Settle, d.Items
	d.Settle = func(ctx context.Context, err error) error {
		errs := []error{err}
		for i := range items {
			errs = append(errs, g.about(items[i].LogFile))
		}
		return settle(ctx, errors.Join(errs...))
	}
}
