package bucket

import (
	"context"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// List yields the log files that may hold events of the windows (none: of all), by
// listing alone, in any order. An error is of one folder that could not be listed;
// the rest follows it.
//
// Of a day's folder that is listed in part, objects that do not have CloudTrail's
// names may be left out.
func (l *Log) List(ctx context.Context, windows ...source.Window) iter.Seq2[Object, error] {
	return l.each(ctx, logFolder, windows)
}

// Digests yields the digest files of the hours that the windows touch, likewise.
func (l *Log) Digests(ctx context.Context, windows ...source.Window) iter.Seq2[Object, error] {
	return l.each(ctx, digestsDir, windows)
}

func (l *Log) each(ctx context.Context, in string, windows []source.Window) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for b := range l.batches(ctx, in, windows) {
			if b.err != nil && !yield(Object{}, b.err) {
				return
			}
			for i := range b.objects {
				if !yield(b.objects[i], nil) {
					return
				}
			}
		}
		if ctx.Err() != nil {
			yield(Object{}, ctx.Err())
		}
	}
}

// batch is what one page held, or why a folder could not be listed.
type batch struct {
	objects []Object
	err     error
}

// batches lists in the background until all is listed or ctx ends, and then
// closes the channel.
func (l *Log) batches(ctx context.Context, in string, windows []source.Window) <-chan batch {
	out := make(chan batch, 4)
	if len(windows) == 0 {
		windows = []source.Window{{}}
	}
	go func() {
		defer close(out)
		emit := func(b batch) {
			select {
			case out <- b:
			case <-ctx.Done():
			}
		}
		switch {
		case l.object != nil:
			emit(batch{objects: l.kept([]Object{*l.object}, in, windows)})
		case l.plain || in == logFolder && l.trees[0].kind == digestsDir:
			l.listPlain(ctx, in, windows, emit)
		default:
			l.listTrees(ctx, in, windows, emit)
		}
	}()
	return out
}

// listPlain lists everything, and goes by the names.
func (l *Log) listPlain(ctx context.Context, in string, windows []source.Window, emit func(batch)) {
	err := l.pages(ctx, request{prefix: l.prefix}, func(p *page) (bool, error) {
		emit(batch{objects: l.kept(p.objects, in, windows)})
		return true, ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
}

// kept are the objects that may be of a window by their names.
func (l *Log) kept(objects []Object, in string, windows []source.Window) []Object {
	kept := objects[:0]
	for i := range objects {
		o := &objects[i]
		if (in == digestsDir) != (o.Kind == cloudtrail.DigestFile) && in == digestsDir {
			continue
		}
		for _, w := range windows {
			if w.May(o.LogFile) {
				kept = append(kept, *o)
				break
			}
		}
	}
	return kept
}

// listTrees lists stretch by stretch, several at once. Where a hand is free, who
// lists a long one gives half of it away.
func (l *Log) listTrees(ctx context.Context, in string, windows []source.Window, emit func(batch)) {
	var group errgroup.Group
	group.SetLimit(l.options.Lists)
	err := l.stretches(ctx, in, windows,
		func(s stretch) { group.Go(func() error { l.listStretch(ctx, &group, s, emit); return nil }) },
		func(err error) { emit(batch{err: err}) })
	_ = group.Wait()
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
}

func (l *Log) listStretch(ctx context.Context, group *errgroup.Group, s stretch, emit func(batch)) {
	err := l.pages(ctx, request{prefix: s.prefix, after: s.after}, func(p *page) (bool, error) {
		objects, more := s.take(p)
		emit(batch{objects: objects})
		if more && len(p.objects) > 0 {
			rest := s
			if s.half(&rest, p.objects[len(p.objects)-1].Delivered, time.Now()) &&
				group.TryGo(func() error { l.listStretch(ctx, group, rest, emit); return nil }) {
				s.until = rest.after
			}
		}
		return more, ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
}
