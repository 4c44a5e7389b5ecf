package local_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guide is README.md.
type guide struct{ text string }

func readGuide(t *testing.T) guide {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	g := guide{string(text)}
	if marks, fences := len(exampleMark.FindAllString(g.text, -1)), strings.Count(g.text, "\n```")/2; marks != fences {
		t.Errorf("README.md has %d examples, %d of them marked for this test", fences, marks)
	}
	return g
}

var exampleMark = regexp.MustCompile("(?ms)^<!-- (\\w+): (\\w+) -->\n```\\w+\n(.*?)^```$")

func (g guide) example(t *testing.T, language, name string) string {
	t.Helper()
	for _, m := range exampleMark.FindAllStringSubmatch(g.text, -1) {
		if m[1] == language && m[2] == name {
			return m[3]
		}
	}
	t.Fatalf("README.md has no example %s: %s", language, name)
	return ""
}

var columnLine = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `([^`]+)` \\|[^|]*\\| ([^|]+) \\| [^|]+ \\|$")

// hasColumns compares the table of columns with the files.
func (g guide) hasColumns(t *testing.T, described, schema answer) {
	required := map[string]bool{}
	for _, r := range schema.Rows {
		if r[1] != nil {
			required[r[0].(string)] = r[1] == "REQUIRED"
		}
	}
	documented, there := map[string]string{}, map[string]string{}
	for _, m := range columnLine.FindAllStringSubmatch(g.text, -1) {
		if documented[m[1]] != "" {
			t.Errorf("README.md documents %s twice", m[1])
		}
		documented[m[1]] = m[2]
		if never := strings.HasPrefix(m[3], "never"); never != required[m[1]] {
			t.Errorf("README.md says of null in %s: %q; in the files it is required: %v", m[1], m[3], required[m[1]])
		}
	}
	for _, r := range described.Rows {
		there[r[0].(string)] = r[1].(string)
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if documented[name] != there[name] {
			t.Errorf("%s is %s; README.md says %q", name, there[name], documented[name])
		}
	}
	for name := range documented {
		if there[name] == "" {
			t.Errorf("README.md documents %s, which is not there", name)
		}
	}
}

var athenaLine = regexp.MustCompile(`(?m)^  (\w+) ([\w<>]+),?$`)

// hasAthenaColumns compares Athena's table with the files.
func (g guide) hasAthenaColumns(t *testing.T, described answer) {
	athena := map[string]string{"VARCHAR": "string", "BIGINT": "bigint", "BOOLEAN": "boolean", "TIMESTAMP WITH TIME ZONE": "timestamp", "VARCHAR[]": "array<string>"}
	want, got := map[string]string{}, map[string]string{}
	for _, r := range described.Rows {
		want[r[0].(string)] = athena[r[1].(string)]
	}
	for _, m := range athenaLine.FindAllStringSubmatch(g.example(t, "athena", "table"), -1) {
		got[m[1]] = m[2]
	}
	if !maps.Equal(got, want) {
		t.Errorf("Athena's table in README.md has %v\nthe files have %v", got, want)
	}
}
