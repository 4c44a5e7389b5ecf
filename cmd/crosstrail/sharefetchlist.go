package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// printList prints what is under SOURCE, page by page: there may be millions.
func (f *fetching) printList(ctx context.Context, source string) error {
	log, err := f.open(ctx, source)
	if err != nil {
		return err
	}
	files, size := 0, int64(0)
	err = f.ui.print(func(w io.Writer) error {
		list := objectLines{w: w, form: render.Form(f.form)}
		for o, err := range log.All(ctx) {
			if err == nil {
				files, size = files+1, size+o.Size
				err = list.add(&o)
			}
			if err != nil {
				return err
			}
		}
		return list.end()
	})
	if err != nil {
		if files > 0 {
			f.ui.warn("%s were listed before this", number(files, "file"))
		}
		return f.unlisted(err)
	}
	fmt.Fprintf(f.ui.stderr, "%s, %s\n", number(files, "file"), bytesText(size))
	return nil
}

// objectLines prints objects one by one.
type objectLines struct {
	w    io.Writer
	form render.Form
	n    int
}

func listedRow(o *bucket.Object) flat {
	var at cloudtrail.Time
	if !o.Modified.IsZero() {
		at = cloudtrail.TimeOf(o.Modified)
	}
	return flat{{"key", o.Key}, {"size", o.Size}, {"modified", at}, {"etag", strings.Trim(o.ETag, `"`)}, {"class", o.Class}}
}

func (l *objectLines) add(o *bucket.Object) (err error) {
	l.n++
	row := listedRow(o)
	switch l.form {
	case render.JSONL:
		_, err = l.w.Write(append(row.append(nil), '\n'))
	case render.JSON:
		before := byte(',')
		if l.n == 1 {
			before = '['
		}
		_, err = l.w.Write(row.append([]byte{before}))
	case render.CSV:
		out := csv.NewWriter(l.w)
		names, cells := row.cells("")
		if l.n == 1 {
			err = out.Write(names)
		}
		if err == nil {
			err = out.Write(cells)
		}
		if out.Flush(); err == nil {
			err = out.Error()
		}
	default:
		at := ""
		if !o.Modified.IsZero() {
			at = o.Modified.UTC().Format(time.RFC3339)
		}
		class := ""
		if o.Class != "" {
			class = " (" + o.Class + ")"
		}
		_, err = fmt.Fprintf(l.w, "%-20s %12s  %s\n", at, thousands(int(o.Size)), render.Text(o.Key+class))
	}
	return err
}

// end ends an array. A list of nothing is an error before it comes here.
func (l *objectLines) end() error {
	if l.form != render.JSON {
		return nil
	}
	_, err := io.WriteString(l.w, "]\n")
	return err
}
