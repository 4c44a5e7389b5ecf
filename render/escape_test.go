package render

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/query"
)

// hostile are texts that somebody may put into a user agent or a session name.
var hostile = []string{
	"", "plain", `quote " backslash \ `, "\x00\x01\x1f\x7f", "line\r\nbreak\ttab",
	"\x1b[2J\x1b]0;title\x07", "\u009b31m", "\u202eexe.gpj", "\u2066x\u2069", "zero\u200bwidth\u200d\ufeff",
	"bad \xff\xfe utf8 \xe2\x82", "\xed\xa0\x80", "\ufffd", "\u2028\u2029", "tag \U000e0041", "vs \ufe0f\U000e0101",
	"\u3164\u115f\u2800", "\u0301mark", "日本語 ümlaut 😀", "=1+1", "+1", "-1", "@x", "＝1", strings.Repeat("a", 7) + `"`, strings.Repeat("é", 40),
	"</script>&<b>", `\u0022`, "\U0010ffff", "\ue000",
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain ümlaut 日本": "plain ümlaut 日本",
		`corp\jsmith`:     `corp\jsmith`,
		"a\nb\tc\rd":      `a\nb\tc\rd`,
		"\x1b[2Jx\x00":    `\x1b[2Jx\x00`,
		"\u202eexe":       `\u{202e}exe`,
		"a\u200bb\ufeff":  `a\u{200b}b\u{feff}`,
		"\u009b31m":       `\u{9b}31m`,
		"\xffx\xe2\x82":   `\xffx\xe2\x82`,
		"\ufffd":          "\ufffd",
		"a\u00a0b":        `a\u{a0}b`,
		"\u0301a":         `\u{301}a`,
		"e\u0301":         "e\u0301",
		"\u3164":          `\u{3164}`,
		"x\U000e0041":     `x\u{e0041}`,
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"=HYPERLINK(1)": "'=HYPERLINK(1)",
		"+1":            "'+1",
		"-1":            "'-1",
		"@SUM(A1)":      "'@SUM(A1)",
		"＝1":            "'＝1",
		"\t=1":          `'\t=1`,
		"\r=1":          `'\r=1`,
		" =cmd()":       "' =cmd()",
		" \t\u00a0@x":   `' \t\u{a0}@x`,
		"  a":           "  a",
		"a=1":           "a=1",
		"":              "",
	} {
		if got := Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

// A session token leaves by none of the ways that text leaves by.
func TestTokensAreReplaced(t *testing.T) {
	const in = "k?X-Amz-Security-Token=SECRET&a"
	const want = "k?X-Amz-Security-Token=REDACTED&a"
	for way, got := range map[string]string{"terminal": Text(in), "CSV": Cell(in), "JSON": string(quote(nil, in))} {
		if strings.Trim(got, `"`) != want {
			t.Errorf("%s: %s", way, got)
		}
	}
}

func TestRowIsCSV(t *testing.T) {
	got, err := csv.NewReader(strings.NewReader(string(appendRow(nil, hostile)))).Read()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, h := range hostile {
		want = append(want, Cell(h))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzEscapes holds what all three escapers promise of any bytes at all.
func FuzzEscapes(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := Text(s)
		if !utf8.ValidString(shown) {
			t.Errorf("Text(%q) is not UTF-8: %q", s, shown)
		}
		if strings.ContainsFunc(shown, hidden) {
			t.Errorf("Text(%q) shows a hidden character: %q", s, shown)
		}
		if again := Text(shown); again != shown {
			t.Errorf("Text is not settled: %q, then %q", shown, again)
		}

		var got, want string
		quoted := quote(nil, s)
		if err := json.Unmarshal(quoted, &got); err != nil {
			t.Fatalf("quote(%q) = %s: %v", s, quoted, err)
		}
		oracle, err := json.Marshal(query.RedactText(s))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(oracle, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("quote(%q) reads %q, want %q", s, got, want)
		}
		if strings.ContainsFunc(string(quoted), hidden) {
			t.Errorf("quote(%q) holds a hidden character: %s", s, quoted)
		}

		row, err := csv.NewReader(strings.NewReader(string(appendRow(nil, []string{"id", s})))).Read()
		if err != nil {
			t.Fatal(err)
		}
		if len(row) != 2 || row[1] != Cell(s) {
			t.Errorf("the CSV of %q reads %q", s, row)
		}
		if row[1] != "" && strings.ContainsRune("=+-@\t\r\n", rune(row[1][0])) {
			t.Errorf("a spreadsheet runs %q", row[1])
		}
	})
}

// FuzzLine holds that a line is JSON whatever the log says.
func FuzzLine(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	e := NewEncoder(Style{})
	f.Fuzz(func(t *testing.T, s string) {
		l := everything()
		poison(&l, s)
		got := e.Append(nil, l)
		if !json.Valid(got) || strings.ContainsFunc(string(got), hidden) {
			t.Errorf("%q makes %q", s, got)
		}
	})
}
