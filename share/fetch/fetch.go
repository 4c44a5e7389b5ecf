// Package fetch copies log files out of a bucket, as who they were shared with
// does: into a folder, or into a bucket of its own. It may be stopped at any
// moment, by kill -9 too, and run again: what is there whole is not fetched twice,
// and a large file goes on where it was.
//
//	bucket.Log.All ──► Survey (how much) ──► Run ──► Folder  temporary name, MD5, sync, note, rename
//	   one list                           workers └► Bucket  get with the role, put with one's own credentials
//
// What a bucket names is hostile: no key leads out of a folder, and nothing that
// this package did not write itself is written over.
package fetch

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// Dest is where log files are copied to.
type Dest interface {
	// Knows reports that an object is there whole, as far as that is known without
	// reading it or asking anybody.
	Knows(o *bucket.Object, name string) bool
	// Take has an object under a name, and reports whether it had to be fetched. came
	// is told how many bytes come. An error that is a [StopError] is of the
	// destination as a whole.
	Take(ctx context.Context, from *bucket.Log, o *bucket.Object, name string, came func(int64)) (fetched bool, err error)
	// Done says that all that was listed is there.
	Done() error
}

// StopError is an error after which nothing else can be done either.
type StopError struct{ Err error }

func (e *StopError) Error() string { return e.Err.Error() }
func (e *StopError) Unwrap() error { return e.Err }

// Job copies all that lies under an address.
type Job struct {
	From    *bucket.Log
	To      Dest
	Workers int // objects in flight; 0: 64

	// Failed names an object that could not be copied. It is called by one goroutine
	// at a time.
	Failed func(uri string, err error)
	// Ends reports whether an error would be that of all others too. Nil: none.
	Ends func(error) bool

	held []bucket.Object // listed by the survey
	next func() (bucket.Object, error, bool)
	stop func()

	mu     sync.Mutex
	counts Counts
}

// Counts is how far it has come: Listed is the sum of the other three when it has
// ended.
type Counts struct {
	Listed, Fetched, There, Failed int
	Bytes                          int64 // that came
	// Unlisted is why there may be more than was listed.
	Unlisted error
}

// Estimate is what is to come.
type Estimate struct {
	Files, Known, Archived int
	Bytes, KnownBytes      int64
	AtLeast                bool          // there is more than was listed
	Took                   time.Duration // a request
}

const (
	// mostHeld is how many objects are listed and held before anything is fetched.
	mostHeld       = 20_000
	defaultWorkers = 64
)

// Survey lists what is to come, as far as it can be held. It is called once,
// before [Job.Run], which goes on with what was listed.
func (j *Job) Survey(ctx context.Context) (e Estimate, err error) {
	begin, before := time.Now(), j.From.Cost().Lists
	j.next, j.stop = iter.Pull2(j.From.All(ctx))
	for e.Files < mostHeld {
		o, err, ok := j.next()
		if !ok {
			break
		}
		if err != nil && (len(j.held) == 0 || ctx.Err() != nil) {
			j.stop()
			return e, err
		}
		if err != nil {
			j.counts.Unlisted = err
			break
		}
		j.held = append(j.held, o)
		e.Files++
		e.Bytes += o.Size
		if j.To.Knows(&o, j.From.Below(o.Key)) {
			e.Known++
			e.KnownBytes += o.Size
		} else if isArchived(o.Class) {
			e.Archived++
		}
	}
	e.AtLeast = e.Files == mostHeld || j.counts.Unlisted != nil
	e.Took = time.Since(begin) / time.Duration(max(j.From.Cost().Lists-before, 1))
	return e, nil
}

func isArchived(class string) bool {
	return strings.Contains(class, "GLACIER") && class != "GLACIER_IR" || class == "DEEP_ARCHIVE"
}

// objects are all, those that are held first.
func (j *Job) objects() iter.Seq2[bucket.Object, error] {
	return func(yield func(bucket.Object, error) bool) {
		defer j.stop()
		for _, o := range j.held {
			if !yield(o, nil) {
				return
			}
		}
		j.held = nil
		for j.counts.Unlisted == nil {
			o, err, ok := j.next()
			if !ok || !yield(o, err) {
				return
			}
		}
	}
}

// Run copies what was surveyed, and what is listed behind it. An error is one that
// ended it; what could not be copied of the rest is counted and was named.
func (j *Job) Run(ctx context.Context) (Counts, error) {
	group, gctx := errgroup.WithContext(ctx)
	workers := j.Workers
	if workers <= 0 {
		workers = defaultWorkers
	}
	group.SetLimit(workers)
	for o, err := range j.objects() {
		if gctx.Err() != nil {
			break
		}
		if err != nil {
			j.count(func(c *Counts) { c.Unlisted = err })
			break
		}
		j.count(func(c *Counts) { c.Listed++ })
		group.Go(func() error { return j.one(gctx, &o) })
	}
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	counts := j.Counts()
	if err == nil && counts.Failed == 0 && counts.Unlisted == nil {
		err = j.To.Done()
	}
	return counts, err
}

// one copies one object. It fails where that is to end all.
func (j *Job) one(ctx context.Context, o *bucket.Object) error {
	fetched, err := j.To.Take(ctx, j.From, o, j.From.Below(o.Key), func(n int64) {
		j.count(func(c *Counts) { c.Bytes += n })
	})
	switch {
	case err == nil: // it is there, whatever ended meanwhile
		j.count(func(c *Counts) {
			if fetched {
				c.Fetched++
			} else {
				c.There++
			}
		})
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if _, ends := errors.AsType[*StopError](err); ends || j.Ends != nil && j.Ends(err) {
		return err
	}
	j.count(func(c *Counts) {
		c.Failed++
		j.Failed(o.URI, err)
	})
	return nil
}

// Counts is how far it has come.
func (j *Job) Counts() Counts {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.counts
}

func (j *Job) count(add func(*Counts)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	add(&j.counts)
}
