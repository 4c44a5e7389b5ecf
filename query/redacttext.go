package query

import "regexp"

// tokenForms are how a session token is written in text that is no JSON. They
// are sought one after the other; what stays of a match are its groups.
var tokenForms = [...]*regexp.Regexp{
	// A name, a sign and a value: NAME=value, NAME: "value", NAME => value,
	// <NAME>value, {'NAME': u'value'}, YAML's NAME: >, these escaped and
	// percent-encoded, and {'name': 'NAME', 'value': 'value'}.
	regexp.MustCompile(`(?i)(` + tokenName + closing + `(?:` + sign + `|` + beside + `))` + tokenValue),
	// ("NAME", "value")
	regexp.MustCompile(`(?i)([(\[,]\s*\\*["'][-\w.]*` + tokenName + `\\*["']` + space + `,` + space + `)` + quotedValue),
	// A name, a blank and a value, where it is no prose: a command, an option,
	// or a value as long as a token.
	regexp.MustCompile(`(?i)((?:\bset(?:env|x)?\s+|(?:^|[\s"'=])--?)[-\w.]*` + bareName + `["']?\s+)` + tokenValue),
	regexp.MustCompile(`(?i)(` + bareName + `["']?\s+)(?:[a-z0-9+/=_-]{20,})`),
}

const (
	space     = `(?:\s|\\+[nrt])*`
	bareName  = `(?:session|security)[-_.]?token`
	tokenName = `(?:session|security)(?:[-_ .]|%(?:25)*(?:2d|5f|20))?token(?:[-_]?value)?`
	closing   = "(?:\\\\*[\"'`]" + `|[\])]|&(?:quot|#34|#39|apos);|%(?:25)*2[27])*`
	sign      = space + `(?:=>|[:=]{1,2}|>|&gt;|%(?:25)*3[ade])(?:` + space + `[>|][-+0-9]*[ \t]*(?:\r?\n|\\+n))?` + space
	beside    = `[\s,;"'\\}]*\b[a-z]*value\\*["']?` + space + `(?:=>|[:=>])` + space

	// In quotes a value ends with them, else where a text, URL or tag goes on.
	quotedValue = `(?:([bu]{0,2}\\*")[^"\\]*(?:\\+[^"\\][^"\\]*)*|([bu]{0,2}\\*')[^'\\]*(?:\\+[^'\\][^'\\]*)*)`
	tokenValue  = `(?:` + quotedValue + `|(&(?:quot|#34|#39|apos);)?(?:[^\s"'\\&,;<>{}]|\\[/u])+(?:\s*\n\s+[a-z0-9+/=_-]{16,})*)`
)
