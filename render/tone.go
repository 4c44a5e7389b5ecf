package render

import "github.com/crosstrail/crosstrail/lineage"

// tone is how a piece of text looks on a terminal: the parameters of the SGR
// escape (ECMA-48), of the 16 colours that every theme has.
type tone string

const (
	ordinary tone = ""
	strong   tone = "1"
	faint    tone = "2"
	red      tone = "31"
	green    tone = "32"
	yellow   tone = "33"
	cyan     tone = "36"
)

// paint appends text in a tone.
func (s Style) paint(dst []byte, t tone, text string) []byte {
	if !s.Color || t == ordinary || text == "" {
		return append(dst, text...)
	}
	dst = append(dst, "\x1b["...)
	dst = append(dst, t...)
	dst = append(dst, 'm')
	dst = append(dst, text...)
	return append(dst, "\x1b[0m"...)
}

// toneOf is the colour of an evidence mark.
func toneOf(e lineage.Evidence) tone {
	switch e {
	case lineage.Exact:
		return green
	case lineage.Strong:
		return cyan
	case lineage.Inferred, lineage.Claimed:
		return yellow
	}
	return red
}
