package dynamo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// inS3 begins the URI of a log file that whoever asks the table can read.
const inS3 = "s3://"

// mostFlying is how many events a Store writes at once: enough for what DynamoDB
// takes some milliseconds for, and few enough to be held in 128 MB.
const mostFlying = 64

// metaEvery is how often a writer looks whether the watch was changed, while it is at
// work: half a read unit a second. Who knows when a work begins says so: [Store.Renew].
const metaEvery = time.Second

// writer is the half of a Store that writes.
type writer struct {
	flying *semaphore.Weighted // a place for each event that is being written
	known  recent              // items that were written, and need not be again
	packer packer
	slow   slowness
	asking *semaphore.Weighted // for who reads the table's own item: the others wait for that

	mu       sync.Mutex // guards what follows
	reading  map[string]*reading
	finished []finished
	spans    map[place]stamps
	since    time.Time // that known and spans know what is there
}

// reading is a log file of which records are being added.
type reading struct {
	*meta
	floor  cloudtrail.Time // events up to then are not taken; 0: all are
	old    atomic.Bool     // there were such
	inline bool            // nobody else has it: its records are nowhere else
	// over tells that Finish came: else the reading is forgotten when the run that
	// it is a part of ends.
	over func() bool
}

// finished is a log file of which no more comes.
type finished struct {
	cloudtrail.LogFile
	*reading
	failed error
}

type place struct{ account, region string }

func (w *writer) begin() {
	w.flying, w.asking = semaphore.NewWeighted(mostFlying), semaphore.NewWeighted(1)
	w.reading = map[string]*reading{}
	w.forget()
}

// mostSince is how long a writer remembers what it wrote: in a table that was restored
// from a backup it may not be there any more.
const mostSince = time.Hour

func (w *writer) aged() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.since) > mostSince
}

// forget is for when what was written may not be there any more.
func (w *writer) forget() {
	w.known.forget()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spans, w.since = map[place]stamps{}, time.Now()
}

// drop ends the reading of a file.
func (w *writer) drop(f cloudtrail.LogFile, r *reading) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reading[f.Key()] == r {
		delete(w.reading, f.Key())
	}
}

// isInline reports whether a log file is of our own making.
func isInline(uri string) bool { return uri == source.Stdin || cloudtrail.IsInline(uri) }

// under is the reading of a file, under the watch that the table has when the first
// of it comes. It is forgotten with ctx.
func (s *Store) under(ctx context.Context, f cloudtrail.LogFile) (*reading, error) {
	w := &s.writer
	w.mu.Lock()
	r, ok := w.reading[f.Key()]
	w.mu.Unlock()
	if ok {
		return r, nil
	}
	m, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	r = &reading{meta: m, floor: m.oldest(), inline: isInline(f.URI)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading[f.Key()] = r
	r.over = context.AfterFunc(ctx, func() { w.drop(f, r) })
	return r, nil
}

// current is what the table's own item says, or said a moment ago.
func (s *Store) current(ctx context.Context) (*meta, error) {
	if m := s.meta.Load(); m == nil {
		return nil, s.notOurs(ErrForeign)
	} else if time.Since(m.read) < metaEvery {
		return m, nil
	}
	return s.since(ctx, time.Now().Add(-metaEvery))
}

// since is what the table's own item says, read at that moment or later.
func (s *Store) since(ctx context.Context, moment time.Time) (*meta, error) {
	if err := s.writer.asking.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer s.writer.asking.Release(1)
	if m := s.meta.Load(); m != nil && m.read.After(moment) {
		return m, nil // another asked
	}
	if err := s.readMeta(ctx, s.patient); err != nil {
		return nil, err
	}
	m := s.meta.Load()
	if m == nil {
		return nil, s.notOurs(ErrForeign)
	}
	return m, nil
}

// Renew is for the beginning of a work that a Store is kept for, as an invocation of a
// function: what comes after it is taken and left out by the watch that the table has
// now. It costs half a read unit. The error is as that of [Open].
func (s *Store) Renew(ctx context.Context) error {
	_, err := s.since(ctx, time.Now())
	return err
}

// Has reports whether the file was read to its end, under the table's watch or
// under none, and nothing was left out for its age that would be taken now.
func (s *Store) Has(ctx context.Context, f cloudtrail.LogFile) (bool, error) {
	m, err := s.current(ctx)
	if err != nil || isInline(f.URI) {
		return false, err
	}
	i, err := s.get(ctx, fileKey(f), "")
	if err != nil || len(i) == 0 {
		return false, err
	}
	under, floor := textOf(i, attrWatch), timeOf(i, attrFloor)
	return (under == "" || under == m.hash) && floor <= m.oldest(), nil
}

// Add takes in a file's records, of those that the table's watch takes: when it
// returns they are in the table. A record that is too large for an item, and is in no
// object in S3, which everybody who asks could read again, is told by a
// [*source.PartError]; all others are added.
func (s *Store) Add(ctx context.Context, f source.File) (kept, duplicate int, err error) {
	r, err := s.under(ctx, f.LogFile)
	if err != nil {
		return 0, 0, err
	}
	a := adding{store: s, reading: r, file: f.LogFile}
	if f.Open == nil || r.inline {
		r.inline = true
		if !cloudtrail.IsInline(f.URI) {
			a.file = cloudtrail.LogFile{URI: cloudtrail.InlineURI(sha256.Sum256(f.Body))}
			a.shift = f.First
		}
	}
	kept, duplicate, err = a.records(ctx, f)
	if err != nil && ctx.Err() != nil {
		s.writer.drop(f.LogFile, r) // the run ends, and Finish does not come
	}
	return kept, duplicate, err
}

// Finish remembers a file for the next Commit.
func (s *Store) Finish(ctx context.Context, f cloudtrail.LogFile, failed error) error {
	r, err := s.under(ctx, f)
	if err != nil {
		return err
	}
	w := &s.writer
	w.drop(f, r)
	r.over()
	w.mu.Lock()
	defer w.mu.Unlock()
	// What came without a log file cannot be read again: a note would stay for ever.
	if !r.inline {
		w.finished = append(w.finished, finished{f, r, failed})
	}
	return nil
}

// Commit notes the files that were finished. Their records are there already.
func (s *Store) Commit(ctx context.Context) error {
	w := &s.writer
	w.mu.Lock()
	files := w.finished
	w.finished = nil
	w.mu.Unlock()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(mostFlying)
	for _, f := range files {
		group.Go(func() error { return s.note(gctx, f) })
	}
	err := group.Wait()
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.finished = append(files, w.finished...) // noting a file twice is noting it once
	}
	return err
}

