package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

type opener func(context.Context) (io.ReadCloser, error)

// Raw reads the record again from its file, and refuses one that is no longer
// what was read before.
func (s *Store) Raw(ctx context.Context, at lineage.Location) ([]byte, error) {
	s.mu.Lock()
	var f file
	var number uint32
	for _, n := range s.byURI[at.File] {
		if s.files[n].first <= at.Record {
			f, number = s.files[n], n // the last piece that begins at or before it
		}
	}
	s.mu.Unlock()
	if f.URI == "" {
		return nil, fmt.Errorf("%s: no such log file was read", at.File)
	}
	record, err := s.raw.record(ctx, &f, at.Record)
	if err != nil {
		return nil, err
	}
	if sum, ok := s.view.Load().sum(number, at.Record); ok && sum != crc32.Checksum(record, castagnoli) {
		return nil, fmt.Errorf("%s, record %d: the file has changed since it was read: run the command again", at.File, at.Record)
	}
	return record, nil
}

// shelf holds the records of the files that were asked for last: who reads one
// record of a file reads the next from it too.
type shelf struct {
	mu      sync.Mutex
	volumes []volume // the one used last is last
	limit   int64    // on a decompressed file: well above what Add has met
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

func newShelf() *shelf { return &shelf{limit: source.DefaultMaxFile} }

// met makes room for files as large as one that was added.
func (s *shelf) met(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(s.limit, 2*size)
}

func (s *shelf) record(ctx context.Context, f *file, ordinal int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.volumes, func(v volume) bool {
		return v.uri == f.URI && v.version == f.Version && v.first <= ordinal && ordinal < v.first+len(v.raw)
	})
	if at < 0 {
		v, err := s.read(ctx, f, ordinal)
		if err != nil {
			return nil, err
		}
		s.volumes = append(s.volumes, v)
		at = len(s.volumes) - 1
	}
	v := s.volumes[at]
	s.volumes = append(slices.Delete(s.volumes, at, at+1), v)
	size := 0
	for _, v := range s.volumes {
		size += v.size
	}
	for ; size > shelfSize && len(s.volumes) > 1; s.volumes = s.volumes[1:] {
		size -= s.volumes[0].size
	}
	raw := v.raw[ordinal-v.first]
	if raw == nil {
		return nil, fmt.Errorf("%s, record %d: could not be read", f.URI, ordinal)
	}
	return slices.Clone(raw), nil
}

// read reads the piece of a file that holds a record.
func (s *shelf) read(ctx context.Context, f *file, ordinal int) (volume, error) {
	item := source.Item{LogFile: f.LogFile, Open: f.open}
	first := 0
	if f.open == nil {
		first = f.first
		item.Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(f.body)), nil
		}
	}
	var v volume
	var d cloudtrail.Decoder
	unpacker := source.NewUnpacker(source.NewBudget(0, s.limit, 1))
	_, err := unpacker.Pieces(ctx, item, func(p source.Piece) bool {
		v = volume{uri: f.URI, version: f.Version, first: first}
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
	if ordinal < v.first+len(v.raw) && ordinal >= v.first {
		return v, nil // a file cut short further on is good up to there
	}
	if err == nil {
		err = fmt.Errorf("%s: has no record %d any more: the file has changed since it was read", f.URI, ordinal)
	}
	return volume{}, err
}

// origins finds the rows of a file, by ordinal. Rows are asked for by place only
// to show a record, so the list is made when first needed.
type origins struct {
	starts []uint32 // by file number
	rows   []ref
}

func (v *view) listOrigins() *origins {
	o := &origins{starts: make([]uint32, len(v.files)+1), rows: make([]ref, len(v.order))}
	for _, at := range v.order {
		o.starts[v.row(at).file+1]++
	}
	for i := 1; i < len(o.starts); i++ {
		o.starts[i] += o.starts[i-1]
	}
	next := slices.Clone(o.starts)
	for _, at := range v.order {
		n := v.row(at).file
		o.rows[next[n]] = at
		next[n]++
	}
	for i := range v.files {
		slices.SortFunc(o.rows[o.starts[i]:o.starts[i+1]], func(a, b ref) int {
			return int(v.row(a).ordinal) - int(v.row(b).ordinal)
		})
	}
	return o
}

// sum is the checksum of a record whose row is there: that of a duplicate is not.
func (v *view) sum(number uint32, ordinal int) (uint32, bool) {
	if int(number) >= len(v.files) {
		return 0, false
	}
	o := v.origins()
	rows := o.rows[o.starts[number]:o.starts[number+1]]
	at, ok := slices.BinarySearchFunc(rows, ordinal, func(r ref, n int) int { return int(v.row(r).ordinal) - n })
	if !ok {
		return 0, false
	}
	sum := v.row(rows[at]).sum
	runtime.KeepAlive(v)
	return sum, true
}
