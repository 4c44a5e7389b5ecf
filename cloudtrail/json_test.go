package cloudtrail_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

func TestGet(t *testing.T) {
	const doc = ` { "a" : {"b":[1,{"c":2}],"d\"e":"x","a":null} , "s":"say \"hi\" \u00e9\ud83d\udd11", "n":-1.5e3,"t":true,
		"dup":1,"dup":{"x":"last"},"esc\u0061ped":"y", "empty":"", "slash":"a\\", "after":"z" } `
	for name, c := range map[string]struct {
		path []string
		raw  cloudtrail.JSON
		text string
	}{
		"object":        {[]string{"a"}, `{"b":[1,{"c":2}],"d\"e":"x","a":null}`, ""},
		"array":         {[]string{"a", "b"}, `[1,{"c":2}]`, ""},
		"quoted name":   {[]string{"a", `d"e`}, `"x"`, "x"},
		"null":          {[]string{"a", "a"}, "null", ""},
		"missing":       {[]string{"a", "x", "y"}, "", ""},
		"no object":     {[]string{"n", "x"}, "", ""},
		"into an array": {[]string{"a", "b", ""}, "", ""},
		"escapes":       {[]string{"s"}, `"say \"hi\" \u00e9\ud83d\udd11"`, "say \"hi\" é🔑"},
		"number":        {[]string{"n"}, "-1.5e3", "-1.5e3"},
		"boolean":       {[]string{"t"}, "true", "true"},
		"last wins":     {[]string{"dup", "x"}, `"last"`, "last"},
		"escaped name":  {[]string{"escaped"}, `"y"`, "y"},
		"exact case":    {[]string{"A"}, "", ""},
		"empty":         {[]string{"empty"}, `""`, ""},
		"backslash":     {[]string{"slash"}, `"a\\"`, `a\`},
		"behind it":     {[]string{"after"}, `"z"`, "z"},
	} {
		t.Run(name, func(t *testing.T) {
			got := cloudtrail.JSON(doc).Get(c.path...)
			if got != c.raw || got.Text() != c.text {
				t.Errorf("%s, %q; want %s, %q", got, got.Text(), c.raw, c.text)
			}
		})
	}
	if got := cloudtrail.JSON("[1]").Get(); got != "[1]" {
		t.Errorf("no path: %s", got)
	}
}

func TestMembers(t *testing.T) {
	for in, want := range map[cloudtrail.JSON][][2]string{
		` {"a":1,"b\n":[2],"a":{"c":3} } `: {{"a", "1"}, {"b\n", "[2]"}, {"a", `{"c":3}`}},
		`["x",[],{"y":[1,2]},null]`:        {{"", `"x"`}, {"", "[]"}, {"", `{"y":[1,2]}`}, {"", "null"}},
		`{}`:                               nil,
		` [ ] `:                            nil,
		`"{\"a\":1}"`:                      nil,
		`null`:                             nil,
		``:                                 nil,
	} {
		var got [][2]string
		for name, value := range in.Members() {
			got = append(got, [2]string{name, string(value)})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
	for name := range cloudtrail.JSON(`{"a":1,"b":2}`).Members() {
		if name == "b" {
			t.Error("went on behind the end")
		}
		break
	}
}

func TestUnquoted(t *testing.T) {
	for in, want := range map[cloudtrail.JSON]cloudtrail.JSON{
		`"{\"a\":[\"\\\"\"]}"`: `{"a":["\""]}`,
		`" {\"a\":1} "`:        `{"a":1}`,
		`"7"`:                  `7`,
		`"text"`:               "",
		`"{\"a\":1"`:           "",
		`"{} {}"`:              "",
		`""`:                   "",
		`{"a":1}`:              `{"a":1}`,
		`null`:                 `null`,
		``:                     "",
	} {
		if got := in.Unquoted(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// FuzzJSONGet looks a name up, and reads what it finds, in any text; in JSON it
// must find what the oracle finds.
func FuzzJSONGet(f *testing.F) {
	for _, b := range committed(f) {
		f.Add(string(b), "Records", "eventID")
	}
	f.Add(`{"a":{"b":"\ud83d\udd11"}}`, "a", "b")
	f.Add(`{"a":"{\"b\":1}"`, "a", "")
	f.Fuzz(func(t *testing.T, text, name, inner string) {
		j := cloudtrail.JSON(text)
		first, second := j.Get(name), j.Get(name, inner)
		for _, v := range []cloudtrail.JSON{j, first, second, first.Unquoted()} {
			_ = v.Text()
			for range v.Members() {
			}
		}
		if u := first.Unquoted(); first != "" && u != "" && u != first && !json.Valid([]byte(u)) {
			t.Fatalf("unquoted to what is no JSON: %q", u)
		}
		values, err := readValues([]byte(text))
		if err != nil || len(values) != 1 {
			return
		}
		if want := cloudtrail.JSON(values[0].get(name).raw); first != want {
			t.Fatalf("Get(%q) = %q, want %q", name, first, want)
		}
		if want := values[0].get(name, inner); second != cloudtrail.JSON(want.raw) || second.Text() != want.text() {
			t.Fatalf("Get(%q, %q) = %q, want %q", name, inner, second, want.raw)
		}
	})
}
