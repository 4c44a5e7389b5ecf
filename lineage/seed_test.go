package lineage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seedRecords are the records that the second seed text prints: the ListBuckets
// call, and the same AssumeRole in two envelopes of EventBridge. Copied from a
// web page, they have non-breaking spaces between their tokens.
func seedRecords(t testing.TB) (list, first, second string) {
	text := strings.ReplaceAll(sharedFile(t, "seeds", "004_750a1085025c4378.txt"), "\u00a0", " ")
	var found []string
	for i := strings.Index(text, "\n{"); i >= 0; i = strings.Index(text, "\n{") {
		text = text[i+1:]
		end := 0
		for depth := 0; end < len(text); end++ {
			switch text[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth == 0 {
				break
			}
		}
		if record := text[:min(end+1, len(text))]; strings.Contains(record, "eventVersion") {
			found = append(found, record)
		}
	}
	if len(found) != 3 {
		t.Fatalf("the seed prints %d records, want 3", len(found))
	}
	return found[0], found[1], found[2]
}

// Vector 39.
func TestSeed(t *testing.T) {
	list, first, second := seedRecords(t)
	detail := func(envelope string) string {
		_, after, _ := strings.Cut(envelope, `"detail":`)
		return after[:strings.LastIndex(after, "}")]
	}
	for _, c := range []struct {
		name    string
		records []string
		origin  string
	}{
		{"as printed", []string{list, first}, "iam:1111111111111:AIDAIDVUOOO7V6R6HKL6E"},
		{"in both envelopes", []string{list, first, second}, ""},
		{"as bare details: a variant", []string{list, detail(first), detail(second)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var entries []entry
			for _, r := range c.records {
				entries = append(entries, decode(t, r, "-")...)
			}
			told := ""
			for order, entries := range orders(entries) {
				s := newSet(entries)
				for i, chain := range resolveAll(t, NewResolver(s, nil), s) {
					if s.uses[i].EventName != "ListBuckets" {
						continue
					}
					if told == "" {
						told = words(chain)
					} else if d := cmp.Diff(told, words(chain)); d != "" {
						t.Errorf("%s:\n%s", order, d)
					}
					checkSeed(t, chain, c.origin)
				}
			}
		})
	}
}

func checkSeed(t *testing.T, c *Chain, id string) {
	t.Helper()
	if c.Evidence != Exact || !c.CrossAccount || len(c.Hops) != 1 || len(c.Gaps) > 0 || c.Origin == nil {
		t.Fatalf("not one exact hop across accounts: %s", words(c))
	}
	o, hop := c.Origin, c.Hops[0]
	if id != "" && o.ID != id {
		t.Errorf("origin is %s, want %s", o.ID, id)
	}
	want := []string{"AIDAIDVUOOO7V6R6HKL6E", "jsmith", "AKIAJ2DZP3QVQ3D6VJBQ", "access-key", "3414", "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf", "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount@2016-04-05T20:39:37Z"}
	got := []string{o.PrincipalID, o.Name, o.AccessKeyID, string(o.Rule), hop.Issuance.Request.ExternalID, hop.Issuance.ID.Event, hop.ID}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
