package cloudtrail

import (
	"fmt"
	"strings"
)

const byteOrderMark = "\ufeff"

// read decodes an input in any of the forms that Records takes: values one
// behind the other, each a record, what stands around one, or what holds many.
func (r *reader) read(buf []byte, yield func(*Record, error) bool) {
	if cap(buf)-len(buf) < Padding {
		r.own = append(append(r.own[:0], buf...), make([]byte, Padding)...)
		buf = r.own[:len(buf)]
	}
	r.open(buf)
	r.recent.forget()
	r.yield, r.done = yield, false
	r.ordinal, r.found = 0, false
	r.inArray, r.containers = false, true
	r.budget = 4*len(buf) + 1<<20
	r.values()
	r.yield = nil
}

func (r *reader) values() {
	i := 0
	if strings.HasPrefix(r.text, byteOrderMark) {
		i = len(byteOrderMark)
	}
	i = r.space(i)
	switch {
	case i == len(r.text):
		r.stop(0, "the input is empty")
		return
	case strings.HasPrefix(r.text, "\xff\xfe") || strings.HasPrefix(r.text, "\xfe\xff"):
		r.stop(0, "the input is UTF-16, as PowerShell's > writes it: convert it to UTF-8 (Out-File -Encoding utf8)")
		return
	case strings.HasPrefix(r.text, "\x1f\x8b"):
		r.stop(0, "the input is still compressed: unpack it once more")
		return
	}
	for i < len(r.text) && !r.done {
		if r.buf[i] == '[' {
			i = r.array(i)
		} else {
			i = r.item(i)
		}
		if !r.done {
			i = r.space(i)
		}
	}
}

// records reads a container's array.
func (r *reader) records(i int, name string) int {
	if r.buf[i] != '[' {
		end := r.value(i)
		if name == "Records" && r.fault == noFault {
			r.stop(i, fmt.Sprintf(`"Records" is %s where a log file has an array of records: get the file again`, kindOf(r.buf[i])))
		}
		return end
	}
	r.containers = false
	i = r.array(i)
	r.containers, r.container = true, true
	if r.done {
		return r.fail(badSyntax, i)
	}
	return i
}

// array reads an array of records.
func (r *reader) array(i int) int {
	outer := r.inArray
	r.inArray, r.found = true, true
	i = r.space(i + 1)
	if r.buf[i] != ']' {
		i = r.items(i)
	}
	r.inArray = outer
	return i + 1
}

// items reads the items of an array to its closing bracket.
func (r *reader) items(i int) int {
	for {
		i = r.item(i)
		if r.done {
			return i
		}
		i = r.space(i)
		switch r.buf[i] {
		case ',':
			i = r.space(i + 1)
		case ']':
			return i
		default:
			if i == len(r.text) {
				r.cut(i)
				return i
			}
			if r.buf[i] == '{' {
				r.bad(i, "a comma is missing before what follows, which is read as a record of its own")
				if r.done {
					return i
				}
				continue
			}
			r.fail(badSyntax, i)
			if i = r.mend(i); r.done {
				return i
			}
			if i = r.space(i); r.buf[i] == ']' {
				return i
			}
			i = r.space(i + 1)
		}
	}
}

// item reads a value that should be a record, or have one in it.
func (r *reader) item(i int) int {
	if r.buf[i] != '{' {
		end := r.value(i)
		if r.fault != noFault {
			return r.mend(i)
		}
		problem := fmt.Sprintf("it is %s, and a record is an object", kindOf(r.buf[i]))
		if r.buf[i] == '"' {
			problem += ": if its text is a record, unpack it first (jq fromjson)"
		} else {
			problem += ": get the file again, or look at what wrote it"
		}
		r.bad(i, problem)
		return end
	}
	r.begin()
	r.arena = r.arena[:0]
	r.envelope = Envelope{}
	r.container, r.wrapped = false, span{}
	end := r.object(i+1, recordTable)
	switch {
	case r.done:
	case r.fault != noFault:
		return r.mend(i)
	case r.container:
	default:
		r.finish(i, end)
	}
	return end
}

// finish makes a record of the object just read.
func (r *reader) finish(start, end int) {
	if at := r.invalidUTF8(start, end); at >= 0 {
		r.bad(at, fmt.Sprintf("byte 0x%02x is no UTF-8: get the file again, or convert it to UTF-8", r.buf[at]))
		return
	}
	switch {
	case r.isRecord():
		r.emit(r.text[start:end], start)
	case r.wrapped.end > 0:
		r.unwrap(start)
	default:
		r.refuse(start, end)
	}
}

// refuse reports an object that is no record.
func (r *reader) refuse(start, end int) {
	const missing = `it has none of a record's members (eventVersion, eventTime, eventName, …)`
	only := !r.found && !r.inArray && r.space(end) == len(r.text)
	switch {
	case !only:
		r.bad(start, missing)
	case JSON(r.text[start:end]).Get("digestStartTime") != "":
		r.stop(start, "this is a digest file: it names log files and has no records")
	default:
		r.stop(start, `this is no log file ("Records" is missing), and `+missing)
	}
}
