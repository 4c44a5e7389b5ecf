package render

import (
	"slices"
	"strconv"
	"strings"
)

// columnar is a small table whose columns are as wide as what is in them. All
// columns but the first two and the last hold numbers and stand to the right;
// the last is a list, of which as much is shown as there is room for.
type columnar struct {
	names []string
	rows  [][]piece
	lists [][]string
}

func (c *columnar) head(names ...string) { c.names = names }

func (c *columnar) row(list []string, cells ...piece) {
	c.rows = append(c.rows, append(cells, say(ordinary, strings.Join(list, ", "))))
	c.lists = append(c.lists, list)
}

// table prints a columnar; the second column gives way first, then the last.
func (p *page) table(indent string, c *columnar) {
	last := len(c.names) - 1
	widths := make([]int, len(c.names))
	for i, name := range c.names {
		widths[i] = len(name)
		for _, r := range c.rows {
			widths[i] = max(widths[i], width(r[i].text))
		}
	}
	fixed := 2*last + widths[0]
	for _, w := range widths[2:last] {
		fixed += w
	}
	room := p.room(indent) - fixed
	widths[1] = min(widths[1], max(room-min(widths[last], room*2/5), 12))
	widths[last] = max(min(widths[last], room-widths[1]), 8)

	head := make([]piece, len(c.names))
	for i, name := range c.names {
		head[i] = piece{faint, name}
	}
	for n, r := range slices.Concat([][]piece{head}, c.rows) {
		line := make([]piece, 0, 2*len(r))
		for i, cell := range r {
			text := p.style.cut(cell.text, widths[i])
			switch {
			case i == last && n > 0:
				text = p.style.list(c.lists[n-1], 0, widths[i])
			case i == last:
			case i < 2:
				text = pad(text, widths[i])
			default:
				text = padLeft(text, widths[i])
			}
			line = append(line, piece{cell.tone, text}, piece{ordinary, "  "})
		}
		p.line(indent, line...)
	}
}

// list joins values, as many as n columns take, and counts the rest, to which
// more is added. Of the first one at least a part is shown.
func (s Style) list(values []string, more, n int) string {
	line := ""
	for i, v := range values {
		v = Text(v)
		left := len(values) - i - 1 + more
		tail := ""
		if left > 0 {
			tail = " +" + strconv.Itoa(left)
		}
		switch {
		case i == 0:
			line = s.cut(v, max(n-width(tail), 8))
		case width(line)+2+width(v)+width(tail) <= n:
			line += ", " + v
		default:
			return line + " +" + strconv.Itoa(left+1)
		}
	}
	if line != "" && more > 0 {
		line += " +" + strconv.Itoa(more)
	}
	return line
}
