package cloudtrail

import (
	"iter"
	"strings"
)

// JSON is the raw text of one JSON value, "" where the field is absent. It is
// always a valid value where a [Decoder] made it; in other text the methods find
// something or nothing, but never panic.
type JSON string

// Get walks down objects by exact member names; the last of repeated names
// wins. It returns "" where a step is missing or not an object.
func (j JSON) Get(path ...string) JSON {
	for _, name := range path {
		var found JSON
		if j = j.trim(); j != "" && j[0] == '{' {
			for quoted, value := range j.parts() {
				if quoted.is(name) {
					found = value
				}
			}
		}
		j = found
	}
	return j
}

// Text is the value of a string (unescaped), number or boolean; "" for null,
// objects and arrays.
func (j JSON) Text() string {
	j = j.trim()
	if j == "" {
		return ""
	}
	switch j[0] {
	case '"':
		inner := j.inner()
		if strings.IndexByte(inner, '\\') < 0 {
			return inner
		}
		return string(unescape(make([]byte, 0, len(inner)), inner))
	case '{', '[', 'n':
		return ""
	}
	return string(j)
}

// Members yields the members of an object in the order written, repeated names
// too, or the elements of an array under "". Anything else yields nothing. A
// string that holds JSON (EFS writes additionalEventData so) is not entered; see
// [JSON.Unquoted].
func (j JSON) Members() iter.Seq2[string, JSON] {
	return func(yield func(string, JSON) bool) {
		for quoted, value := range j.trim().parts() {
			if !yield(quoted.Text(), value) {
				return
			}
		}
	}
}

// Unquoted is the JSON inside a JSON string, j itself otherwise, "" where the
// string holds none.
func (j JSON) Unquoted() JSON {
	t := j.trim()
	if t == "" || t[0] != '"' {
		return j
	}
	inner := t.inner()
	text := unescape(make([]byte, 0, len(inner)+Padding), inner)
	var s scanner
	s.open(text)
	start := s.space(0)
	end := s.value(start)
	if s.fault != noFault || s.space(end) != len(text) {
		return ""
	}
	return JSON(s.text[start:end])
}

// inner is what stands between the quotes of a string.
func (j JSON) inner() string {
	if len(j) < 2 || j[len(j)-1] != '"' {
		return ""
	}
	return string(j[1 : len(j)-1])
}

// is reports whether the string j, quotes included, spells name.
func (j JSON) is(name string) bool {
	inner := j.inner()
	return inner == name || strings.IndexByte(inner, '\\') >= 0 && j.Text() == name
}

// parts yields the members of an object, names with their quotes, or the
// elements of an array. It leans on the text being valid to be quick.
func (j JSON) parts() iter.Seq2[JSON, JSON] {
	return func(yield func(name, value JSON) bool) {
		if j == "" || j[0] != '{' && j[0] != '[' {
			return
		}
		object := j[0] == '{'
		for i := j.next(1); i < len(j) && j[i] != '}' && j[i] != ']'; {
			var name JSON
			if object {
				end := j.skip(i)
				name = j[i:end]
				if i = j.next(end); i == len(j) || j[i] != ':' {
					return
				}
				i = j.next(i + 1)
			}
			end := j.skip(i)
			if end == i || !yield(name, j[i:end]) {
				return
			}
			if i = j.next(end); i < len(j) && j[i] == ',' {
				i = j.next(i + 1)
			}
		}
	}
}

// next is the index of the first byte from i that is no white space.
func (j JSON) next(i int) int {
	for i < len(j) && (j[i] == ' ' || j[i] == '\n' || j[i] == '\t' || j[i] == '\r') {
		i++
	}
	return i
}

// trim leaves out white space around the value.
func (j JSON) trim() JSON {
	if j == "" || j[0] > ' ' && j[len(j)-1] > ' ' {
		return j
	}
	return JSON(strings.Trim(string(j), " \n\t\r"))
}

// skip is the index behind the value at i.
func (j JSON) skip(i int) int {
	depth := 0
	for i < len(j) {
		switch j[i] {
		case '"':
			i = j.closing(i+1) + 1
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			if depth == 0 {
				for i < len(j) && strings.IndexByte(",:]} \n\t\r", j[i]) < 0 {
					i++
				}
			}
		}
		if depth == 0 {
			break
		}
	}
	return min(i, len(j))
}

// closing is the index of the quote that ends the string whose text begins at i.
func (j JSON) closing(i int) int {
	for {
		n := strings.IndexByte(string(j[min(i, len(j)):]), '"')
		if n < 0 {
			return len(j)
		}
		slashes := 0
		for k := i + n - 1; k >= i && j[k] == '\\'; k-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i + n
		}
		i += n + 1
	}
}
