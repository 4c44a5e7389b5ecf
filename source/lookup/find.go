package lookup

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/source"
)

// List is the events of some windows, a page a file.
func (l *Log) List(ctx context.Context, windows ...source.Window) ([]source.Item, error) {
	var questions []question
	for _, w := range windows {
		questions = append(questions, question{window: w})
	}
	return l.all(ctx, questions)
}

// Find looks for what was asked for, in all regions and of the newest events: by
// the attributes that LookupEvents knows of a key, an event or a session. It is
// nothing where there is none for it.
func (l *Log) Find(ctx context.Context, asked string, w source.Window) ([]source.Item, error) {
	var questions []question
	for key, value := range attributes(asked) {
		questions = append(questions, question{window: w, key: key, value: value, most: 1})
	}
	return l.all(ctx, questions)
}

// attributes are what something asked for can be looked up by. An access key is
// in the history as whose call it was, and as what a call gave out.
func attributes(asked string) map[types.LookupAttributeKey]string {
	principal, _, isSession := strings.Cut(asked, "@2")
	switch {
	case len(asked) >= 16 && (strings.HasPrefix(asked, "ASIA") || strings.HasPrefix(asked, "AKIA")):
		return map[types.LookupAttributeKey]string{types.LookupAttributeKeyAccessKeyId: asked, types.LookupAttributeKeyResourceName: asked}
	case strings.HasPrefix(asked, "arn:"):
		name := asked[strings.LastIndexByte(asked, '/')+1:]
		return map[types.LookupAttributeKey]string{types.LookupAttributeKeyUsername: name, types.LookupAttributeKeyResourceName: asked}
	case isSession && strings.Contains(principal, ":"):
		name := principal[strings.LastIndexByte(principal, ':')+1:]
		return map[types.LookupAttributeKey]string{types.LookupAttributeKeyUsername: name, types.LookupAttributeKeyResourceName: principal}
	case strings.Count(asked, "-") == 4:
		id, _, _ := strings.Cut(asked, "@")
		return map[types.LookupAttributeKey]string{types.LookupAttributeKeyEventId: id}
	}
	return map[types.LookupAttributeKey]string{types.LookupAttributeKeyUsername: asked}
}

// all asks every question in every region that it is of, the regions at the same
// time.
func (l *Log) all(ctx context.Context, questions []question) ([]source.Item, error) {
	var mu sync.Mutex
	var items []source.Item
	group, ctx := errgroup.WithContext(ctx)
	for _, q := range questions {
		there, err := l.Regions(ctx, l.account)
		if err != nil {
			return nil, err
		}
		if q.window.Account != "" && q.window.Account != l.account {
			continue
		}
		for _, in := range there {
			if q.window.Region != "" && q.window.Region != in {
				continue
			}
			group.Go(func() error {
				return l.ask(ctx, in, q, func(item source.Item) error {
					mu.Lock()
					defer mu.Unlock()
					items = append(items, item)
					return nil
				})
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b source.Item) int { return strings.Compare(a.URI, b.URI) })
	return items, nil
}
