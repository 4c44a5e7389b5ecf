package cloudtrail

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// reader decodes one input after another into one Record.
type reader struct {
	scanner
	record   Record
	envelope Envelope
	slots

	// guess has, for each table and field, the field that stood behind it
	// last time: records of one service have their members in one order.
	guess   [tableCount][fieldCount]uint8
	entered uint16 // tables that this record has used already
	recent  recent
	arena   []byte // unescaped text of this record
	own     []byte // for an input without padding
	inner   []byte // for the text of a CloudTrailEvent

	yield   func(*Record, error) bool
	done    bool // by the caller, or after an InputError
	ordinal int
	found   bool // a record or a container was in the input
	budget  int  // bytes left to look at for where bad records end

	inArray    bool // the element read stands in an array
	containers bool // Records and Events are containers where we are
	container  bool // the object just read was one
	wrapped    span // the member that may hold the record, in the object just read
}

// span is a part of scanner.text.
type span struct{ start, end int }

func newReader() *reader {
	r := &reader{}
	r.slots = *newSlots(&r.record, &r.envelope)
	return r
}

// begin makes ready for a record.
func (r *reader) begin() {
	r.record = Record{}
	r.entered = 0
	r.high = false
}

// object reads the members of an object into the record; i is behind the brace.
func (r *reader) object(i int, t *table) int {
	b := r.buf
	guess := &r.guess[t.id]
	last := uint8(len(t.fields) - 1)
	i = r.space(i)
	if b[i] == '}' {
		return i + 1
	}
	for {
		n := guess[last]
		f := &t.fields[n]
		if f.matches((*[8 * quotedWords]byte)(b[i:])) {
			i += f.size
		} else {
			i, n = r.otherName(i, t, n)
			guess[last] = n
			f = &t.fields[n]
		}
		last = n
		if b[i] <= ' ' {
			i = r.longSpace(i)
		}
		if b[i] == '"' && f.kind == textField {
			end, escaped := r.str(i + 1)
			s := r.text[i+1 : end]
			if escaped {
				s = r.unescaped(s)
			}
			*r.texts[f.slot] = s
			i = end + 1
		} else {
			i = r.member(i, f)
		}
		if b[i] <= ' ' {
			i = r.longSpace(i)
		}
		switch b[i] {
		case ',':
			i++
		case '}':
			return i + 1
		default:
			return r.fail(badSyntax, i)
		}
	}
}

// matches reports whether the field's name, its quotes and colon begin the bytes.
func (f *field) matches(b *[8 * quotedWords]byte) bool {
	differ := (binary.LittleEndian.Uint64(b[0:])^f.quoted[0])&f.mask[0] |
		(binary.LittleEndian.Uint64(b[8:])^f.quoted[1])&f.mask[1]
	if f.size > 16 {
		differ |= (binary.LittleEndian.Uint64(b[16:])^f.quoted[2])&f.mask[2] |
			(binary.LittleEndian.Uint64(b[24:])^f.quoted[3])&f.mask[3]
	}
	return differ == 0
}

// otherName reads a name that was not the expected one, or has space before it.
func (r *reader) otherName(i int, t *table, expected uint8) (int, uint8) {
	unknown := uint8(len(t.fields) - 1)
	if r.buf[i] <= ' ' {
		i = r.longSpace(i)
		if f := &t.fields[expected]; f.matches((*[8 * quotedWords]byte)(r.buf[i:])) {
			return i + f.size, expected
		}
	}
	if r.buf[i] != '"' {
		return r.fail(badSyntax, i), unknown
	}
	end, escaped := r.str(i + 1)
	if r.fault != noFault {
		return end, unknown
	}
	name := r.text[i+1 : end]
	if escaped {
		name = r.unescaped(name)
	}
	n, ok := t.byName[name]
	if !ok {
		n = unknown
	}
	return r.colon(end + 1), n
}

