package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Shelf reads records again from their log files. It holds the files that were
// asked for last: who wants one record of a file wants the next one too. The
// zero Shelf is ready, and safe for concurrent use.
type Shelf struct {
	mu      sync.Mutex
	volumes []volume // the one used last is last
	limit   int64    // on a decompressed file; 0: [DefaultMaxFile]
}

// volume is the records of a file, or of a piece of one.
type volume struct {
	uri, version string
	first        int
	raw          [][]byte // by ordinal, less first; nil where there is no good record
	size         int
}

// shelfSize bounds what is held, but for a single file larger than it.
const shelfSize = 32 << 20

// Allow makes room for decompressed files of a size; up to [DefaultMaxFile] all
// are read anyhow.
func (s *Shelf) Allow(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(s.limit, size, DefaultMaxFile)
}

// Record returns a copy of the record of an ordinal in the whole file. The item
// opens the file; or, where first is not 0, the piece of it that begins with the
// record of that ordinal.
//
// The good records of a file that is damaged further on can be read. One that
// has no such record is said to have changed.
func (s *Shelf) Record(ctx context.Context, item Item, first, ordinal int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.volumes, func(v volume) bool {
		return v.uri == item.URI && v.version == item.Version && v.first <= ordinal && ordinal < v.first+len(v.raw)
	})
	if at < 0 {
		v, err := s.read(ctx, item, first, ordinal)
		if err != nil {
			return nil, err
		}
		s.volumes = append(s.volumes, v)
		at = len(s.volumes) - 1
	}
	v := s.volumes[at]
	s.volumes = append(slices.Delete(s.volumes, at, at+1), v)
	s.drop()
	raw := v.raw[ordinal-v.first]
	if raw == nil {
		return nil, fmt.Errorf("%s, record %d: could not be read", item.URI, ordinal)
	}
	return slices.Clone(raw), nil
}

// drop puts away what was not asked for lately.
func (s *Shelf) drop() {
	size := 0
	for _, v := range s.volumes {
		size += v.size
	}
	for ; size > shelfSize && len(s.volumes) > 1; s.volumes = slices.Delete(s.volumes, 0, 1) {
		size -= s.volumes[0].size
	}
}

// read reads the piece of a file that holds a record.
func (s *Shelf) read(ctx context.Context, item Item, first, ordinal int) (volume, error) {
	var v volume
	var d cloudtrail.Decoder
	unpacker := NewUnpacker(NewBudget(0, s.limit, 1))
	_, err := unpacker.Pieces(ctx, item, func(p Piece) bool {
		v = volume{uri: item.URI, version: item.Version, first: first}
		next := first
		for r, err := range d.Records(p.Plain) {
			if e, ok := errors.AsType[*cloudtrail.RecordError](err); ok {
				next = max(next, first+e.Ordinal+1)
			}
			if err != nil {
				continue
			}
			next = max(next, first+r.Ordinal+1)
			v.raw = append(v.raw, make([][]byte, next-first-len(v.raw))...)
			v.raw[r.Ordinal] = []byte(r.Raw)
			v.size += len(r.Raw)
		}
		first = next
		return first <= ordinal
	})
	if v.first <= ordinal && ordinal < v.first+len(v.raw) {
		return v, nil // a file cut short further on is good up to there
	}
	if err == nil {
		err = fmt.Errorf("%s: has no record %d any more: the file has changed since it was read", item.URI, ordinal)
	}
	return volume{}, err
}
