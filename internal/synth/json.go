package synth

import (
	"fmt"
	"strconv"
)

// raw is text that is JSON already.
type raw string

const null raw = "null"

// object makes a JSON object of names and values in turn. A value is a string,
// bool, int, raw, or []string; nil and empty raw are left out.
func object(pairs ...any) raw {
	b := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil || pairs[i+1] == raw("") {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendString(b, pairs[i].(string))
		b = append(b, ':')
		b = appendValue(b, pairs[i+1])
	}
	return raw(append(b, '}'))
}

func array(items ...raw) raw {
	b := []byte{'['}
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return raw(append(b, ']'))
}

// given is the string as a value, or nothing where it is empty.
func given(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case raw:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	}
	panic(fmt.Sprintf("synth: no JSON for %T", v))
}

// appendString quotes as AWS does: control characters escaped, the rest as it
// is. Only valid UTF-8 comes here.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
