package cloudtrail

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep objects and arrays may nest inside one field. The
// deepest that AWS writes stays below thirty.
const maxDepth = 512

// scanner steps over JSON, eight bytes at a time, and checks all of it
// (RFC 8259), save that bytes are UTF-8: that is for who reads high.
//
// Its methods take the index of what they read and return the index behind it.
// The zero bytes behind the input are its end: no token holds one, so no loop
// needs to ask for the length. A fault parks the index there, where every later
// step fails too, and so callers need not look until they are done.
type scanner struct {
	buf   []byte // the input and Padding zero bytes behind it
	text  string // the input, in the same memory
	high  bool   // a string held a byte above 0x7f
	fault fault
	at    int // of the first fault
}

// Patterns over the eight bytes of a word.
const (
	ones       = 0x0101010101010101
	tops       = 0x8080808080808080
	spaces     = ones * ' '
	quotes     = ones * '"'
	backslashs = ones * '\\'
)

// open starts on an input. padded has Padding bytes of capacity behind it.
func (s *scanner) open(padded []byte) {
	n := len(padded)
	s.buf = padded[:n+Padding]
	clear(s.buf[n:])
	s.text = alias(padded)
	s.high, s.fault = false, noFault
}

func (s *scanner) fail(f fault, i int) int {
	if s.fault == noFault {
		s.fault, s.at = f, min(i, len(s.text))
	}
	return len(s.text)
}

// space steps over white space.
func (s *scanner) space(i int) int {
	if s.buf[i] > ' ' {
		return i
	}
	return s.longSpace(i)
}

func (s *scanner) longSpace(i int) int {
	for {
		switch s.buf[i] {
		case ' ':
			if binary.LittleEndian.Uint64(s.buf[i:]) == spaces {
				i += 8
			} else {
				i++
			}
		case '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
}

// str takes the index behind the opening quote and returns that of the closing
// one, and whether there are escapes between them.
func (s *scanner) str(i int) (end int, escaped bool) {
	b := s.buf
	for {
		two := (*[16]byte)(b[i:])
		m, n := marks(binary.LittleEndian.Uint64(two[:8])), 0
		if m == 0 {
			m, n = marks(binary.LittleEndian.Uint64(two[8:])), 8
		}
		if m == 0 {
			i += 16
			continue
		}
		i += n + bits.TrailingZeros64(m)>>3
		switch c := b[i]; {
		case c == '"':
			return i, escaped
		case c == '\\':
			escaped = true
			n, ok := escape(b[i+1:])
			i += 1 + n
			if !ok {
				return s.fail(badEscape, i), false
			}
		case c >= 0x80:
			s.high = true
			for i++; b[i] >= 0x80; i++ {
			}
		default:
			return s.fail(badString, i), false
		}
	}
}

// marks sets the top bit of each byte of w that is below 0x20, a quote, a
// backslash or above 0x7f. A borrow only reaches bytes behind one that is, so the
// first is exact.
func marks(w uint64) uint64 {
	return (w | (w - spaces) | ((w ^ quotes) - ones) | ((w ^ backslashs) - ones)) & tops
}

// escape measures the escape at the begin of b, behind its backslash: how many
// bytes belong to it, or come before the one that is wrong.
func escape(b []byte) (n int, ok bool) {
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1, true
	case 'u':
		for n = 1; n < 5; n++ {
			if hexDigit(b[n]) > 15 {
				return n, false
			}
		}
		return n, true
	}
	return 0, false
}

// hexDigit is the value of a hexadecimal digit, above 15 for anything else.
func hexDigit(c byte) rune {
	switch {
	case c-'0' < 10:
		return rune(c - '0')
	case c|0x20-'a' < 6:
		return rune(c|0x20-'a') + 10
	}
	return 16
}

// value steps over any value.
func (s *scanner) value(i int) int {
	switch s.buf[i] {
	case '"':
		end, _ := s.str(i + 1)
		return end + 1
	case '{', '[':
		return s.nested(i)
	}
	return s.scalar(i)
}

// The literals as words of four bytes, false without its first.
const (
	literalTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	literalNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	literalAlse = 'a' | 'l'<<8 | 's'<<16 | 'e'<<24
)

// scalar steps over a number, true, false or null.
func (s *scanner) scalar(i int) int {
	b := (*[5]byte)(s.buf[i:])
	switch b[0] {
	case 't':
		if binary.LittleEndian.Uint32(b[:4]) == literalTrue {
			return i + 4
		}
		return s.failIn("true", i)
	case 'f':
		if binary.LittleEndian.Uint32(b[1:]) == literalAlse {
			return i + 5
		}
		return s.failIn("false", i)
	case 'n':
		if binary.LittleEndian.Uint32(b[:4]) == literalNull {
			return i + 4
		}
		return s.failIn("null", i)
	}
	return s.number(i)
}

// failIn reports the byte where what should be a literal differs from it.
func (s *scanner) failIn(literal string, i int) int {
	for k := 0; s.buf[i] == literal[k]; k++ {
		i++
	}
	return s.fail(badValue, i)
}

func (s *scanner) number(i int) int {
	b := s.buf
	if b[i] == '-' {
		i++
	}
	first := i
	for b[i]-'0' < 10 {
		i++
	}
	if i == first {
		return s.fail(badValue, i)
	}
	if b[first] == '0' && i > first+1 {
		return s.fail(badValue, first)
	}
	if b[i] == '.' {
		frac := i + 1
		for i = frac; b[i]-'0' < 10; i++ {
		}
		if i == frac {
			return s.fail(badValue, i)
		}
	}
	if b[i]|0x20 == 'e' {
		i++
		if b[i] == '+' || b[i] == '-' {
			i++
		}
		exp := i
		for ; b[i]-'0' < 10; i++ {
		}
		if i == exp {
			return s.fail(badValue, i)
		}
	}
	return i
}

// nested steps over an object or array and all in it, without recursion.
func (s *scanner) nested(i int) int {
	b := s.buf
	var objects [maxDepth / 64]uint64 // a bit for each level: it is an object
	depth := uint(0)
	for {
		switch c := b[i]; c {
		case '"':
			i, _ = s.str(i + 1)
			i++
		case '{', '[':
			if depth == maxDepth {
				return s.fail(tooDeep, i)
			}
			level, bit := &objects[depth/64], uint64(1)<<(depth%64)
			depth++
			i = s.space(i + 1)
			if c == '{' {
				*level |= bit
			} else {
				*level &^= bit
			}
			if b[i] == c+2 { // the closing bracket of both kinds
				i++
				depth--
				break
			}
			if c == '{' {
				i = s.name(i)
			}
			continue
		default:
			i = s.scalar(i)
		}
		for {
			if depth == 0 {
				return i
			}
			i = s.space(i)
			object := objects[(depth-1)/64]>>((depth-1)%64)&1 == 1
			if b[i] == ',' {
				i = s.space(i + 1)
				if object {
					i = s.name(i)
				}
				break
			}
			if object && b[i] != '}' || !object && b[i] != ']' {
				return s.fail(badSyntax, i)
			}
			i++
			depth--
		}
	}
}

// name steps over a member's name and colon, to its value.
func (s *scanner) name(i int) int {
	if s.buf[i] != '"' {
		return s.fail(badSyntax, i)
	}
	i, _ = s.str(i + 1)
	return s.colon(i + 1)
}

func (s *scanner) colon(i int) int {
	i = s.space(i)
	if s.buf[i] != ':' {
		return s.fail(badSyntax, i)
	}
	return s.space(i + 1)
}
