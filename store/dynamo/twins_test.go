package dynamo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestTwins: of two records of one event that differ in no link field one is a
// duplicate, and which is kept does not depend on which came first: the one out of a
// log file, and of two such the one with the least sum.
func TestTwins(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.writer)
	type twin struct{ file, record string }
	bySum := func(a, b twin) int { return cmp.Compare(sumOf(a.record, a.file), sumOf(b.record, b.file)) }
	want := map[string]string{}
	for n := range 8 {
		shared, file := "", "inline:"
		if n&1 != 0 {
			shared = "s" // it gives others a copy: a fact
		}
		if n&2 != 0 {
			file = "b.json"
		}
		id := fmt.Sprint("event-", n)
		record := func(message string) string {
			return fmt.Sprintf(`{"eventID":"%s","eventTime":"2026-01-02T10:00:00Z","recipientAccountId":"%s","sharedEventID":"%s","errorMessage":"%s","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE"}}`, id, account, shared, message)
		}
		twins := []twin{{"a.json", record("from a log file")}, {file, record("from elsewhere")}}
		if slices.SortFunc(twins, bySum); file == "inline:" && twins[0].file != "a.json" {
			t.Errorf("%s: a message comes before a log file", id)
		}
		want[id] = twins[0].record
		if n&4 != 0 {
			slices.Reverse(twins)
		}
		for i, one := range twins {
			if kept, duplicate := add(t, s, logFile(one.file+id, one.record)); kept != 1-i || duplicate != i {
				t.Errorf("%s, number %d: kept %d, duplicate %d", id, i, kept, duplicate)
			}
		}
	}
	got := map[string]string{}
	for k, i := range c.items(t) {
		if i[attrBy] != nil {
			got[k.partition] = textOf(i, attrRecord)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("what is kept depends on the order:\n%v\nwant\n%v", got, want)
	}
}
