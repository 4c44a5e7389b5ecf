package source_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

func TestReadNames(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             map[string]string // "" for what must have no name
		fails            string            // part of the error
	}{
		{
			name: "csv", file: "names.csv",
			text: "111111111111,dev\n# ours\n\n 012345670123 , \"prod, old\",extra\n203.0.113.0/24,office\nAIDAEXAMPLE,jsmith\n",
			want: map[string]string{"111111111111": "dev", "012345670123": "prod, old", "203.0.113.7": "office", "AIDAEXAMPLE": "jsmith", "12345670123": "", "204.0.0.1": ""},
		},
		{name: "csv with a heading", file: "x", text: "Account ID,Name\n111111111111,dev\n", want: map[string]string{"111111111111": "dev", "Account ID": ""}},
		{name: "csv with byte order mark and CRLF", file: "x.csv", text: "\ufeff111111111111,dev\r\n222222222222,prod\r\n", want: map[string]string{"111111111111": "dev", "222222222222": "prod"}},
		{name: "csv without a name", file: "x.csv", text: "111111111111,dev\n222222222222\n", fails: `x.csv:2: "222222222222" has no name`},
		{name: "csv with a lone quote", file: "x.csv", text: "1111\"11111111,\"de\n", fails: "each line is: id,name"},
		{name: "a lost zero", file: "x.csv", text: "12345670123,dev\n", fails: "x.csv:1: 12345670123 has 11 digits and account ids have 12: spreadsheets drop leading zeros; write 012345670123"},
		{name: "a rounded id", file: "x.csv", text: "1.23457E+11,dev\n", fails: "rounded"},
		{
			name: "yaml", file: "accounts.yaml",
			text: "---\n# the public list\n- name: 'Cloud Watcher'\n  source: ['https://example.com/docs']\n  type: vendor\n  accounts: ['464622532012', \"012345670123\", 012345670124]\n" +
				"- name: Other\n  source: https://example.com\n  accounts:\n    - 008888888888\n- source: nothing\n",
			want: map[string]string{"464622532012": "Cloud Watcher", "012345670123": "Cloud Watcher", "012345670124": "Cloud Watcher", "008888888888": "Other"},
		},
		{name: "yaml by its first line", file: "/dev/fd/63", text: "# a\n- name: A\n  accounts: ['464622532012']\n", want: map[string]string{"464622532012": "A"}},
		{name: "yaml that is a map", file: "x.yml", text: "a: b\n", fails: "a list of entries with a name and accounts"},
		{name: "yaml that is a text", file: "x.yml", text: "hello\n", fails: "x.yml:1: it should be a list of entries"},
		{name: "yaml of texts", file: "x.yml", text: "- hello\n", fails: "x.yml:1: this is no entry"},
		{name: "yaml with a key misspelt", file: "x.yml", text: "- nmae: A\n  accounts: ['464622532012']\n", fails: "x.yml:2: accounts without a name"},
		{name: "yaml with another misspelt", file: "x.yml", text: "- name: A\n  acounts: ['464622532012']\n", fails: `x.yml:1: "A" has no list of accounts`},
		{name: "yaml with accounts of accounts", file: "x.yml", text: "- name: A\n  accounts:\n    - [1]\n", fails: `x.yml:3: accounts of "A": each is one id`},
		{name: "empty", file: "x.csv", text: "", want: map[string]string{"111111111111": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			read, err := source.ReadNames(c.file, strings.NewReader(c.text))
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, want one with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			names := query.NewNames(read...)
			for id, want := range c.want {
				if got := names.Of(id); got != want {
					t.Errorf("%s is named %q, want %q", id, got, want)
				}
			}
		})
	}
}
