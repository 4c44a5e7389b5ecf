package query

import (
	"bytes"
	"encoding/json"
	"strings"
)

const redacted = "REDACTED"

// Redact returns a record in which every session token is replaced by REDACTED:
// members of that name at any depth, values that a member or an element beside
// them names so, in JSON that is written inside a string too, and in URLs and
// other text. All other bytes stay as they are, save that a string in which
// something was replaced is escaped anew.
func Redact(raw []byte) []byte {
	if !mayHoldToken(string(raw)) {
		return raw
	}
	return redactJSON(raw, 8)
}

// RedactText is [Redact] for one text out of a record: an error message, a user
// agent, a name. It is quick where the text has no word like token.
func RedactText(s string) string {
	if len(s) < len("sessiontoken=x") || !mayHoldToken(s) {
		return s
	}
	return redactText(s, 8)
}

// mayHoldToken is quick and errs on the safe side: escapes may spell anything.
func mayHoldToken(s string) bool {
	return holdsWord(s, 'k') || holdsWord(s, 'K') || strings.Contains(s, `\u`)
}

// holdsWord reports whether the word token is in s, in any case but for its k.
func holdsWord(s string, k byte) bool {
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], k)
		if n < 0 {
			return false
		}
		if i += n; i >= 2 && i+3 <= len(s) && strings.EqualFold(s[i-2:i+3], "token") {
			return true
		}
	}
}

// isToken reports whether a member of that name holds a session token, however
// it is spelt: sessionToken, SessionToken, AWS_SESSION_TOKEN, X-Amz-Security-Token.
func isToken(name string) bool {
	if len(name) < len("sessiontoken") {
		return false
	}
	name = strings.ToLower(separators.Replace(name))
	return strings.Contains(name, "sessiontoken") || strings.Contains(name, "securitytoken")
}

var separators = strings.NewReplacer("-", "", "_", "", " ", "", ".", "")

// namesToken reports whether a text is but the name of a token: what stands
// beside it, as the value of a variable or the next argument, is one.
func namesToken(text string) bool {
	return len(text) <= 80 && isToken(text) && !strings.ContainsAny(strings.TrimSpace(text), " =&?<>{}")
}

// maxLevels is how deep objects and arrays are followed: deeper than any record
// that was decoded. What is below is replaced whole.
const maxLevels = 1 << 10

// redaction copies JSON. No text makes it fail: what is no JSON is copied too.
type redaction struct {
	in, out []byte
	depth   int // of JSON within strings, still to be followed
	levels  int
}

func redactJSON(raw []byte, depth int) []byte {
	d := redaction{in: raw, out: make([]byte, 0, len(raw)), depth: depth}
	for i := 0; i < len(raw); {
		i = d.value(i)
		if i < len(raw) {
			d.out = append(d.out, raw[i]) // white space, or no JSON
			i++
		}
	}
	return d.out
}

// value copies the value at i and returns the index behind it; what begins no
// value is left to the caller.
func (d *redaction) value(i int) int {
	if i >= len(d.in) {
		return i
	}
	switch d.in[i] {
	case '{', '[':
		if d.levels == maxLevels {
			return d.replace(i)
		}
		d.levels++
		if d.in[i] == '{' {
			i = d.object(i)
		} else {
			i = d.array(i)
		}
		d.levels--
		return i
	case '"':
		end := stringEnd(d.in, i)
		d.out = append(d.out, redactString(d.in[i:end], d.depth)...)
		return end
	}
	return d.copyUntil(i, `{}[]",: `+"\t\r\n")
}

// replace puts the mark where a value was.
func (d *redaction) replace(i int) int {
	d.out = append(d.out, `"`+redacted+`"`...)
	return valueEnd(d.in, i)
}

func (d *redaction) copyUntil(i int, stop string) int {
	end := len(d.in)
	if n := bytes.IndexAny(d.in[i:], stop); n >= 0 {
		end = i + n
	}
	d.out = append(d.out, d.in[i:end]...)
	return end
}

