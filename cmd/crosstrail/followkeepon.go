package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/local"
)

// Between two tries of what failed as a whole.
const (
	firstPause = time.Second
	mostPause  = time.Minute
)

// inWorkFor is how long what is in work is given to end once it is stopped.
const inWorkFor = 8 * time.Second

// followedStore is a store that is filled, and closed between two tries.
type followedStore interface {
	ingest.Store
	io.Closer
}

// keepOn fills the store until ctx ends. What cannot be opened at the beginning ends
// it; from then on it goes on trying.
func (f *following) keepOn(ctx context.Context) error {
	store, err := f.open(ctx)
	if err != nil {
		return err
	}
	cfg, err := f.aws.config(ctx, f.ui, "")
	if err != nil {
		return errors.Join(err, store.Close())
	}
	f.makes = false // a table that goes meanwhile was taken away by somebody
	pause, begun := firstPause, false
	defer f.followed.close()
	for {
		opened := time.Now()
		err := f.once(ctx, cfg, store, func() { begun = true })
		switch {
		case ctx.Err() != nil:
			return f.stopped(ctx, err)
		case !begun:
			return err
		case time.Since(opened) > mostPause:
			pause = firstPause
		}
		for first := true; first || err != nil; first = false {
			f.fails(err, pause)
			select {
			case <-ctx.Done():
				f.stopping()
				return nil
			case <-time.After(pause):
			}
			pause = min(2*pause, mostPause)
			if store, err = f.open(ctx); err != nil {
				err = &ingest.StoreError{Err: err}
			}
		}
	}
}

// once moves what comes into the store, until ctx ends or something fails; then the
// store is closed. begun is called when the queues are open. They stay so when the
// store fails: what is in hand is not given back, as it would count as received once
// more, but put into the store when that is open again.
func (f *following) once(ctx context.Context, cfg aws.Config, store followedStore, begun func()) (err error) {
	f.current.set(store)
	defer func() {
		f.current.set(nil)
		// After a failure it has nothing more to say.
		if failed := store.Close(); failed != nil && err == nil {
			err = &ingest.StoreError{Err: failed}
		}
	}()
	if f.coming == nil {
		if err := f.followed.connect(ctx, cfg, f.queueOptions()); err != nil {
			return err
		}
		f.coming = f.begin(ctx)
	}
	begun()
	f.teller.over(failedReceive, "the queues answer again")
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		f.stopping()
		time.AfterFunc(inWorkFor, cancel)
	})()
	if f.coming.again() == 0 {
		f.takes() // as far as can be told before something is to be stored
	}
	err = f.pump(work, f.coming, &metered{followedStore: store, following: f})
	if _, ok := errors.AsType[*ingest.StoreError](err); !ok || ctx.Err() != nil {
		f.coming.cancel()
		f.followed.close()
		f.coming = nil
		f.health.idle()
	}
	return err
}

func (f *following) stopping() {
	f.note("stopping: what is in work is finished, the rest given back; Ctrl-C again ends it at once")
}

// takes tells that the store takes what comes.
func (f *following) takes() {
	f.health.opened(nil)
	f.teller.over(failedStore, "the store takes what comes again")
}

// stopped is what a run that was stopped ends with: to be stopped is no error.
func (f *following) stopped(ctx context.Context, err error) error {
	if failed, ok := errors.AsType[*ingest.StoreError](err); ok {
		return hinted(failed, "nothing is lost: what is not in the store comes again")
	}
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ctx.Err()) {
		f.warn(err.Error())
	}
	return nil
}

// fails tells that a run ended, and why.
func (f *following) fails(err error, pause time.Duration) {
	what := failedReceive
	if _, ok := errors.AsType[*ingest.StoreError](err); ok {
		what = failedStore
		f.health.opened(err)
	}
	f.metrics.failed(what)
	f.teller.once(what, fmt.Sprintf("%v: nothing is lost, and it is tried again, in %s and then less often", f.aws.explained(err), pause))
}

