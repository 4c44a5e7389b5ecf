package query

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

const redacted = "REDACTED"

// Redact returns a record in which every session token is replaced by REDACTED:
// members of that name at any depth, in JSON that is written inside a string
// too, and in URLs and other text. All other bytes stay as they are, save that
// a string in which something was replaced is escaped anew.
func Redact(raw []byte) []byte {
	if !mayHoldToken(string(raw)) {
		return raw
	}
	return redactJSON(raw, 8)
}

// mayHoldToken is quick and errs on the safe side: escapes may spell anything.
func mayHoldToken(s string) bool {
	return strings.Contains(s, "oken") || strings.Contains(s, "OKEN") || strings.Contains(s, `\u`) ||
		strings.Contains(strings.ToLower(s), "token")
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

// redactJSON copies valid JSON. A string before a colon is a member's name; no
// other structure needs to be known. depth bounds JSON within strings.
func redactJSON(raw []byte, depth int) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '"' {
			out = append(out, raw[i])
			i++
			continue
		}
		end := stringEnd(raw, i)
		text := raw[i:end]
		value := skipSpace(raw, end)
		if value < len(raw) && raw[value] == ':' {
			value = skipSpace(raw, value+1)
			out = append(out, raw[i:value]...)
			i = value
			if isToken(unquote(text)) && !bytes.HasPrefix(raw[value:], []byte("null")) {
				out = append(out, `"`+redacted+`"`...)
				i = valueEnd(raw, value)
			}
			continue
		}
		out = append(out, redactString(text, depth)...)
		i = end
	}
	return out
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
	return tokenInText.ReplaceAllString(s, "${1}"+redacted)
}

// tokenInText finds NAME=value, NAME: "value", <NAME>value and their escaped
// forms in text that is no JSON.
var tokenInText = regexp.MustCompile(`(?i)((?:session|security)[-_ ]?token\\*["']?(?:\s*[:=>]\s*|%3d)\\*["']?)(?:[^\s"'\\&,;<>{}]|\\[/u])+`)

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
