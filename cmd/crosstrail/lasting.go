package main

import (
	"context"
	"fmt"
	"os"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

// lasting is a source for a store that outlives the run. A file that may be
// written again under its name, as CloudTrail's own never are, gets a version:
// what is in it by next time is not in the store. What can be read only once, as
// standard input, the store names by its hash.
type lasting struct{ ingest.Source }

func (l lasting) Next(ctx context.Context) (source.Delivery, error) {
	d, err := l.Source.Next(ctx)
	for i := range d.Items {
		item := &d.Items[i]
		if item.PassOver == "" && !item.Once && item.Kind != cloudtrail.LogFileKind {
			item.Version = fileVersion(item.URI)
		}
	}
	return d, err
}

// fileVersion tells one state of a file from the next.
func fileVersion(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d@%d", info.Size(), info.ModTime().UnixNano())
}
