package cloudtrail

import (
	"fmt"
	"strings"
)

// unwrap reads the record inside an EventBridge event or a LookupEvents entry,
// the object just read.
func (r *reader) unwrap(start int) {
	envelope, at := r.envelope, r.wrapped.start
	if t := envelope.DetailType; t != "" && !strings.Contains(t, "via CloudTrail") {
		r.bad(start, fmt.Sprintf("it is an EventBridge event of type %q, not one via CloudTrail", t))
		return
	}
	outside := r.containers
	r.containers = false
	switch raw := r.text[at:r.wrapped.end]; raw[0] {
	case '{':
		r.begin()
		r.object(at+1, recordTable)
		r.emitWrapped(raw, at, envelope)
	case '"':
		r.unwrapText(raw[1:len(raw)-1], at+1, envelope)
	default:
		r.bad(at, fmt.Sprintf("where its record should be there is %s", kindOf(raw[0])))
	}
	r.containers = outside
}

// unwrapText reads a record from the text of a JSON string.
func (r *reader) unwrapText(escaped string, at int, envelope Envelope) {
	outer := r.scanner
	text := unescape(r.inner[:0], escaped)
	r.inner = append(text, make([]byte, Padding)...)
	r.open(r.inner[:len(text)])
	r.begin()
	start := r.space(0)
	end := start
	if r.buf[start] == '{' {
		end = r.object(start+1, recordTable)
	}
	if behind := r.space(min(end, len(text))); r.fault == noFault && (end == start || behind < len(text)) {
		r.fail(badSyntax, behind)
	}
	if r.fault == noFault {
		r.emitWrapped(r.text[start:end], at, envelope)
	} else {
		r.bad(at, fmt.Sprintf("the text of its CloudTrailEvent is bad at byte %d: %s", r.at, r.problem()))
	}
	r.scanner = outer
	r.recent.forget()
}

func (r *reader) emitWrapped(raw string, at int, envelope Envelope) {
	if !r.isRecord() {
		r.bad(at, "what it wraps has none of a record's members (eventVersion, eventTime, eventName, …)")
		return
	}
	r.record.Envelope = envelope
	r.emit(raw, at)
}
