package bucket

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Estimate is what reading all that a [Lister] hands out will come to.
type Estimate struct {
	Files    int
	Bytes    int64
	Lists    int           // requests that list
	Known    int           // of the files, those that need not be fetched
	Archived int           // those that lie in Glacier
	Took     time.Duration // a request, as they have been until now
	Exact    bool          // all was listed; else it is drawn from a sample
	AtLeast  bool          // nothing is laid out so that a sample could be drawn
}

// mostHeld is how many objects are listed and held before anything is fetched:
// what is less is known exactly.
const mostHeld = 20_000

// Survey tells what is to come before anything is fetched. Where it is much it
// lists a sample. It is called before the first [Lister.Next], which goes on with
// what was listed.
func (s *Lister) Survey(ctx context.Context) (Estimate, error) {
	start, before := time.Now(), s.log.Cost().Lists
	s.batches = s.log.batches(ctx, logFolder, s.windows)
	var e Estimate
	ended := false
	for e.Files < mostHeld && !ended {
		b, ok := <-s.batches
		if !ok {
			ended = true
			break
		}
		s.held = append(s.held, b)
		if err := s.count(ctx, &e, b.objects); err != nil {
			return e, err
		}
	}
	if ctx.Err() != nil {
		return e, ctx.Err()
	}
	e.Lists = s.log.Cost().Lists - before
	e.Took = time.Since(start) / time.Duration(max(e.Lists, 1))
	switch {
	case ended:
		e.Exact = true
		return e, nil
	case s.log.plain || len(s.log.trees) == 0:
		e.AtLeast = true
		return e, nil
	}
	return s.sample(ctx, e)
}

func (s *Lister) count(ctx context.Context, e *Estimate, objects []Object) error {
	for i := range objects {
		o := &objects[i]
		e.Files++
		e.Bytes += o.Size
		if strings.Contains(o.Class, "GLACIER") && o.Class != "GLACIER_IR" || o.Class == "DEEP_ARCHIVE" {
			e.Archived++
		}
		if s.Known == nil {
			continue
		}
		known, err := s.Known(ctx, o.LogFile)
		if err != nil {
			return err
		}
		if known {
			e.Known++
		}
	}
	return nil
}

// sampled is how many accounts' folders a sample looks into.
const sampled = 24

// sample draws an estimate from some accounts' folders, and of each of their logs
// from a page at its beginning and one in its middle.
func (s *Lister) sample(ctx context.Context, e Estimate) (Estimate, error) {
	windows := s.windows
	if len(windows) == 0 {
		windows = []source.Window{{}}
	}
	all, err := s.log.shelvesOf(ctx, windows)
	if err != nil || len(all) == 0 {
		return e, err
	}
	step := float64(len(all)) / float64(min(sampled, len(all)))
	var some []shelf
	for at := rand.Float64() * step; int(at) < len(all); at += step {
		some = append(some, all[int(at)])
	}
	var mu sync.Mutex
	var sum, seen Estimate
	var group errgroup.Group
	group.SetLimit(s.log.options.Lists)
	for _, one := range some {
		_ = s.log.shelfStretches(ctx, logFolder, one, windows, func(st stretch) {
			group.Go(func() error {
				part, objects, err := s.log.density(ctx, st)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				sum.Files, sum.Bytes, sum.Lists = sum.Files+part.Files, sum.Bytes+part.Bytes, sum.Lists+part.Lists
				return s.count(ctx, &seen, objects)
			})
		})
	}
	if err := group.Wait(); err != nil || seen.Files == 0 {
		return e, err
	}
	scale := float64(len(all)) / float64(len(some))
	share := func(n int) int { return int(float64(sum.Files) * scale * float64(n) / float64(seen.Files)) }
	return Estimate{
		Files: max(int(float64(sum.Files)*scale), e.Files), Bytes: max(int64(float64(sum.Bytes)*scale), e.Bytes),
		Lists: int(float64(sum.Lists) * scale), Known: share(seen.Known), Archived: share(seen.Archived), Took: e.Took,
	}, nil
}

// density estimates one stretch from two pages of it at most, which it returns.
func (l *Log) density(ctx context.Context, s stretch) (Estimate, []Object, error) {
	objects, more, err := l.onePage(ctx, s)
	if err != nil || !more || len(objects) == 0 {
		return estimate(objects, 1), objects, err
	}
	end := s.to
	if now := cloudtrail.TimeOf(time.Now()); end == 0 || end > now {
		end = now
	}
	first, last := objects[0].Delivered, objects[len(objects)-1].Delivered
	if first == 0 || last <= first || end <= last {
		return estimate(objects, 2), objects, nil
	}
	span := float64(end - first)
	part := estimate(objects, span/float64(last-first))
	middle := s
	if middle.after = s.in.key(first + (end-first)/2); !strings.HasPrefix(middle.after, middle.prefix) {
		return part, objects, nil
	}
	others, more, err := l.onePage(ctx, middle)
	if err != nil {
		return part, objects, err
	}
	other := estimate(others, 2)
	if n := len(others); more && n > 1 && others[n-1].Delivered > others[0].Delivered {
		other = estimate(others, span/float64(others[n-1].Delivered-others[0].Delivered))
	}
	return Estimate{Files: (part.Files + other.Files) / 2, Bytes: (part.Bytes + other.Bytes) / 2, Lists: (part.Lists + other.Lists) / 2}, slices.Concat(objects, others), nil
}

func estimate(objects []Object, times float64) Estimate {
	var size int64
	for i := range objects {
		size += objects[i].Size
	}
	return Estimate{Files: int(float64(len(objects)) * times), Bytes: int64(float64(size) * times), Lists: max(int(times), 1)}
}

// onePage is the first page of a stretch, and whether there are more.
func (l *Log) onePage(ctx context.Context, s stretch) (objects []Object, more bool, err error) {
	err = l.pages(ctx, request{prefix: s.prefix, after: s.after}, func(p *page) (bool, error) {
		asked := []keys{{s.after, s.until}}
		objects, more = s.take(p, asked), len(behind(asked, p)) > 0
		return false, nil
	})
	return objects, more, err
}
