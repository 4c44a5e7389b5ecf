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
