package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// segmentFile is an open Parquet file. Its footer is read when first needed:
// most questions need few files.
type segmentFile struct {
	name  string
	rows  int64
	tail  int64    // checksum of what follows the pages, 0 if not known
	users int      // views; guarded by the reader
	file  *os.File // nil where it holds facts alone
	parts *os.File

	mu      sync.Mutex // guards what follows
	broken  error      // why it cannot be read
	parquet *parquet.File
	leaves  [readColumns]int
	starts  []int64 // first row of each row group, and the number of rows
	located []located
}

// openSegment opens the files of a segment. One that is not there, or may not be
// read, is told of by who asks it.
func openSegment(dir string, s *segment) (*segmentFile, error) {
	f := &segmentFile{name: s.name, rows: s.rows, tail: s.tail}
	for name, to := range map[string]**os.File{s.name: &f.file, partsName(s.id): &f.parts} {
		if name == "" {
			continue
		}
		file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
			f.broken = err
			continue
		}
		if err != nil {
			f.close()
			return nil, err
		}
		*to = file
	}
	return f, nil
}

func (f *segmentFile) close() {
	for _, file := range []*os.File{f.file, f.parts} {
		if file != nil {
			_ = file.Close() // it was only read from
		}
	}
}

func (f *segmentFile) whyBroken() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

func (f *segmentFile) breaks(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
}

// directory is where the parts lie.
func (f *segmentFile) directory() ([]located, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.located != nil || f.broken != nil {
		return f.located, f.broken
	}
	var err error
	f.located, err = readDirectory(f.parts)
	return f.located, err
}

// open reads the footer.
func (f *segmentFile) open() (*parquet.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil || f.parquet != nil {
		return f.parquet, f.broken
	}
	f.broken = guarded(func() error {
		info, err := f.file.Stat()
		if err != nil {
			return err
		}
		p, err := parquet.OpenFile(f.file, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(false), parquet.ReadBufferSize(32<<10))
		if err != nil {
			return err
		}
		if sum, err := tailSum(f.file, info.Size(), p); err != nil || f.tail != 0 && sum != f.tail {
			return errors.Join(errTail, err)
		}
		if p.NumRows() != f.rows {
			return fmt.Errorf("holds %d rows, not %d", p.NumRows(), f.rows)
		}
		at := map[string]int{}
		for i, path := range p.Schema().Columns() {
			at[path[0]] = i
		}
		for i, name := range columnNames[:readColumns] {
			leaf, ok := at[name]
			if !ok {
				return fmt.Errorf("has no column %s", name)
			}
			f.leaves[i] = leaf
		}
		n := int64(0)
		for _, g := range p.RowGroups() {
			f.starts = append(f.starts, n)
			n += g.NumRows()
		}
		f.starts = append(f.starts, n)
		f.parquet = p
		return nil
	})
	return f.parquet, f.broken
}

// guarded turns a panic into an error: a damaged file may say anything, and the
// library does not check all of it.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("is damaged: %v", p)
		}
	}()
	return do()
}
