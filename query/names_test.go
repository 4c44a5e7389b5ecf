package query_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/query"
)

func TestNames(t *testing.T) {
	var n query.Names
	for _, p := range [][2]string{
		{"111111111111", "first"},
		{"111111111111", "prod"},
		{" AIDA1 ", " jsmith "},
		{"", "nobody"},
		{"222222222222", ""},
		{"192.0.2.0/24", "office"},
		{"192.0.2.128/25", "lab"},
		{"192.0.2.200", "printer"},
		{"10.0.0.0/8", "inside"},
		{"2001:db8::/32", "six"},
		{"2001:DB8:0:0::1", "router"},
		{"192.0.2.77/24", "head office"},
		{"arn:aws:iam::1:role/r", "the role"},
	} {
		n.Add(p[0], p[1])
	}
	for id, want := range map[string]string{
		"111111111111": "prod", "AIDA1": "jsmith", "222222222222": "", "": "",
		"192.0.2.1": "head office", "192.0.2.129": "lab", "192.0.2.200": "printer", "10.9.8.7": "inside", "11.0.0.1": "",
		"::ffff:192.0.2.129": "lab", "2001:db8:1::9": "six", "2001:db8::1": "router", "2001:db9::1": "", "AWS Internal": "",
		"arn:aws:iam::1:role/r": "the role", "192.0.2": "",
	} {
		if got := n.Of(id); got != want {
			t.Errorf("Of(%q) = %q, want %q", id, got, want)
		}
	}
	var none *query.Names
	if none.Of("111111111111") != "" || none.Len() != 0 {
		t.Error("no names know a name")
	}
	if got := n.Len(); got != 9 {
		t.Errorf("Len = %d, want 9", got)
	}
}
