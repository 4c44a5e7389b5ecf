package local_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/query"
)

// filterSteps ask for the rows of one value, of every column, of the files and of
// a copy in DuckDB: what readers know of the files (bounds, page index, Bloom
// filter) may not hide any.
func filterSteps(all []query.Row) []step {
	const filtered = "select count(*) from %s where %s = %s"
	kinds := map[string]string{"event_time": "::timestamptz", "session_created": "::timestamptz"}
	values := map[string][]any{}
	for i := range all {
		for name, v := range openRow(&all[i]) {
			if _, list := v.([]any); v != nil && !list && len(values[name]) < 3 && i%(len(all)/7) == 0 || v != nil && values[name] == nil {
				values[name] = append(values[name], v)
			}
		}
	}
	steps := []step{{"sql", "create table copied as select * from 'events/*.parquet'"}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			literal := fmt.Sprint(v)
			switch v := v.(type) {
			case string:
				literal = "'" + strings.ReplaceAll(v, "'", "''") + "'" + kinds[name]
			case []any:
				literal = "[]"
			}
			steps = append(steps, step{"sql", "select (" + fmt.Sprintf(filtered, "'events/*.parquet'", name, literal) + "), (" + fmt.Sprintf(filtered, "copied", name, literal) + ")"})
		}
	}
	return steps
}

// sameCounts compares the two counts that each step gave.
func sameCounts(t *testing.T, steps []step, got []answer) {
	for i, g := range got {
		if len(g.Rows) != 1 || g.Rows[0][1] == json.Number("0") || g.Rows[0][0] != g.Rows[0][1] {
			t.Errorf("%s: %v", steps[i].text, g.Rows)
		}
	}
}

// bounded checks that all values of a file's pages lie in the bounds that its
// column indexes tell of them: DuckDB does not use those of texts, others do.
func bounded(t *testing.T, dir string) {
	names, err := filepath.Glob(filepath.Join(dir, "events", "*.parquet"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range f.RowGroups() {
			for i, chunk := range group.ColumnChunks() {
				if err := boundedChunk(chunk); err != nil {
					t.Errorf("%s: %s: %v", filepath.Base(name), strings.Join(f.Schema().Columns()[i], "."), err)
				}
			}
		}
	}
}

func boundedChunk(chunk parquet.ColumnChunk) (err error) {
	index, err := chunk.ColumnIndex()
	if err != nil {
		return err
	}
	pages, compare := chunk.Pages(), chunk.Type().Compare
	defer func() { err = errors.Join(err, pages.Close()) }()
	for n := 0; ; n++ {
		page, err := pages.ReadPage()
		if err == io.EOF && n == index.NumPages() {
			return nil
		}
		if err != nil {
			return err
		}
		values := make([]parquet.Value, page.NumValues())
		if _, err := page.Values().ReadValues(values); err != nil && err != io.EOF {
			return err
		}
		for _, v := range values {
			if !v.IsNull() && (index.NullPage(n) || compare(v, index.MinValue(n)) < 0 || compare(v, index.MaxValue(n)) > 0) {
				return fmt.Errorf("page %d holds %v; its bounds are %v and %v", n, v, index.MinValue(n), index.MaxValue(n))
			}
		}
		parquet.Release(page)
	}
}
