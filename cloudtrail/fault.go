package cloudtrail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fault is what a scanner stumbled on.
type fault uint8

const (
	noFault   fault = iota
	badSyntax       // not what may stand there
	badValue        // no value begins so, or it ends too early
	badString       // a control byte in a string
	badEscape
	tooDeep
)

// problem tells the fault in words.
func (s *scanner) problem() string {
	rest := s.text[s.at:]
	c, _ := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "":
		return "it is cut short"
	case s.fault == tooDeep:
		return fmt.Sprintf("it nests deeper than %d levels, which no record of AWS does: look at what wrote it", maxDepth)
	case s.fault == badString:
		return fmt.Sprintf("control byte 0x%02x in a string: JSON wants it escaped", rest[0])
	case s.fault == badEscape:
		return "bad escape in a string"
	case c == utf8.RuneError && !strings.HasPrefix(rest, "\uFFFD"):
		return fmt.Sprintf("byte 0x%02x is no UTF-8: get the file again, or convert it to UTF-8", rest[0])
	case c > unicode.MaxASCII && isSpace(c):
		return fmt.Sprintf("U+%04X, a special space, between JSON tokens: such spaces come with text "+
			"copied from web pages; replace them with plain spaces", c)
	case strings.ContainsRune("\u201c\u201d\u201e\u2018\u2019", c):
		return fmt.Sprintf("U+%04X, a curly quote, where JSON has \": such quotes come with text "+
			"copied from web pages; replace them with plain ones", c)
	case c < ' ':
		return fmt.Sprintf("control byte 0x%02x where JSON has none", c)
	}
	return fmt.Sprintf("bad JSON: unexpected %q", c)
}

// kindOf names the kind of value that begins with c.
func kindOf(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
