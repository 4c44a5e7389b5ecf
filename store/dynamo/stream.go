package dynamo

import (
	"container/heap"
	"context"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// stream is one partition of byTime: a quarter of an account's day, in time order.
type stream struct {
	next   func() ([]*event, error, bool)
	stop   func()
	events []*event // of the page that is being read
}

// mostBuffered is how many events all streams of a day hold in their pages.
const mostBuffered = 1 << 15

// openStreams opens the partitions of some accounts' day, and reads a first small
// page of each.
func (s *Store) openStreams(ctx context.Context, days []accountDay, from, to cloudtrail.Time, newest bool) ([]*stream, error) {
	var all []*stream
	most := min(max(mostBuffered/(shards*len(days)), firstPage), 4096)
	for _, d := range days {
		for shard := range shards {
			a := between(dayShard(d.account, d.day, shard), from, to)
			a.of, a.newest, a.grow, a.limit = indexTime, newest, true, most
			one := &stream{}
			one.next, one.stop = ahead(ctx, s.dayPages(ctx, a))
			all = append(all, one)
		}
	}
	group := errgroup.Group{}
	group.SetLimit(mostAsking)
	for _, one := range all {
		group.Go(one.fill)
	}
	return all, group.Wait()
}

// fill reads on until there is an event, or none is left.
func (s *stream) fill() error {
	for len(s.events) == 0 {
		events, err, ok := s.next()
		if err != nil || !ok {
			return err
		}
		s.events = events
	}
	return nil
}

// dayPages yields the events of a partition of byTime, page by page. What does not
// belong there is left out.
func (s *Store) dayPages(ctx context.Context, a span) iter.Seq2[[]*event, error] {
	return func(yield func([]*event, error) bool) {
		for page, err := range s.pages(ctx, a) {
			if err != nil {
				yield(nil, err)
				return
			}
			for len(page) > 0 { // which may unpack to a thousand times its size
				var events []*event
				events, page = s.someOf(ctx, page)
				events = slices.DeleteFunc(events, func(e *event) bool {
					is := e.dayKey() == a.partition
					if !is {
						s.leftOut(e.key, errOtherDay)
					}
					return !is
				})
				if !yield(events, ctx.Err()) {
					return
				}
			}
		}
	}
}

// dayKey is the partition of byTime that the event belongs into. An account that its
// key has as a hash alone is there as that.
func (e *event) dayKey() string {
	_, rest, _ := strings.Cut(e.key.sort, "#")
	if part := rest[:max(strings.LastIndexByte(rest, '#'), 0)]; strings.HasPrefix(part, hashed) {
		shard := dayKey(&e.Use)
		return part + "#" + dayText(e.Time) + shard[strings.LastIndexByte(shard, '#'):]
	}
	return dayKey(&e.Use)
}

// ahead reads pages in the background, one before it is wanted; but the second not
// before the first is used up, for who stops there should not pay for more.
func ahead(ctx context.Context, pages iter.Seq2[[]*event, error]) (next func() ([]*event, error, bool), stop func()) {
	type page struct {
		events []*event
		err    error
	}
	pull, halt := iter.Pull2(pages)
	var coming chan page
	n, over := 0, false
	fetch := func(into chan page) {
		if events, err, ok := pull(); ok {
			into <- page{events, err}
		}
		close(into)
	}
	next = func() ([]*event, error, bool) {
		if over {
			return nil, nil, false
		}
		if coming == nil {
			coming = make(chan page, 1)
			fetch(coming)
		}
		p, ok := <-coming
		coming = nil
		if !ok || p.err != nil {
			over = true
			return nil, p.err, ok
		}
		if n++; n > 1 && ctx.Err() == nil {
			coming = make(chan page, 1)
			go fetch(coming)
		}
		return p.events, nil, true
	}
	return next, func() {
		if coming != nil {
			for range coming { // until it is closed: pull is not to be called by two
			}
		}
		halt()
	}
}

// byFirst is a heap of streams by the time of their first event.
type byFirst struct {
	all    []*stream
	newest bool
}

func (h *byFirst) Len() int { return len(h.all) }
func (h *byFirst) Less(i, j int) bool {
	a, b := h.all[i].events[0].Time, h.all[j].events[0].Time
	if h.newest {
		return a > b
	}
	return a < b
}
func (h *byFirst) Swap(i, j int) { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *byFirst) Push(x any)    { h.all = append(h.all, x.(*stream)) }
func (h *byFirst) Pop() any {
	last := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return last
}

// merged yields the events of some accounts' days in time order, those of one second
// in any. All days are of one date.
func (s *Store) merged(ctx context.Context, days []accountDay, from, to cloudtrail.Time, newest bool) iter.Seq2[*event, error] {
	return func(yield func(*event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		streams, err := s.openStreams(ctx, days, from, to, newest)
		defer func() {
			cancel()
			for _, one := range streams {
				one.stop()
			}
		}()
		if err != nil {
			yield(nil, err)
			return
		}
		h := &byFirst{newest: newest}
		for _, one := range streams {
			if len(one.events) > 0 {
				h.all = append(h.all, one)
			}
		}
		heap.Init(h)
		for h.Len() > 0 {
			top := h.all[0]
			if !yield(top.events[0], nil) {
				return
			}
			top.events = top.events[1:]
			if err := top.fill(); err != nil {
				yield(nil, err)
				return
			}
			if len(top.events) > 0 {
				heap.Fix(h, 0)
			} else {
				heap.Pop(h)
			}
		}
	}
}
