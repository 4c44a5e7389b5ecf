package deploy

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode/utf16"
)

//go:embed templates/*.yaml
var templates embed.FS

// render fills in a template. What [Check] passed cannot fail in it.
func render(name string, data any) []byte {
	t := template.Must(template.New(name).Funcs(template.FuncMap{"q": quote, "sub": sub, "literal": literal}).ParseFS(templates, "templates/"+name))
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		panic(err) // the templates are embedded, and into a buffer nothing fails
	}
	return out.Bytes()
}

// quote is a text as one YAML scalar on one line, of ASCII, whatever is in it. It is
// JSON too, but for what lies beyond 16 bits.
func quote(v any) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range fmt.Sprint(v) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r <= 0xffff && !utf16.IsSurrogate(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// sub joins texts to what stands behind !Sub.
func sub(parts ...string) string { return quote(strings.Join(parts, "")) }

// itself is a text that stands for itself alone in a policy's Resource: "*" and "?"
// match nothing else there, and "$" begins no variable (IAM User Guide, "IAM policy
// elements: Variables and tags").
func itself(text string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
}

// literal is the same below !Sub, which leaves "${" where "${!" stands (CloudFormation
// Template Reference, "Fn::Sub").
func literal(text string) string { return strings.ReplaceAll(itself(text), "${", "${!") }

// block is a map as what is below a key of YAML, so many spaces in.
func block(v map[string]any, in int) string {
	var b strings.Builder
	pad := strings.Repeat(" ", in)
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if below, ok := v[k].(map[string]any); ok {
			fmt.Fprintf(&b, "%s%s:\n%s", pad, quote(k), block(below, in+2))
			continue
		}
		fmt.Fprintf(&b, "%s%s: %s\n", pad, quote(k), flow(v[k]))
	}
	return b.String()
}

// flow is a value on one line.
func flow(v any) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = flow(v[i])
		}
		return "[" + strings.Join(all, ", ") + "]"
	case map[string]any:
		all := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			all = append(all, quote(k)+": "+flow(v[k]))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	return fmt.Sprint(v)
}
