package bucket

import (
	"context"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// List yields the log files that may hold events of the windows (none: of all), by
// listing alone, in any order. An error is of one folder that could not be listed;
// the rest follows it.
//
// Whose log a file is its folder tells, and not its name. One that lies in another
// day's folder than its name says may be left out.
func (l *Log) List(ctx context.Context, windows ...source.Window) iter.Seq2[Object, error] {
	return each(ctx, func(ctx context.Context) <-chan batch { return l.batches(ctx, logFolder, windows) })
}

// Digests yields the digest files of the hours that the windows touch, likewise.
func (l *Log) Digests(ctx context.Context, windows ...source.Window) iter.Seq2[Object, error] {
	return each(ctx, func(ctx context.Context) <-chan batch { return l.batches(ctx, digestsDir, windows) })
}

// Ends yields what lies outside the windows: of each log that they touch the very
// first log file, and the newest. So hours in which a log had no file can be told
// from those before it began, or that are still to come.
func (l *Log) Ends(ctx context.Context, windows ...source.Window) iter.Seq2[Object, error] {
	return each(ctx, func(ctx context.Context) <-chan batch {
		return inBackground(ctx, func(emit func(batch)) {
			if !l.plain && l.object == nil { // else all is listed anyhow
				l.listTrees(ctx, logFolder, filled(windows), emit, func(_ *errgroup.Group, s stretch) { l.listEnds(ctx, s, emit) })
			}
		})
	})
}

// batch is what one page held, or why a folder could not be listed.
type batch struct {
	objects []Object
	err     error
}

// each yields what comes in batches, and stops them when nobody wants more.
func each(ctx context.Context, list func(context.Context) <-chan batch) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for b := range list(ctx) {
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

// batches lists in the background until all is listed or ctx ends.
func (l *Log) batches(ctx context.Context, in string, windows []source.Window) <-chan batch {
	windows = filled(windows)
	return inBackground(ctx, func(emit func(batch)) {
		switch {
		case l.object != nil:
			emit(batch{objects: kept([]Object{*l.object}, in, windows)})
		case l.plain || in == logFolder && l.trees[0].kind == digestsDir:
			l.listPlain(ctx, in, windows, emit)
		default:
			l.listTrees(ctx, in, windows, emit, func(group *errgroup.Group, s stretch) { l.listStretch(ctx, group, s, emit) })
		}
	})
}

// inBackground runs list, and closes the channel behind the last that it emits.
func inBackground(ctx context.Context, list func(emit func(batch))) <-chan batch {
	out := make(chan batch, 4)
	go func() {
		defer close(out)
		list(func(b batch) {
			select {
			case out <- b:
			case <-ctx.Done():
			}
		})
	}()
	return out
}

// filled are windows of which there is one at least.
func filled(windows []source.Window) []source.Window {
	if len(windows) == 0 {
		return []source.Window{{}}
	}
	return windows
}

// listPlain lists everything, and goes by the names.
func (l *Log) listPlain(ctx context.Context, in string, windows []source.Window, emit func(batch)) {
	err := l.pages(ctx, request{prefix: l.prefix}, func(p *page) (bool, error) {
		emit(batch{objects: kept(p.objects, in, windows)})
		return true, ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
}

// kept are the objects that may be of a window by their names.
func kept(objects []Object, in string, windows []source.Window) []Object {
	return slices.DeleteFunc(objects, func(o Object) bool {
		return in == digestsDir && o.Kind != cloudtrail.DigestFile ||
			!slices.ContainsFunc(windows, func(w source.Window) bool { return w.May(o.LogFile) })
	})
}

// listTrees has every stretch listed, several at once. A folder that cannot be
// looked into is emitted as an error.
func (l *Log) listTrees(ctx context.Context, in string, windows []source.Window, emit func(batch), list func(*errgroup.Group, stretch)) {
	var group errgroup.Group
	group.SetLimit(l.options.Lists)
	err := l.stretches(ctx, in, windows,
		func(s stretch) { group.Go(func() error { list(&group, s); return nil }) },
		func(err error) { emit(batch{err: err}) })
	_ = group.Wait()
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
}

// listStretch lists one stretch, and leaps over the keys in it that are not asked
// for. Where a hand is free, half of what is left of a long one is given away.
func (l *Log) listStretch(ctx context.Context, group *errgroup.Group, s stretch, emit func(batch)) {
	for left := s.ranges(); len(left) > 0; {
		err := l.pages(ctx, request{prefix: s.prefix, after: left[0].after}, func(p *page) (bool, error) {
			emit(batch{objects: s.take(p, left)})
			if left = behind(left, p); len(left) == 0 || p.last < left[0].after {
				return false, ctx.Err()
			}
			if rest := s; left[0].until == s.until && len(p.objects) > 0 && s.half(&rest, p.objects[len(p.objects)-1].Delivered, time.Now()) &&
				group.TryGo(func() error { l.listStretch(ctx, group, rest, emit); return nil }) {
				s.until = rest.after
				left = []keys{{left[0].after, s.until}}
			}
			return true, ctx.Err()
		})
		if err != nil {
			if ctx.Err() == nil {
				emit(batch{err: err})
			}
			return
		}
	}
}

// listEnds lists the first log file before a stretch, and the newest of all where
// that lies outside it.
func (l *Log) listEnds(ctx context.Context, s stretch, emit func(batch)) {
	outside := func(o *Object) bool { return s.until != "" && o.Key >= s.until || !s.keep(o) }
	first, newest := s.after != "", s.after != "" || s.until != ""
	if first {
		l.listEnd(ctx, request{prefix: s.prefix, most: 1}, outside, emit)
	}
	if newest {
		dir, err := l.newestDay(ctx, s.prefix)
		if err != nil && ctx.Err() == nil {
			emit(batch{err: err})
			return
		}
		l.listEnd(ctx, request{prefix: dir}, outside, emit)
	}
}

// listEnd emits the last of what is listed, where it lies outside.
func (l *Log) listEnd(ctx context.Context, r request, outside func(*Object) bool, emit func(batch)) {
	var last *Object
	err := l.pages(ctx, r, func(p *page) (bool, error) {
		if n := len(p.objects); n > 0 {
			last = &p.objects[n-1]
		}
		return p.more && (r.most == 0 || last == nil), ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		emit(batch{err: err})
	}
	if last != nil && outside(last) {
		emit(batch{objects: []Object{*last}})
	}
}
