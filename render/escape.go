package render

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/query"
)

// Text makes a value out of a log safe to show to a person: what a terminal
// would obey, hide or turn round stands there visibly instead, as \n, \x1b or
// \u{202e}. Printable text comes back as it is, a backslash too. A session
// token that stands in it is replaced, as [query.RedactText] does it.
func Text(s string) string {
	s = query.RedactText(s)
	if cleanASCII(s) {
		return s
	}
	return string(appendText(make([]byte, 0, len(s)+16), s))
}

func appendText(dst []byte, s string) []byte {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				dst = append(dst, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
				continue
			}
		}
		// A mark at the start would sit on the character before the value.
		if !hidden(r) && (i > 0 || !unicode.In(r, unicode.M)) {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		switch {
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < utf8.RuneSelf:
			dst = append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = append(dst, `\u{`...)
			dst = strconv.AppendUint(dst, uint64(r), 16)
			dst = append(dst, '}')
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// hidden reports whether a rune steers the output or cannot be seen: control
// and format characters (bidi overrides, zero-width characters, tags), line
// and paragraph separators, every space but the plain one, private and
// unassigned code points, variation selectors and blank letters.
func hidden(r rune) bool {
	switch {
	case r < 0x20 || r == 0x7f:
		return true
	case r < 0x7f:
		return false
	case !strconv.IsPrint(r):
		return true
	}
	return unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == 0x2800
}

// cleanASCII reports whether there is nothing to escape, for the terminal or
// CSV, in a string that is ASCII.
func cleanASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Cell is one CSV value. It is escaped as [Text] does it, and one that a
// spreadsheet would run as a formula, perhaps once it has trimmed the blanks
// before it, gets an apostrophe before it (OWASP, "CSV Injection").
func Cell(s string) string {
	first := strings.TrimLeftFunc(s, unicode.IsSpace)
	s = Text(s)
	switch r, _ := utf8.DecodeRuneInString(first); r {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}
