package lookup

import (
	"context"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/source"
)

// Pages hands out the events of some windows page by page, as they come.
type Pages struct {
	log     *Log
	windows []source.Window
	ready   chan source.Item
	err     error // why it ended, once ready is closed
}

// Within is the events of some windows; none: of all 90 days.
func (l *Log) Within(windows ...source.Window) *Pages {
	if len(windows) == 0 {
		windows = []source.Window{{}}
	}
	return &Pages{log: l, windows: windows}
}

// Next returns the next page; io.EOF after the last. The calls are made in the
// background until the ctx of the first Next ends.
func (p *Pages) Next(ctx context.Context) (source.Delivery, error) {
	if p.ready == nil {
		p.ready = make(chan source.Item)
		go p.run(ctx)
	}
	select {
	case item, ok := <-p.ready:
		switch {
		case ok:
			return source.Delivery{Items: []source.Item{item}}, nil
		case p.err != nil:
			return source.Delivery{}, p.err
		}
		return source.Delivery{}, io.EOF
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

func (p *Pages) run(ctx context.Context) {
	defer close(p.ready)
	there, err := p.log.Regions(ctx, p.log.account)
	if err != nil {
		p.err = err
		return
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range p.windows {
		for _, in := range there {
			if w.Account != "" && w.Account != p.log.account || w.Region != "" && w.Region != in {
				continue
			}
			group.Go(func() error {
				return p.log.ask(ctx, in, question{window: w}, func(item source.Item) error {
					select {
					case p.ready <- item:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			})
		}
	}
	p.err = group.Wait()
}