// adding is one call of Add.
type adding struct {
	store *Store
	*reading
	file    cloudtrail.LogFile // as the events name it
	account string             // in the file's path
	shift   int                // of ordinals

	mu              sync.Mutex // guards what follows
	kept, duplicate int
	lost            source.PartError
}

func (a *adding) records(ctx context.Context, f source.File) (kept, duplicate int, err error) {
	a.account = f.Account
	group, gctx := errgroup.WithContext(ctx)
	flying := a.store.writer.flying
	for r := range f.Records {
		e, ok := a.event(r, f.URI)
		if !ok {
			continue
		}
		if flying.Acquire(gctx, 1) != nil {
			break // gctx has ended
		}
		group.Go(func() error {
			defer flying.Release(1)
			fresh, err := a.store.put(gctx, e)
			if err == nil {
				a.count(fresh)
			}
			return err
		})
	}
	if err = group.Wait(); err == nil {
		err = ctx.Err()
	}
	if err == nil && a.lost.Records > 0 {
		err = &a.lost
	}
	return a.kept, a.duplicate, err
}

func (a *adding) count(fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if fresh {
		a.kept++
	} else {
		a.duplicate++
	}
}

// event makes the items of a record; ok is false for one that is not taken, and one
// that is lost. Nothing of it aliases the record.
func (a *adding) event(r *cloudtrail.Record, uri string) (e written, ok bool) {
	r = r.Clone()
	u := useOf(r, a.account, lineage.Location{File: a.file.URI, Record: r.Ordinal - a.shift})
	if !a.watch.Takes(r, u) {
		return e, false
	}
	if u.Time <= a.floor && a.retain > 0 {
		a.old.Store(true)
		return e, false
	}
	e = a.store.items(r, u, a.file.Version)
	e.expire(u.Time, a.retain)
	if _, whole := e.event[attrRecord]; !whole && !strings.HasPrefix(a.file.URI, inS3) {
		a.lose(r, uri)
		return e, false
	}
	return e, true
}

func (a *adding) lose(r *cloudtrail.Record, uri string) {
	if a.lost.Records++; a.lost.First != nil {
		return
	}
	a.lost.First = &source.Error{
		URI: uri, Record: r.Ordinal, Offset: r.Offset,
		Problem: fmt.Sprintf("a record of %d bytes does not fit into an item of DynamoDB, which are 400 KB at most, and is in no log file in S3 to point to: ingest that, by its s3:// address", len(r.Raw)),
		Err:     errTooLarge,
	}
}

var errTooLarge = errors.New("too large for an item")
