package main

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/source"
)

// dropSuperseded takes those files off the list of the failed that are no longer
// what failed: the file of that name is another now, and was read. version is that of
// a file now, "" where that is not known.
func dropSuperseded(ctx context.Context, s filled, version func(uri string) string) error {
	failed, err := s.Failed(ctx)
	if err != nil || len(failed) == 0 {
		return err
	}
	dropped := false
	for _, f := range failed {
		now := f.LogFile
		now.Version = version(f.URI)
		if f.Version == "" || now.Version == "" || now.Version == f.Version {
			continue
		}
		read, err := s.Has(ctx, now)
		if err != nil {
			return err
		}
		if !read && !slices.ContainsFunc(failed, func(o source.FailedFile) bool { return o.URI == now.URI && o.Version == now.Version }) {
			continue
		}
		if err := s.Finish(ctx, f.LogFile, nil); err != nil {
			return err
		}
		dropped = true
	}
	if !dropped {
		return nil
	}
	return s.Commit(ctx)
}
