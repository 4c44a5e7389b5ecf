package cloudtrail

import (
	"fmt"
	"strings"
)

// cut reports that the input ends too early.
func (r *reader) cut(at int) {
	what := fmt.Sprintf("the JSON is cut short behind %d records", r.ordinal)
	if r.ordinal == 0 {
		what = "the JSON is cut short"
	}
	r.stop(at, what+": get the file again")
}

// mend reports the fault in the item that begins at start and finds its end,
// from where reading can go on.
func (r *reader) mend(start int) int {
	at, problem := r.at, r.problem()
	if at == len(r.text) {
		r.cut(at)
		return at
	}
	r.fault = noFault
	if r.opensContainer(start) || !r.found && r.buf[start] != '{' {
		r.stop(at, problem)
		return at
	}
	end := r.itemEnd(start)
	if end < 0 {
		end = r.nextItem(at)
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

// itemEnd is the end of a bad item by its brackets and quotes, -1 where they do
// not add up: the index of the comma or bracket behind an item of an array, of
// the next line's or record's begin behind any other.
func (r *reader) itemEnd(start int) int {
	objects, arrays := 0, 0
	quoted := false
	for i := start; i < len(r.text); i++ {
		if r.budget--; r.budget < 0 {
			return -1
		}
		c := r.text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		level := objects + arrays
		switch c {
		case '"':
			quoted = true
		case '{':
			if level == 0 && !r.inArray && i > start {
				return i
			}
			objects++
		case '[':
			arrays++
		case '}':
			objects--
		case ']':
			if level == 0 && r.inArray {
				return i
			}
			arrays--
		case ',':
			if level == 0 && r.inArray && r.begins(i+1) {
				return i
			}
		case '\n':
			if level == 0 && !r.inArray {
				return i
			}
		}
		if objects < 0 || arrays < 0 {
			return -1
		}
	}
	if r.inArray || quoted || objects+arrays > 0 {
		return -1
	}
	return len(r.text)
}

// begins reports whether an object begins at i.
func (r *reader) begins(i int) bool { return r.buf[r.space(i)] == '{' }

// nextItem finds, from inside a bad item whose brackets and quotes do not add
// up, what looks like the begin of the next: a brace and a name that only
// records have, behind a comma in an array and on a new line elsewhere. It
// returns the index of that comma, or brace, or -1.
func (r *reader) nextItem(from int) int {
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
		before := strings.TrimRight(r.text[from:i], " \t\r\n")
		switch {
		case r.inArray && strings.HasSuffix(before, ","):
			return from + len(before) - 1
		case !r.inArray && strings.ContainsRune(r.text[from+len(before):i], '\n'):
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
