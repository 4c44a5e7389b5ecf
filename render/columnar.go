package render

import "slices"

// columnar is a small table whose columns are as wide as what is in them. All
// columns but the first two and the last hold numbers and stand to the right.
type columnar struct {
	names []string
	rows  [][]piece
}

func (c *columnar) head(names ...string) { c.names = names }

func (c *columnar) row(cells ...piece) { c.rows = append(c.rows, cells) }

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
	widths[1] = min(widths[1], max(room-min(widths[last], room/3), 12))
	widths[last] = max(min(widths[last], room-widths[1]), 8)

	head := make([]piece, len(c.names))
	for i, name := range c.names {
		head[i] = piece{faint, name}
	}
	for _, r := range slices.Concat([][]piece{head}, c.rows) {
		line := make([]piece, 0, 2*len(r))
		for i, cell := range r {
			text := p.style.cut(cell.text, widths[i])
			switch {
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
