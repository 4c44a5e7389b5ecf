package local

import (
	"testing"
)

// BenchmarkReadOneRow reads one row with all its columns, as who does.
func BenchmarkReadOneRow(b *testing.B) {
	r, err := OpenReader(b.Context(), "/tmp/xt/store-bulk", Options{})
	if err != nil {
		b.Skip(err)
	}
	defer r.Close()
	v, err := r.acquire()
	if err != nil {
		b.Fatal(err)
	}
	defer r.release(v)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s := v.segments[n%len(v.segments)]
		row := uint32((n * 7919) % int(s.rows))
		if err := s.file.read([]extent{{row, row + 1}}, eventColumns(), &vectors{}, func(*vectors) error { return nil }); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