// open opens the store for writing.
func (f *following) open(ctx context.Context) (followedStore, error) {
	table, err := f.store.table()
	if err != nil {
		return nil, err
	}
	if table != "" {
		s, err := f.openTable(ctx, table)
		return unclosed{s}, err
	}
	dir, err := f.store.folder()
	if err != nil {
		return nil, err
	}
	o := local.Options{MaxFile: int64(f.limits.maxFile), Fetch: f.aws.fetch(f.ui)}
	s, err := local.Open(ctx, dir, o)
	if locked, ok := errors.AsType[*local.LockedError](err); ok && f.wait {
		f.note(locked.Error() + ": waiting for it to end")
		o.Wait = true
		s, err = local.Open(ctx, dir, o)
	}
	if err != nil {
		return nil, f.store.opened(err, dir)
	}
	return s, nil
}

// current is the store that is open, if one is.
type current struct {
	mu    sync.Mutex
	store ingest.Store
}

func (c *current) set(s ingest.Store) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store = s
}

// has reports whether a file need not be fetched. Where that cannot be told it must.
func (c *current) has(ctx context.Context, file cloudtrail.LogFile) (bool, error) {
	c.mu.Lock()
	store := c.store
	c.mu.Unlock()
	if store == nil {
		return false, nil
	}
	there, err := store.Has(ctx, file) // which may try for long
	return there && err == nil, nil
}

// unclosed is a table: there is nothing to close.
type unclosed struct{ ingest.Store }

func (unclosed) Close() error { return nil }

// mostInHand is how many messages of all queues are in work at once: each is kept from
// the others by a call now and then, for ten of them.
const mostInHand = 500

func (f *following) queueOptions() queue.Options {
	o := queue.Options{
		Opener:  queue.OpenerOptions{From: f.from, Bucket: f.aws.bucketOptions(), Known: f.current.has},
		Visible: f.visible,
		OnNote:  f.teller.note, OnError: f.receiveFailed,
	}
	n := len(f.queues)
	o.Most = max(mostInHand/n, 10)
	if inputs := f.limits.inputs(); inputs > 0 {
		o.MostBytes = max(inputs/4/int64(n), 1<<20)
	}
	return o
}

// receiveFailed tells of what failed before a log file was read.
func (f *following) receiveFailed(err error) {
	what := failedReceive
	if _, ok := errors.AsType[*notice.Error](err); ok {
		what = failedMessage
	}
	f.metrics.failed(what)
	f.teller.error(f.aws.explained(err))
}

// pump moves what comes into the store.
func (f *following) pump(ctx context.Context, from ingest.Source, to ingest.Store) error {
	f.limits.bound()
	f.metrics.begin()
	before, recordsBefore := f.files, f.records
	files, records, err := ingest.Pump(ctx, from, to, ingest.Options{
		Workers: f.limits.workers(), Memory: f.limits.inputs(), MaxFile: int64(f.limits.maxFile),
		Progress: func(p ingest.Progress) {
			f.metrics.progress(p)
			f.teller.progress(before.Plus(p.Files), recordsBefore.Plus(p.Records))
		},
		OnError: func(err error) {
			f.metrics.failed(failedRead)
			f.teller.error(f.aws.explained(err))
		},
		OnNote:    f.teller.note,
		OnWarning: f.warn,
	})
	f.files, f.records = before.Plus(files), recordsBefore.Plus(records)
	return err
}

// metered is a store whose commits are timed, and the log files in them.
type metered struct {
	followedStore
	following *following

	mu        sync.Mutex
	finished  bool        // there are files that wait for a commit
	delivered []time.Time // of them
}

// Finish is of [ingest.Store].
func (m *metered) Finish(ctx context.Context, file cloudtrail.LogFile, failed error) error {
	err := m.followedStore.Finish(ctx, file, failed)
	if err != nil || failed != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
	if !file.Delivered.IsZero() {
		m.delivered = append(m.delivered, file.Delivered.Time())
	}
	return nil
}

// Commit is of [ingest.Store].
func (m *metered) Commit(ctx context.Context) error {
	m.mu.Lock()
	finished, delivered := m.finished, m.delivered
	m.finished, m.delivered = false, nil
	m.mu.Unlock()
	begun := time.Now()
	if err := m.followedStore.Commit(ctx); err != nil {
		return err
	}
	now := time.Now()
	m.following.metrics.commits.Observe(now.Sub(begun).Seconds())
	if finished { // of nothing it tells nothing
		m.following.health.commit()
	}
	m.following.takes()
	for _, t := range delivered {
		m.following.metrics.stored.Observe(max(now.Sub(t), 0).Seconds())
	}
	return nil
}
