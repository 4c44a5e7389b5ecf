package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
)

// flat is an object that commands about the store print for programs: its
// members in their order. A member may be a flat, a list of texts or, in JSON
// alone, a list of flats. Texts and times that are empty are left out of JSON.
type flat []member

type member struct {
	name  string
	value any
}

// kept is a text that JSON has where it is empty, too.
type kept string

// printList prints a list in any form but the table. blank is an object of the
// kind, for the names of its columns.
func printList(w io.Writer, form render.Form, blank flat, list []flat) error {
	var out []byte
	switch form {
	case render.CSV:
		return printCells(w, blank, list)
	case render.JSONL:
		for _, f := range list {
			out = append(f.append(out), '\n')
		}
	default:
		out = append(appendArray(out, list), '\n')
	}
	_, err := w.Write(out)
	return err
}

// printOne prints a single object in any form but the table.
func printOne(w io.Writer, form render.Form, f flat) error {
	if form == render.JSON {
		form = render.JSONL
	}
	return printList(w, form, f, []flat{f})
}

func printCells(w io.Writer, blank flat, list []flat) error {
	out := csv.NewWriter(w)
	names, _ := blank.cells("")
	if err := out.Write(names); err != nil {
		return err
	}
	for _, f := range list {
		_, cells := f.cells("")
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func appendArray(dst []byte, list []flat) []byte {
	dst = append(dst, '[')
	for i, f := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.append(dst)
	}
	return append(dst, ']')
}

func (f flat) append(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for _, m := range f {
		if m.value == "" || m.value == cloudtrail.Time(0) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), m.name...), '"', ':')
		switch v := m.value.(type) {
		case flat:
			dst = v.append(dst)
		case []flat:
			dst = appendArray(dst, v)
		case []string:
			dst = appendTexts(dst, v)
		case cloudtrail.Time:
			dst = append(append(append(dst, '"'), v.String()...), '"')
		case string:
			dst = appendText(dst, v)
		case kept:
			dst = appendText(dst, string(v))
		default:
			dst = fmt.Append(dst, v)
		}
	}
	return append(dst, '}')
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, s)
	}
	return append(dst, ']')
}

// appendText quotes a text. JSON is for programs, so <, > and & stay; what a
// terminal would obey does not.
func appendText(dst []byte, s string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text can be encoded, and a Builder takes everything
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if unicode.IsPrint(r) {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			dst = fmt.Appendf(dst, "\\u%04x", unit)
		}
	}
	return dst
}

func (f flat) cells(before string) (names, cells []string) {
	for _, m := range f {
		switch v := m.value.(type) {
		case []flat:
		case []string:
			names, cells = append(names, before+m.name), append(cells, render.Cell(strings.Join(v, " ")))
		case flat:
			n, c := v.cells(before + m.name + ".")
			names, cells = append(names, n...), append(cells, c...)
		default:
			names, cells = append(names, before+m.name), append(cells, render.Cell(fmt.Sprint(v)))
		}
	}
	return names, cells
}
