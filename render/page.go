package render

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/lineage"
)

// piece is some text in one tone. What came out of a log is escaped where the
// piece is made, so no way of printing one can forget it.
type piece struct {
	tone tone
	text string
}

func say(t tone, text string) piece { return piece{t, brief(Text(text))} }

// mostOfOne is how much of one value people are shown. No id, name or ARN of AWS's
// is as long; somebody may have made one of a megabyte, which only the forms for
// programs give whole.
const mostOfOne = 1024

// brief leaves out the middle of a value that [Text] has made safe, and says so.
func brief(s string) string {
	if len(s) <= mostOfOne {
		return s
	}
	head, tail := mostOfOne*3/4, len(s)-mostOfOne/4
	for !utf8.RuneStart(s[head]) {
		head--
	}
	for !utf8.RuneStart(s[tail]) {
		tail++
	}
	return s[:head] + "[" + strconv.Itoa(tail-head) + " more bytes: -o json]" + s[tail:]
}

// page collects what is printed for people.
type page struct {
	style   Style
	out     []byte
	origins []*lineage.Origin // all that are printed: two may have one name
	altered bool              // what an altered log file means was said
}

func (p *page) room(indent string) int { return max(p.style.columns()-width(indent), 24) }

// line prints pieces one after the other, whatever their width.
func (p *page) line(indent string, pieces ...piece) {
	p.out = p.style.paint(p.out, faint, indent)
	for _, x := range pieces {
		p.out = p.style.paint(p.out, x.tone, x.text)
	}
	p.end()
}

// end ends a line, without spaces before the end.
func (p *page) end() {
	n := len(p.out)
	for n > 0 && p.out[n-1] == ' ' {
		n--
	}
	p.out = append(p.out[:n], '\n')
}

// blank prints an empty line inside a tree.
func (p *page) blank(indent string) { p.line(strings.TrimRight(indent, " ")) }

// flow prints pieces with a separator between, and goes on below, under the
// indent rest, where the next one does not fit. A piece is never broken: an id
// can be copied whole even where it is wider than the page.
func (p *page) flow(first, rest, sep string, pieces ...piece) {
	p.out = p.style.paint(p.out, faint, first)
	comma := strings.TrimRight(sep, " ")
	col, begun := width(first), false
	for i, x := range pieces {
		if x.text == "" {
			continue
		}
		need := width(x.text)
		if i < len(pieces)-1 {
			need += width(comma)
		}
		switch {
		case begun && col+width(sep)+need > p.style.columns():
			p.out = append(p.out, comma...)
			p.end()
			p.out = p.style.paint(p.out, faint, rest)
			col = width(rest)
		case begun:
			p.out = append(p.out, sep...)
			col += width(sep)
		}
		p.out = p.style.paint(p.out, x.tone, x.text)
		col += width(x.text)
		begun = true
	}
	p.end()
}

// prose prints words, broken between them.
func (p *page) prose(first, rest string, t tone, text string) {
	var words []piece
	for w := range strings.FieldsSeq(text) {
		words = append(words, say(t, w))
	}
	p.flow(first, rest, " ", words...)
}

// writeTo hands the page over.
func (p *page) writeTo(w io.Writer) error {
	_, err := w.Write(p.out)
	return err
}

// writeTrimmedTo hands the page over without the blank lines at its end.
func (p *page) writeTrimmedTo(w io.Writer) error {
	for len(p.out) > 1 && bytes.HasSuffix(p.out, []byte("\n\n")) {
		p.out = p.out[:len(p.out)-1]
	}
	return p.writeTo(w)
}

// glyphs are what trees are drawn with.
type glyphs struct{ node, last, bar, none, dot string }

func (s Style) glyphs() glyphs {
	if s.ASCII {
		return glyphs{"|- ", "`- ", "|  ", "   ", "* "}
	}
	return glyphs{"├─ ", "└─ ", "│  ", "   ", "● "}
}

// branch is the indent of a child's first line, and of all that is under it.
func (s Style) branch(last bool) (first, rest string) {
	g := s.glyphs()
	if last {
		return g.last, g.none
	}
	return g.node, g.bar
}
