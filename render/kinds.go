package render

import "io"

// kinds is an answer of rows of several kinds: flat objects, told apart by their
// kind, as JSON and CSV.
type kinds struct {
	objects func(add func(members func(dst []byte) []byte))
	csv     func() []byte
	table   func() error
}

func (k kinds) print(w io.Writer, form Form) error {
	switch form {
	case JSON, JSONL:
		var objects [][]byte
		k.objects(func(members func([]byte) []byte) {
			objects = append(objects, append(members([]byte{'{'}), '}'))
		})
		if form == JSONL {
			return rows(w, objects, func(dst, x []byte) []byte { return append(dst, x[1:len(x)-1]...) })
		}
		dst := []byte{'['}
		for _, x := range objects {
			dst = append(element(dst), x...)
		}
		return whole(w, append(dst, ']'))
	case CSV:
		_, err := w.Write(k.csv())
		return err
	}
	return k.table()
}

// appendCells appends a CSV row of the cells that have a name.
func appendCells(dst []byte, columns []string, cells map[string]string) []byte {
	row := make([]string, len(columns))
	for i, name := range columns {
		row[i] = cells[name]
	}
	return appendRow(dst, row)
}
