package main

import (
	"context"
	"io"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// reached are buckets that log files are fetched from one by one, by their
// addresses. AWS is called with the first.
type reached struct {
	ui  *terminal
	aws *awsFlags

	mu   sync.Mutex
	logs map[string]*bucket.Log // by name of bucket
}

func (r *reached) log(ctx context.Context, uri string) (*bucket.Log, error) {
	name, _, err := bucket.Split(uri)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if log := r.logs[name]; log != nil {
		return log, nil
	}
	cfg, err := r.aws.bucketConfig(ctx, r.ui, bucket.Scheme+name)
	if err != nil {
		return nil, err
	}
	log, err := bucket.Reach(cfg, bucket.Scheme+name, r.aws.bucketOptions())
	if err != nil {
		return nil, err
	}
	if r.logs == nil {
		r.logs = map[string]*bucket.Log{}
	}
	r.logs[name] = log
	return log, nil
}

// item is a log file as it is now.
func (r *reached) item(ctx context.Context, uri string) (source.Item, error) {
	log, err := r.log(ctx, uri)
	if err != nil {
		return source.Item{}, err
	}
	return log.Item(ctx, uri)
}

// fetch opens log files again that a store refers to and keeps no copy of.
func (a *awsFlags) fetch(ui *terminal) func(context.Context, cloudtrail.LogFile) (io.ReadCloser, error) {
	r := &reached{ui: ui, aws: a}
	return func(ctx context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
		log, err := r.log(ctx, f.URI)
		if err != nil {
			return nil, err
		}
		return log.Fetch(ctx, f)
	}
}
