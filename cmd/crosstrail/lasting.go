package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
)

// lasting is a source for a store that outlives the run: what it hands out is
// called by a name that will mean the same next time. What can be read only
// once, as standard input, is named by its hash; a file that may be written
// again under its name, as CloudTrail's never are, has a version.
type lasting struct {
	ingest.Source
	spools []*os.File
}

func (l *lasting) Next(ctx context.Context) (source.Delivery, error) {
	d, err := l.Source.Next(ctx)
	if err != nil {
		return d, err
	}
	for i := range d.Items {
		item := &d.Items[i]
		switch {
		case item.PassOver != "" || item.Open == nil:
		case item.Once:
			if err := l.spool(ctx, item); err != nil {
				return d, err
			}
		case item.Kind != cloudtrail.LogFileKind:
			item.Version = fileVersion(item.URI)
		}
	}
	return d, nil
}

// fileVersion tells one state of a file from the next.
func fileVersion(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d@%d", info.Size(), info.ModTime().UnixNano())
}

// spool keeps what can be read only once until the end of the run. What cannot
// be opened is left to the pump, which names it.
func (l *lasting) spool(ctx context.Context, item *source.Item) error {
	called := item.URI
	if called == source.Stdin {
		called = "standard input"
	}
	in, err := item.Open(ctx)
	if err != nil {
		return ctx.Err()
	}
	defer in.Close() //nolint:errcheck // only read from
	spool, err := os.CreateTemp("", "crosstrail-")
	if err != nil {
		return fmt.Errorf("keep %s until it is read: %w", called, err)
	}
	l.spools = append(l.spools, spool)
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(spool, hash), in)
	if err != nil {
		return fmt.Errorf("keep %s until it is read: %w", called, err)
	}
	item.URI, item.Size = "inline:"+hex.EncodeToString(hash.Sum(nil)), size
	item.Note = called + " is called " + item.URI + " in the store"
	item.Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(spool, 0, size)), nil
	}
	return nil
}

// close removes what was kept.
func (l *lasting) close() error {
	var errs []error
	for _, s := range l.spools {
		errs = append(errs, s.Close(), os.Remove(s.Name()))
	}
	l.spools = nil
	return errors.Join(errs...)
}