// object copies an object. Where one of its members says that it is about a
// token, as {"name":"AWS_SESSION_TOKEN","value":"…"} does, the others that hold
// a value are replaced, those written before it too.
func (d *redaction) object(i int) int {
	var held [][2]int // parts of out
	about := false
	d.out = append(d.out, '{')
	for i++; i < len(d.in); {
		switch d.in[i] {
		case '}':
			d.out = append(d.out, '}')
			if about {
				d.blank(held)
			}
			return i + 1
		case '"':
			end := stringEnd(d.in, i)
			value := skipSpace(d.in, end)
			if value >= len(d.in) || d.in[value] != ':' {
				i = d.value(i)
				continue
			}
			value = skipSpace(d.in, value+1)
			d.out = append(d.out, d.in[i:value]...)
			name := unquote(d.in[i:end])
			start := len(d.out)
			if isToken(name) && !bytes.HasPrefix(d.in[value:], []byte("null")) {
				i = d.replace(value)
				continue
			}
			i = d.value(value)
			switch text := d.in[value:i]; {
			case isLabel(name) && len(text) > 0 && text[0] == '"' && namesToken(unquote(text)):
				about = true
			case !isLabel(name) && isContent(name) && i > value:
				held = append(held, [2]int{start, len(d.out)})
			}
		case '{', '[':
			i = d.value(i)
		default:
			d.out = append(d.out, d.in[i])
			i++
		}
	}
	return i
}

// blank replaces parts of out, the last one first so that the others stay put.
func (d *redaction) blank(parts [][2]int) {
	for k := len(parts) - 1; k >= 0; k-- {
		start, end := parts[k][0], parts[k][1]
		if bytes.Equal(d.out[start:end], []byte("null")) {
			continue
		}
		rest := append([]byte(`"`+redacted+`"`), d.out[end:]...)
		d.out = append(d.out[:start], rest...)
	}
}

// isLabel and isContent tell the two members of a pair: name and value, key and
// stringValue, parameterKey and parameterValue.
func isLabel(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "name") || strings.HasSuffix(name, "key") || name == "k" || name == "n" ||
		name == "variable" || name == "field" || name == "header" || name == "id" || name == "label"
}

func isContent(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "value") || name == "v" || name == "content" || name == "data" || name == "text" ||
		name == "secret" || name == "default" || name == "string"
}

// array copies an array. The element behind a token's name is its value, as in
// ["aws","configure","set","aws_session_token","…"].
func (d *redaction) array(i int) int {
	named := false
	d.out = append(d.out, '[')
	for i++; i < len(d.in); {
		switch c := d.in[i]; {
		case c == ']':
			d.out = append(d.out, c)
			return i + 1
		case c == '"' && named:
			i, named = d.replace(i), false
		case c == '"':
			end := stringEnd(d.in, i)
			named = namesToken(unquote(d.in[i:end]))
			i = d.value(i)
		case c == '{' || c == '[':
			i, named = d.value(i), false
		default:
			d.out = append(d.out, c)
			i++
		}
	}
	return i
}

// redactString handles one string value, quotes included.
func redactString(text []byte, depth int) []byte {
	if !mayHoldToken(string(text)) {
		return text
	}
	plain := unquote(text)
	clean := redactText(plain, depth)
	if clean == plain {
		return text
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(clean) != nil {
		return []byte(`"` + redacted + `"`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func redactText(s string, depth int) string {
	if !mayHoldToken(s) {
		return s
	}
	if depth == 0 {
		return redacted
	}
	if trimmed := strings.TrimSpace(s); trimmed != "" && strings.IndexByte(`{["`, trimmed[0]) >= 0 && json.Valid([]byte(s)) {
		return string(redactJSON([]byte(s), depth-1))
	}
	for _, form := range tokenForms {
		s = form.ReplaceAllString(s, "${1}${2}${3}${4}"+redacted)
	}
	return s
}

// stringEnd is the index behind the string that begins at i.
func stringEnd(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// valueEnd is the index behind the value that begins at i.
func valueEnd(raw []byte, i int) int {
	for depth := 0; i < len(raw); {
		switch raw[i] {
		case '"':
			if i = stringEnd(raw, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i
}

func unquote(text []byte) string {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return string(text)
	}
	return s
}
