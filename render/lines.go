package render

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/crosstrail/crosstrail/query"
)

// Lines prints a stream of lines in one form. [Lines.Append] encodes one and is
// safe for concurrent use; what it appended goes to [Lines.Write] in order, any
// number of lines at once, by one goroutine; [Lines.Close] ends the output:
//
//	lines := render.NewLines(w, form, style)
//	_, err := query.Print(ctx, r, resolver, filter, 0, lines.Append, lines)
//	err = errors.Join(err, lines.Close())
type Lines struct {
	w      io.Writer
	form   Form
	enc    *Encoder
	events eventTable
	begun  bool
	forked atomic.Int64 // lines whose event has other forms
}

// NewLines returns a Lines that writes to w. It does not buffer.
func NewLines(w io.Writer, form Form, style Style) *Lines {
	return &Lines{w: w, form: form, enc: NewEncoder(style), events: newEventTable(style)}
}

// Append appends one line as [Lines.Write] takes it.
func (p *Lines) Append(dst []byte, l query.Line) []byte {
	if l.Row.Forms > 0 {
		p.forked.Add(1)
	}
	switch p.form {
	case JSONL:
		return append(p.enc.Append(dst, l), '\n')
	case JSON:
		return p.enc.Append(append(dst, ",\n"...), l)
	case CSV:
		return appendRow(dst, p.enc.cells(l))
	}
	return p.events.append(dst, l)
}

// Write prints what Append appended.
func (p *Lines) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	skip := 0
	if !p.begun {
		if err := p.begin(); err != nil {
			return 0, err
		}
		if p.form == JSON {
			skip = 1 // the comma before the first element
		}
	}
	n, err := p.w.Write(b[skip:])
	return n + skip, err
}

func (p *Lines) begin() error {
	p.begun = true
	var head []byte
	switch p.form {
	case JSONL:
	case JSON:
		head = []byte{'['}
	case CSV:
		head = appendRow(nil, lineColumns)
	default:
		head = p.events.head(nil)
	}
	_, err := p.w.Write(head)
	return err
}

// Close ends the output; it does not close the writer. An output without lines
// is still an array, or a heading.
func (p *Lines) Close() error {
	if !p.begun {
		if err := p.begin(); err != nil {
			return err
		}
	}
	if n := p.forked.Load(); n > 0 && p.form == Table {
		if _, err := fmt.Fprintf(p.w, "\n%s here told otherwise by other records of one id and account: crosstrail show EVENT\n", isAre(int(n), "event")); err != nil {
			return err
		}
	}
	if p.form != JSON {
		return nil
	}
	_, err := io.WriteString(p.w, "\n]\n")
	return err
}

func isAre(n int, thing string) string {
	if n == 1 {
		return plural(n, thing) + " is"
	}
	return plural(n, thing) + " are"
}
