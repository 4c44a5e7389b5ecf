package cloudtrail

import "encoding/binary"

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
	if s.buf[i] == '-' {
		i++
	}
	first := i
	i = s.digits(i)
	if s.buf[first] == '0' && i > first+1 {
		return s.fail(badValue, first)
	}
	if s.buf[i] == '.' {
		i = s.digits(i + 1)
	}
	if s.buf[i]|0x20 == 'e' {
		if i++; s.buf[i] == '+' || s.buf[i] == '-' {
			i++
		}
		i = s.digits(i)
	}
	return i
}

// digits steps over one digit at least.
func (s *scanner) digits(i int) int {
	if s.buf[i]-'0' > 9 {
		return s.fail(badValue, i)
	}
	for s.buf[i]-'0' < 10 {
		i++
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
