package main

import "testing"

func TestStoreFolder(t *testing.T) {
	for _, c := range []struct{ name, flag, variable, data, want string }{
		{"nothing said", "", "", "", "/home/pat/.local/share/crosstrail"},
		{"a data folder", "", "", "/data", "/data/crosstrail"},
		{"a data folder that is no path", "", "", "data", "/home/pat/.local/share/crosstrail"},
		{"the variable", "", "/var/store", "/data", "/var/store"},
		{"the flag", "here", "/var/store", "/data", "here"},
		{"a table in the variable", "", "dynamodb://events", "", ""},
	} {
		t.Setenv("HOME", "/home/pat")
		t.Setenv("XDG_DATA_HOME", c.data)
		t.Setenv(storeVariable, c.variable)
		v := storeValue(c.flag)
		if got, err := v.folder(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"~": "/home/pat", "~/case": "/home/pat/case", "~other": "", "~other/case": "", "./~": "./~", "a~b": "a~b", "/a/~": "/a/~",
	} {
		var v storeValue
		if err := v.Set(text); string(v) != want || (err == nil) != (want != "") {
			t.Errorf("--store %s: %q, %v; want %q", text, v, err, want)
		}
		t.Setenv(storeVariable, text)
		if got, err := new(storeValue).folder(); got != want || (err == nil) != (want != "") {
			t.Errorf("$%s %s: %q, %v; want %q", storeVariable, text, got, err, want)
		}
	}
	t.Setenv("HOME", "")
	var v storeValue
	t.Setenv(storeVariable, "")
	t.Setenv("XDG_DATA_HOME", "")
	if dir, err := v.folder(); err == nil {
		t.Errorf("without a home: %q", dir)
	}
	for _, bad := range []string{"", " ", "dynamodb://", "dynamodb://a/b", "arn:aws:dynamodb:us-east-1:999999999999:table/events", "s3://bucket"} {
		if err := v.Set(bad); err == nil {
			t.Errorf("--store %q is taken", bad)
		}
	}
}
