package main

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

// chosen passes over the log files that by their names hold no event of the
// windows; none: it passes over none.
type chosen struct {
	ingest.Source
	windows []source.Window
}

func (c chosen) Next(ctx context.Context) (source.Delivery, error) {
	d, err := c.Source.Next(ctx)
	for i := range d.Items {
		item := &d.Items[i]
		if len(c.windows) > 0 && !slices.ContainsFunc(c.windows, func(w source.Window) bool { return w.May(item.LogFile) }) {
			item.PassOver = "not of the accounts, regions and time that were asked for"
		}
	}
	return d, err
}
