package memory

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Store holds what it was given until the program ends. It is an ingest.Store
// and a query.Reader; readers see what was there at the last Commit.
//
// Each goroutine in Add writes rows of its own: dictionaries and the set of
// events are shared, in parts under many locks. Commit sorts the rows and the
// facts' keys anew: it is meant to be called once, or a few times.
type Store struct {
	people   *people
	calls    *dict[call]
	places   *dict[place]
	clients  *dict[client]
	outcomes *dict[outcome]
	touched  *dict[string] // lists of names, as [appendList] writes them
	long     *dict[string] // ids too long for a row
	events   *events
	names    names

	// adding is held by those in Add together, and by Commit alone.
	adding sync.RWMutex

	view atomic.Pointer[view]
	raw  source.Shelf

	mu      sync.Mutex // guards what follows
	idle    []*writer
	writers []*writer
	files   []file
	lack    query.Lack
	byURI   map[string][]uint32 // numbers of its files, the pieces in order
}

// file is one log file, or a piece of one.
type file struct {
	cloudtrail.LogFile
	first int // ordinal of its first record
	open  opener
	body  []byte // kept where open is nil, compressed
}

// New returns an empty store.
func New() *Store {
	agents := newDict(cloneText) // one agent calls from many addresses
	s := &Store{
		people: newPeople(),
		calls: newDict(func(c call, a *arena) call {
			return call{a.clone(c.source), a.clone(c.name), a.clone(c.typ), c.readOnly}
		}),
		places:   newDict(func(p place, a *arena) place { return place{a.clone(p.recipient), a.clone(p.region)} }),
		clients:  newDict(func(c client, a *arena) client { return client{a.clone(c.ip), agents.text(c.agent)} }),
		outcomes: newDict(func(o outcome, a *arena) outcome { return outcome{a.clone(o.code), a.clone(o.message)} }),
		touched:  newDict(cloneText),
		long:     newDict(cloneText),
		byURI:    map[string][]uint32{},
	}
	s.events = newEvents(s.places)
	s.view.Store(newView(s))
	return s
}

// Has reports whether the file was added.
func (s *Store) Has(_ context.Context, f cloudtrail.LogFile) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.byURI[f.URI], func(n uint32) bool { return s.files[n].Version == f.Version }), nil
}

// Add takes in a file. Of one that cannot be opened again it keeps the body,
// compressed.
func (s *Store) Add(ctx context.Context, f source.File) (kept, duplicates int, err error) {
	s.adding.RLock()
	defer s.adding.RUnlock()
	s.events.restore()
	number := s.addFile(f)
	w := s.take()
	defer s.give(w)
	var size int64
	for r := range f.Records {
		size = max(size, r.Offset+int64(len(r.Raw)))
		switch w.add(r, f.Account, f.URI, number) {
		case fresh:
			kept++
		case duplicate, better:
			duplicates++
		}
		if (kept+duplicates)%1024 == 0 && ctx.Err() != nil {
			return kept, duplicates, ctx.Err()
		}
	}
	s.raw.Allow(2 * size) // more than was met of it, as its last lines may be no records
	return kept, duplicates, nil
}

// Finish counts what could not be read, and no more: who asks a store in memory
// wants what was read of a file that is damaged further on, and reads it once.
func (s *Store) Finish(_ context.Context, _ cloudtrail.LogFile, failed error) error {
	if failed == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, partly := errors.AsType[*source.PartError](failed); partly {
		s.lack.Partly++
	} else {
		s.lack.Failed++
	}
	return nil
}

// Variants is how many records are kept that tell of an event otherwise than
// the row that [Store.Rows] yields of it.
func (s *Store) Variants() int { return len(s.view.Load().hidden) }

func (s *Store) addFile(f source.File) uint32 {
	entry := file{LogFile: f.LogFile, first: f.First, open: f.Open}
	if f.Open == nil {
		entry.body = source.Pack(f.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number := uint32(len(s.files))
	s.files = append(s.files, entry)
	s.byURI[f.URI] = append(s.byURI[f.URI], number)
	return number
}

// take finds a writer that no other goroutine uses.
func (s *Store) take() *writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		w := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return w
	}
	w := newWriter(s)
	s.writers = append(s.writers, w)
	return w
}

func (s *Store) give(w *writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, w)
}

// Commit shows readers all that was added.
func (s *Store) Commit(context.Context) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	s.view.Store(newView(s))
	s.events.drop()
	runtime.KeepAlive(s)
	return nil
}

// Lack is what could not be read.
func (s *Store) Lack(context.Context) (query.Lack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lack, nil
}

// Spans are what is there of each account and region.
func (s *Store) Spans(ctx context.Context) ([]lineage.Span, error) {
	return lineage.Spans(s.LogFiles(ctx))
}

// LogFiles yields every log file once, in the order they came.
func (s *Store) LogFiles(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	files := s.view.Load().files
	return func(yield func(cloudtrail.LogFile, error) bool) {
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				yield(cloudtrail.LogFile{}, err)
				return
			}
			if f.first == 0 && !yield(f.LogFile, nil) {
				return
			}
		}
	}
}
