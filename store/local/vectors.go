package local

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// vectors are columns of rows that lie in one row group, as far as they were
// read. What is null reads as zero.
type vectors struct {
	rows    []uint32 // their numbers in the segment
	extents []extent // the same
	texts   [readColumns][]string
	numbers [readColumns][]int64 // of a flag: 0 null, 1 false, 2 true, as cloudtrail.Bool
	lists   [][]string           // of resources
}

// eventColumns are those that make a query.Row: all that are read back.
func eventColumns() []int {
	all := make([]int, readColumns)
	for i := range all {
		all[i] = i
	}
	return all
}

// extent is rows from one to before another.
type extent struct{ from, to uint32 }

// read reads columns of some extents, which follow on each other, and calls each
// for every row group that holds rows of them.
func (f *segmentFile) read(extents []extent, cols []int, v *vectors, each func(v *vectors) error) error {
	p, err := f.open()
	if err != nil {
		return err
	}
	for g, group := range p.RowGroups() {
		start, end := f.starts[g], f.starts[g+1]
		v.empty()
		for _, x := range extents {
			if lo, hi := max(int64(x.from), start), min(int64(x.to), end); lo < hi {
				v.add(extent{uint32(lo), uint32(hi)})
			}
		}
		if len(v.rows) == 0 {
			continue
		}
		chunks := group.ColumnChunks()
		for _, col := range cols {
			err := guarded(func() error { return v.column(col, chunks[f.leaves[col]], start) })
			if err != nil {
				return fmt.Errorf("column %s: %w", columnNames[col], err)
			}
		}
		if err := each(v); err != nil {
			return err
		}
	}
	return nil
}

// empty makes room for other rows.
func (v *vectors) empty() {
	v.rows, v.extents, v.lists = v.rows[:0], v.extents[:0], v.lists[:0]
	for i := range v.texts {
		v.texts[i], v.numbers[i] = v.texts[i][:0], v.numbers[i][:0]
	}
}

func (v *vectors) add(x extent) {
	v.extents = append(v.extents, x)
	for row := x.from; row < x.to; row++ {
		v.rows = append(v.rows, row)
	}
}

// column reads one column of the row group that begins with row start. Its
// dictionary is read once for all extents.
func (v *vectors) column(col int, chunk parquet.ColumnChunk, start int64) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	words := &words{}
	for _, x := range v.extents {
		if err := pages.SeekToRow(int64(x.from) - start); err != nil {
			return err
		}
		for left := int64(x.to - x.from); left > 0; {
			page, err := pages.ReadPage()
			if err != nil {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			part := page
			if page.NumRows() > left {
				part = page.Slice(0, left)
			}
			left -= part.NumRows()
			err = v.page(col, part, words)
			parquet.Release(page)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *vectors) page(col int, page parquet.Page, words *words) (err error) {
	switch col {
	case colTime, colPrint, colFile, colOrdinal, colReadOnly, colConsole:
		v.numbers[col], err = appendNumbers(v.numbers[col], page)
	case colResources:
		v.lists, err = words.appendLists(v.lists, page)
	default:
		v.texts[col], err = words.append(v.texts[col], page)
	}
	return err
}

// appendNumbers appends the numbers of a page.
func appendNumbers(to []int64, page parquet.Page) ([]int64, error) {
	data := page.Data()
	var at func(i int) int64
	switch page.Type().Kind() {
	case parquet.Int64:
		values := data.Int64()
		at = func(i int) int64 { return values[i] }
	case parquet.Boolean:
		return appendFlags(to, page)
	default:
		return to, fmt.Errorf("is of an unexpected type, %v", page.Type())
	}
	defined := page.DefinitionLevels()
	if defined == nil {
		for i := range int(page.NumValues()) {
			to = append(to, at(i))
		}
		return to, nil
	}
	n := 0
	for _, d := range defined {
		if d == 0 {
			to = append(to, 0)
			continue
		}
		to = append(to, at(n))
		n++
	}
	return to, nil
}

// appendFlags appends the flags of a page, which may begin in the middle of a
// byte: only its values tell.
func appendFlags(to []int64, page parquet.Page) ([]int64, error) {
	values := make([]parquet.Value, page.NumValues())
	n, err := page.Values().ReadValues(values)
	if err != nil && err != io.EOF {
		return to, err
	}
	for _, v := range values[:n] {
		switch {
		case v.IsNull():
			to = append(to, int64(cloudtrail.Absent))
		case v.Boolean():
			to = append(to, int64(cloudtrail.True))
		default:
			to = append(to, int64(cloudtrail.False))
		}
	}
	return to, nil
}

// words are the values of a column's dictionary, as long as its pages are open;
// texts are those that were asked for, where many are.
type words struct {
	data    []byte
	offsets []uint32
	texts   []string
}

func (w *words) at(code int32) string {
	if w.texts == nil {
		return string(w.data[w.offsets[code]:w.offsets[code+1]])
	}
	if w.texts[code] == "" {
		w.texts[code] = string(w.data[w.offsets[code]:w.offsets[code+1]])
	}
	return w.texts[code]
}

// values returns what gives the i-th value of a page that is not null.
func (w *words) values(page parquet.Page) func(i int) string {
	if dict := page.Dictionary(); dict != nil {
		if w.texts == nil {
			values := dict.Page().Data()
			w.data, w.offsets = values.ByteArray()
			if int(page.NumValues())*4 > len(w.offsets) {
				w.texts = make([]string, max(len(w.offsets)-1, 0))
			}
		}
		data := page.Data()
		codes := data.Int32()
		return func(i int) string { return w.at(codes[i]) }
	}
	values := page.Data()
	data, offsets := values.ByteArray()
	if len(offsets) == 0 {
		return func(int) string { return "" }
	}
	base := offsets[0]
	all := string(data[base:offsets[len(offsets)-1]]) // one copy for all
	return func(i int) string { return all[offsets[i]-base : offsets[i+1]-base] }
}

func (w *words) append(to []string, page parquet.Page) ([]string, error) {
	at := w.values(page)
	defined := page.DefinitionLevels()
	if defined == nil {
		for i := range int(page.NumValues()) {
			to = append(to, at(i))
		}
		return to, nil
	}
	n := 0
	for _, d := range defined {
		if d == 0 {
			to = append(to, "")
			continue
		}
		to = append(to, at(n))
		n++
	}
	return to, nil
}

func (w *words) appendLists(to [][]string, page parquet.Page) ([][]string, error) {
	at := w.values(page)
	repeated, defined := page.RepetitionLevels(), page.DefinitionLevels()
	n := 0
	for i, d := range defined {
		if repeated[i] == 0 {
			to = append(to, nil)
		}
		if d == 0 {
			continue
		}
		last := len(to) - 1
		if last < 0 {
			return to, fmt.Errorf("a list begins in the middle")
		}
		to[last] = append(to[last], at(n))
		n++
	}
	return to, nil
}
