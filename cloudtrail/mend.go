package cloudtrail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cut reports that the input ends too early.
func (r *reader) cut(at int) {
	before := ""
	switch {
	case r.ordinal == 1:
		before = "; the record before stands"
	case r.ordinal > 1:
		before = fmt.Sprintf("; the %d records before stand", r.ordinal)
	}
	r.stop(at, "the JSON is cut short"+before+": get the file again")
}

// mend reports the fault in the item that begins at start and finds its end,
// from where reading can go on.
func (r *reader) mend(start int) int {
	at, problem := r.at, r.problem()
	r.budget -= at - start
	if at == len(r.text) {
		next := r.nextLine(start, start)
		if next < 0 {
			r.cut(at)
			return at
		}
		r.fault = noFault
		r.bad(start, "its line ends before it does")
		return next
	}
	r.fault = noFault
	if !r.found && r.buf[start] != '{' {
		r.stop(at, "this is no JSON: "+strings.TrimPrefix(problem, "bad JSON: ")+": if it should be a log file, get it again; else leave it out")
		return at
	}
	if r.container || r.opensContainer(start) {
		r.stop(at, problem)
		return at
	}
	end := r.itemEnd(start, at)
	if end < 0 {
		end = r.nextLine(start, at)
	}
	if end < 0 {
		end = r.nextItem(start, at)
	}
	if end == len(r.text) && r.buf[start] != '{' {
		r.stop(at, problem)
		return at
	}
	if end < 0 {
		r.stop(at, problem+"; where the next record begins cannot be told")
		return at
	}
	r.bad(at, problem)
	return end
}

// opensContainer reports whether the object at start is a broken container.
func (r *reader) opensContainer(start int) bool {
	if r.inArray || r.buf[start] != '{' {
		return false
	}
	rest := strings.TrimLeft(r.text[start+1:], " \n\r\t\u00a0")
	return strings.HasPrefix(rest, `"Records"`) || strings.HasPrefix(rest, `"Events"`)
}

// nextLine is the begin of the next line that an object begins, where a line
// ends what is bad: outside of arrays. Objects inside others are indented. It
// is -1 where there is none behind from.
func (r *reader) nextLine(start, from int) int {
	if r.inArray || r.buf[start] != '{' || r.budget < 0 || r.container || r.opensContainer(start) {
		return -1
	}
	n := strings.Index(r.text[from:], "\n{")
	if n < 0 {
		return -1
	}
	return from + n + 1
}

// itemEnd is the end of a bad item by its brackets and quotes: the index of the
// comma or bracket behind an item of an array, of the next line or object behind
// any other; -1 where they do not add up. A quote too few or too many shows in
// words between the strings: only what stands at the fault may be such.
func (r *reader) itemEnd(start, at int) int {
	objects, arrays := 0, 0
	for i := start; i < len(r.text); i++ {
		if r.budget--; r.budget < 0 {
			return -1
		}
		outside := objects+arrays == 0
		switch c := r.text[i]; {
		case c == '"':
			if i = r.stringEnd(i); i < 0 {
				return -1
			}
		case c == '{':
			if !r.inArray && i > start && (outside || r.text[i-1] == '\n') {
				return i
			}
			objects++
		case c == '[':
			arrays++
		case c == '}':
			objects--
		case c == ']':
			if outside && r.inArray {
				return i
			}
			arrays--
		case c == ',':
			if outside && r.inArray && strings.HasPrefix(trimSpaces(r.text[i+1:]), "{") {
				return i
			}
		case c == '\n':
			if outside && !r.inArray {
				return i
			}
		case isLetter(c):
			word := wordLen(r.text[i:])
			if !(i <= at && at <= i+word) && !isLiteral(r.text[i:i+word]) {
				return -1
			}
			i += word - 1
		}
		if objects < 0 || arrays < 0 {
			return -1
		}
	}
	if r.inArray || objects+arrays > 0 {
		return -1
	}
	return len(r.text)
}

// stringEnd is the index of the quote that ends the string at i, or -1.
func (r *reader) stringEnd(i int) int {
	for i++; i < len(r.text); i++ {
		r.budget--
		switch r.text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// trimSpaces takes the spaces off the begin of s, those of web pages too, and
// what a wrong character set made of them.
func trimSpaces(s string) string {
	return strings.TrimLeftFunc(s, func(c rune) bool { return isSpace(c) || c == utf8.RuneError })
}

func isSpace(c rune) bool {
	return unicode.IsSpace(c) || c == '\ufeff' || c == '\u200b' || c == '\u2060'
}

func isLetter(c byte) bool { return c|0x20-'a' < 26 }

func wordLen(s string) int {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	return n
}

func isLiteral(word string) bool {
	return word == "true" || word == "false" || word == "null" || word == "e" || word == "E"
}

// nextItem finds, from inside a bad item whose brackets and quotes do not add
// up, what looks like the begin of the next: a brace and a name that only
// records have, behind a comma in an array and on a new line elsewhere. It
// returns the index of that comma, or brace, or -1.
func (r *reader) nextItem(start, from int) int {
	for i := from; ; i++ {
		n := strings.IndexByte(r.text[i:], '{')
		if n < 0 {
			r.budget -= len(r.text) - i
			return -1
		}
		i += n
		if r.budget -= n + 1; r.budget < 0 {
			return -1
		}
		if !r.beginsRecord(i) {
			continue
		}
		before := strings.TrimRightFunc(r.text[start:i], isSpace)
		switch {
		case r.inArray && strings.HasSuffix(before, ","):
			return start + len(before) - 1
		case !r.inArray && strings.ContainsRune(r.text[start+len(before):i], '\n'):
			return i
		}
	}
}

// beginsRecord reports whether the object at i begins with a name that records
// have and their parts do not.
func (r *reader) beginsRecord(i int) bool {
	name, ok := strings.CutPrefix(r.text[r.space(i+1):], `"`)
	if !ok {
		return false
	}
	end := strings.IndexByte(name[:min(len(name), 8*quotedWords)], '"')
	if end < 0 {
		return false
	}
	n, ok := recordTable.byName[name[:end]]
	if !ok {
		return false
	}
	switch name[:end] {
	case "id", "account", "region", "time", "resources", "Records", "Events":
		return false
	}
	return recordTable.fields[n].kind != skipField
}
