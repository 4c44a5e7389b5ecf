package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/crosstrail/crosstrail/query"
)

// showTable prints the event, its chain, where it is found, and the record.
func showTable(w io.Writer, a *query.ShowAnswer, style Style) error {
	p := &page{style: style}
	if len(a.Shown) == 0 {
		p.absent(a.Asked, a.Absent)
	}
	for i, s := range a.Shown {
		if i > 0 {
			p.blank("")
		}
		p.question(query.Answer{Line: s.Line})
		if s.Chain != nil {
			p.chainTree(s.Chain, query.Places{})
			p.open(s.Chain)
		}
		p.line("", say(faint, "file    "), say(ordinary, s.Row.File), p.integrity(s.Row.File, ", "))
		p.shout("", s.Row.File)
		p.line("", say(faint, "record  "), say(ordinary, strconv.Itoa(s.Row.Record)))
		if s.SHA256 != "" {
			p.line("", say(faint, "sha256  "), say(ordinary, s.SHA256))
		}
		p.blank("")
		p.out = append(p.out, indented(s.Record)...)
		p.out = append(p.out, '\n')
	}
	return p.writeTo(w)
}

// indented is the JSON of a record as people read it.
func indented(raw []byte) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, record(raw), "", "  "); err != nil {
		return record(raw)
	}
	return out.Bytes()
}
