package render

import (
	"encoding/binary"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// The functions of this file append JSON to a buffer. Those that take a key
// add a member to the object that the buffer ends in, and leave it out where
// the value is empty; an object is begun with '{' and ended with '}' by hand.

// member begins a member: the comma, where it is not the first, and the key.
func member(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

// element begins an element of an array.
func element(dst []byte) []byte {
	if dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	return dst
}

func text(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return quote(member(dst, key), value)
}

// pair adds a member whose key came out of a log too, empty or not.
func pair(dst []byte, key, value string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return quote(append(quote(dst, key), ':'), value)
}

func texts(dst []byte, key string, values []string) []byte {
	if len(values) == 0 {
		return dst
	}
	dst = append(member(dst, key), '[')
	for _, v := range values {
		dst = quote(element(dst), v)
	}
	return append(dst, ']')
}

func moment(dst []byte, key string, t cloudtrail.Time) []byte {
	if t.IsZero() {
		return dst
	}
	dst = append(member(dst, key), '"')
	dst = t.Time().AppendFormat(dst, time.RFC3339)
	return append(dst, '"')
}

func number(dst []byte, key string, n int) []byte {
	return strconv.AppendInt(member(dst, key), int64(n), 10)
}

func boolean(dst []byte, key string, b bool) []byte {
	return strconv.AppendBool(member(dst, key), b)
}

// known adds a boolean that the record may not tell.
func known(dst []byte, key string, b cloudtrail.Bool) []byte {
	if b == cloudtrail.Absent {
		return dst
	}
	return boolean(dst, key, b == cloudtrail.True)
}

// quote appends a JSON string. It is valid whatever the bytes are: what is not
// UTF-8 becomes U+FFFD. Beyond what JSON asks for, characters that [Text] would
// not show are written as \u escapes: the value is the same, and a terminal
// that the line is printed on obeys none of it. Session tokens are replaced.
func quote(dst []byte, s string) []byte {
	s = query.RedactText(s)
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, s...)
	if !plain(dst[start:]) {
		dst = appendEscaped(dst[:start], s)
	}
	return append(dst, '"')
}

// plain reports whether b is printable ASCII without quote and backslash, eight
// bytes a step.
func plain(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		if (w|(w-ones*0x20)|((w^ones*'"')-ones)|((w^ones*'\\')-ones)|((w^ones*0x7f)-ones))&high != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendEscaped(dst []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == utf8.RuneError || hidden(r):
			dst = appendEscapedRune(dst, r)
		default:
			dst = append(dst, s[i:i+utf8.RuneLen(r)]...)
		}
	}
	return dst
}

// appendEscapedRune appends an escape. U+FFFD stands for itself and for what is
// not UTF-8.
func appendEscapedRune(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r < 0x10000:
		return appendUnit(dst, r)
	}
	r -= 0x10000
	return appendUnit(appendUnit(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
}

// appendUnit appends one UTF-16 unit as \uXXXX.
func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}