// member reads the value of a member.
func (r *reader) member(i int, f *field) int {
	switch f.kind {
	case textField:
		return r.bareText(i, f.slot)
	case jsonField:
		return r.json(i, f.slot)
	case boolField:
		end := r.value(i)
		*r.bools[f.slot] = boolOf(r.span(i, end))
		return end
	case identityField:
		return r.identity(i, f.table)
	case objectField:
		r.enter(f.table)
		return r.objectOrOther(i, f.table)
	case containerField:
		if r.containers {
			return r.records(i, f.name)
		}
	case wrappedField:
		end := r.value(i)
		r.wrapped = span{i, end}
		return end
	}
	return r.value(i)
}

// enter clears what a table fills if it has been filled in this record: of
// repeated members the last wins, whole.
func (r *reader) enter(t *table) {
	if bit := uint16(1) << t.id; r.entered&bit == 0 {
		r.entered |= bit
	} else {
		t.clear(&r.record)
	}
}

func (r *reader) objectOrOther(i int, t *table) int {
	if r.buf[i] == '{' {
		return r.object(i+1, t)
	}
	return r.value(i)
}

// bareText reads a text field that is no string: the token of a number or
// boolean, nothing for the rest. An error code is there whatever its form: a
// call that failed must not pass for one that did not.
func (r *reader) bareText(i int, slot uint8) int {
	end := r.value(i)
	s := r.text[i:min(end, len(r.text))]
	switch {
	case s == "" || s == "null":
		s = ""
	case s[0] != '{' && s[0] != '[':
	case slot == errorCodeText && len(s) > 2 && strings.Trim(s[1:len(s)-1], " \t\r\n") != "":
		s = OddErrorCode
	default:
		s = ""
	}
	*r.texts[slot] = s
	return end
}

// span is the JSON of a value, "" for null and the empty string.
func (r *reader) span(i, end int) JSON {
	s := r.text[i:min(end, len(r.text))]
	if len(s) <= 4 && (s == "null" || s == `""`) {
		return ""
	}
	return JSON(s)
}

func boolOf(j JSON) Bool {
	switch j {
	case "true", `"true"`:
		return True
	case "false", `"false"`:
		return False
	}
	switch s := strings.Trim(string(j), `"`); {
	case strings.EqualFold(s, "true"):
		return True
	case strings.EqualFold(s, "false"):
		return False
	}
	return Absent
}

// unescaped is the text of a string in the arena. Growing the arena leaves the
// texts already made where they are.
func (r *reader) unescaped(s string) string {
	start := len(r.arena)
	r.arena = unescape(r.arena, s)
	return alias(r.arena[start:])
}

// isRecord reports whether what was read has any of the members that tell a
// record from other objects.
func (r *reader) isRecord() bool {
	c := &r.record
	return c.EventName != "" || c.EventID != "" || c.EventVersion != "" || c.EventSource != "" ||
		c.EventTimeText != "" || c.UserIdentity.Raw != ""
}

// invalidUTF8 is the index of the first byte in the span that is no UTF-8, or -1.
func (r *reader) invalidUTF8(start, end int) int {
	s := r.text[start:end]
	if !r.high || utf8.ValidString(s) {
		return -1
	}
	for i, c := range s {
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return start + i
		}
	}
	return start
}

// emit hands the record to the caller.
func (r *reader) emit(raw string, offset int) {
	c := &r.record
	c.Raw, c.Ordinal, c.Offset = JSON(raw), r.ordinal, int64(offset)
	c.EventTime, _ = ParseTime(c.EventTimeText)
	r.ordinal++
	r.found = true
	r.done = !r.yield(c, nil)
}

// bad reports a record that could not be decoded.
func (r *reader) bad(at int, problem string) {
	err := &RecordError{Ordinal: r.ordinal, Offset: int64(at), Problem: problem}
	r.ordinal++
	r.found = true
	r.done = !r.yield(nil, err)
}

// stop reports that nothing more can be read.
func (r *reader) stop(at int, problem string) {
	r.yield(nil, &InputError{Offset: int64(at), Problem: problem})
	r.done = true
}
