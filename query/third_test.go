package query_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/query"
)

// The accounts that the logs are of are those that events were delivered to too,
// and nobody is a third party in the account that is his own.
func TestThirdParty(t *testing.T) {
	const vendor = "777777777777"
	files := map[string][]string{
		logName(prod, "us-east-1", "20260504T1005Z", 1): {
			record("mine", "2026-05-04T10:00:00Z", "s3", "GetObject", prod, user("jsmith", "AIDAJSMITH", jsmithKey), jsmithAddress, true, ``),
			record("theirs", "2026-05-04T10:01:00Z", "s3", "GetObject", prod, stranger(vendor, "AIDAREADER"), elsewhere, true, ``),
		},
		"x.json": {record("at-home", "2026-05-04T10:02:00Z", "s3", "GetObject", home, user("jsmith", "AIDAJSMITH", jsmithKey), jsmithAddress, true, ``)},
	}
	store, resolver := deliver(t, files)
	var got []string
	for l, err := range query.Lines(t.Context(), store, resolver, query.Filter{ThirdParty: true}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Row.ID.Event)
	}
	if strings.Join(got, " ") != "theirs" {
		t.Errorf("of third parties: %v", got)
	}
}

// TestForwarded: an account that only sent us its calls, without a log file, is a
// third party still.
func TestForwarded(t *testing.T) {
	const vendor = "777777777777"
	files := map[string][]string{
		logName(prod, "us-east-1", "20260504T1005Z", 1): {
			record("theirs", "2026-05-04T10:01:00Z", "s3", "GetObject", prod, stranger(vendor, "AIDAREADER"), elsewhere, true, ``),
		},
		"inline:0": {record("forwarded", "2026-05-04T10:00:00Z", "s3", "GetObject", vendor, strings.ReplaceAll(user("reader", "AIDAREADER", jsmithKey), home, vendor), elsewhere, true, ``)},
	}
	third := func() (got []string) {
		store, resolver := deliver(t, files)
		for l, err := range query.Lines(t.Context(), store, resolver, query.Filter{ThirdParty: true}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, l.Row.ID.Event)
		}
		return got
	}
	if got := third(); strings.Join(got, " ") != "theirs" {
		t.Errorf("of third parties: %v", got)
	}
	files["x.json"] = files["inline:0"] // a file of theirs, renamed
	if got := third(); len(got) != 0 {
		t.Errorf("of third parties, where their log is there: %v", got)
	}
}
