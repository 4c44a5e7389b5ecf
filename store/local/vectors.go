package local

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// vectors are columns of a run of rows that lie in one row group, as far as they
// were read. What is null reads as zero.
type vectors struct {
	n       int
	texts   [columnCount][]string
	numbers [columnCount][]int64 // of a flag: 0 null, 1 false, 2 true, as cloudtrail.Bool
	lists   [][]string           // of resources
}

// eventColumns are those that make a query.Row.
func eventColumns() []int {
	return []int{
		colEventID, colTime, colSource, colName, colType, colReadOnly, colIP, colAgent, colError, colMessage,
		colRequest, colShared, colResources, colConsole, colPrint, colFile, colOrdinal,
	}
}

// read reads columns of rows from one to before another, and calls each for
// every row group that holds some of them.
func (f *segmentFile) read(from, to uint32, cols []int, v *vectors, each func(first uint32, v *vectors) error) error {
	p, err := f.open()
	if err != nil {
		return err
	}
	for g, group := range p.RowGroups() {
		lo, hi := max(int64(from), f.starts[g]), min(int64(to), f.starts[g+1])
		if lo >= hi {
			continue
		}
		v.empty(int(hi - lo))
		chunks := group.ColumnChunks()
		for _, col := range cols {
			err := guarded(func() error { return v.column(col, chunks[f.leaves[col]], lo-f.starts[g]) })
			if err != nil {
				return fmt.Errorf("column %s: %w", columns()[col].name, err)
			}
		}
		if err := each(uint32(lo), v); err != nil {
			return err
		}
	}
	return nil
}

// empty makes room for other rows.
func (v *vectors) empty(n int) {
	v.n = n
	for i := range v.texts {
		v.texts[i], v.numbers[i] = v.texts[i][:0], v.numbers[i][:0]
	}
	v.lists = v.lists[:0]
}

func (v *vectors) column(col int, chunk parquet.ColumnChunk, first int64) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	if first > 0 {
		if err := pages.SeekToRow(first); err != nil {
			return err
		}
	}
	words := &words{}
	for left := int64(v.n); left > 0; {
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
		switch col {
		case colTime, colPrint, colFile, colOrdinal, colReadOnly, colConsole:
			v.numbers[col], err = appendNumbers(v.numbers[col], part)
		case colResources:
			v.lists, err = words.appendLists(v.lists, part)
		default:
			v.texts[col], err = words.append(v.texts[col], part)
		}
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
	return nil
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
