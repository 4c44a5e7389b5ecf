package memory

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"

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
	record, err := s.again(ctx, &f, at.Record)
	if err != nil {
		return nil, err
	}
	if sum, ok := s.view.Load().sum(number, at.Record); ok && sum != crc32.Checksum(record, castagnoli) {
		return nil, fmt.Errorf("%s, record %d: the file has changed since it was read: run the command again", at.File, at.Record)
	}
	return record, nil
}

// again reads a record of a file, or of the body that was kept of a piece.
func (s *Store) again(ctx context.Context, f *file, ordinal int) ([]byte, error) {
	if f.open != nil {
		return s.raw.Record(ctx, source.Item{LogFile: f.LogFile, Open: f.open}, 0, ordinal)
	}
	body := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.body)), nil }
	return s.raw.Record(ctx, source.Item{LogFile: f.LogFile, Open: body}, f.first, ordinal)
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
