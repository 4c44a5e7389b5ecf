package main

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
)

func TestFlat(t *testing.T) {
	object := func(file string, n int) flat {
		return flat{{"file", file}, {"at", cloudtrail.Time(0)}, {"sizes", flat{{"n", n}, {"whole", n > 0}}}, {"parts", []flat{{{"of", file}}}}}
	}
	list := []flat{object("a\u202e\x1b<b>\"", 0), object("=cmd", 7)}
	list[1][1].value = cloudtrail.Time(1)
	for _, c := range []struct {
		form render.Form
		list []flat
		want string
	}{
		{render.JSON, nil, "[]\n"},
		{render.JSONL, nil, ""},
		{render.CSV, nil, "file,at,sizes.n,sizes.whole\n"},
		{render.JSON, list, `[{"file":"a\u202e\u001b<b>\"","sizes":{"n":0,"whole":false},"parts":[{"of":"a\u202e\u001b<b>\""}]},` +
			`{"file":"=cmd","at":"1970-01-01T00:00:01Z","sizes":{"n":7,"whole":true},"parts":[{"of":"=cmd"}]}]` + "\n"},
		{render.CSV, list[1:], "file,at,sizes.n,sizes.whole\n'=cmd,1970-01-01T00:00:01Z,7,true\n"},
	} {
		var b strings.Builder
		if err := printList(&b, c.form, object("", 0), c.list); err != nil || b.String() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.form, err, b.String(), c.want)
		}
	}
	var b strings.Builder
	if err := printOne(&b, render.JSON, object("a", 1)); err != nil || !strings.HasPrefix(b.String(), `{"file":"a"`) {
		t.Errorf("one: %v, %s", err, b.String())
	}
}
