package remote

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

const (
	// inAir is how many files are fetched at a time: a log far away answers in
	// tens of milliseconds, and each file takes one to read.
	inAir = 32
	// mostHeld is how large a file may be to be fetched before it is asked for.
	mostHeld = 1 << 20
)

// brought is a source of listed files that are fetched ahead.
type brought struct {
	queue chan source.Item
}

// bring begins to fetch some files, until ctx ends.
func bring(ctx context.Context, files []source.Item) ingest.Source {
	b := &brought{queue: make(chan source.Item)}
	work := make(chan source.Item)
	var hands sync.WaitGroup
	for range min(inAir, len(files)) {
		hands.Go(func() {
			for item := range work {
				select {
				case b.queue <- ahead(ctx, item):
				case <-ctx.Done():
				}
			}
		})
	}
	go func() {
		defer close(b.queue)
		defer hands.Wait()
		defer close(work)
		for _, item := range files {
			select {
			case work <- item:
			case <-ctx.Done():
				return
			}
		}
	}()
	return b
}

// Next returns the next file that has come.
func (b *brought) Next(ctx context.Context) (source.Delivery, error) {
	select {
	case item, ok := <-b.queue:
		if !ok {
			return source.Delivery{}, ended(ctx)
		}
		return source.Delivery{Items: []source.Item{item}}, nil
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return io.EOF
}

// ahead fetches a file that is not too large to be held. It is given out once:
// who opens it again has it fetched again.
func ahead(ctx context.Context, item source.Item) source.Item {
	if item.Size > mostHeld || item.Once {
		return item
	}
	open := item.Open
	body, err := fetched(ctx, open)
	var mu sync.Mutex
	fresh := true
	item.Open = func(ctx context.Context) (io.ReadCloser, error) {
		mu.Lock()
		mine, all, failed := fresh, body, err
		fresh, body = false, nil
		mu.Unlock()
		switch {
		case !mine:
			return open(ctx)
		case failed != nil:
			return nil, failed
		}
		return io.NopCloser(bytes.NewReader(all)), nil
	}
	return item
}

func fetched(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) ([]byte, error) {
	r, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read from
	return io.ReadAll(r)
}
