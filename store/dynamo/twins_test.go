package dynamo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestTwins: of two records of one event that differ in no link field the one with
// the least sum is kept, whichever comes first, and one is a duplicate.
func TestTwins(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.writer)
	want := map[string]string{}
	for order := range 2 {
		for _, shared := range []string{"", "s"} { // with it, it gives others a copy: a fact
			id := fmt.Sprintf("%d%s", order, shared)
			var twins []string
			for _, message := range []string{"from a log file", "from EventBridge"} {
				twins = append(twins, fmt.Sprintf(`{"eventID":"%s","eventTime":"2026-01-02T10:00:00Z","recipientAccountId":"%s","sharedEventID":"%s","errorMessage":"%s","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE"}}`, id, account, shared, message))
			}
			slices.SortFunc(twins, func(a, b string) int { return cmp.Compare(sumOf(a), sumOf(b)) })
			want[id] = twins[0]
			if order == 1 {
				slices.Reverse(twins)
			}
			for n, r := range twins {
				if kept, duplicate := add(t, s, logFile(fmt.Sprintf("%s-%d.json", id, n), r)); kept != 1-n || duplicate != n {
					t.Errorf("%s, number %d: kept %d, duplicate %d", id, n, kept, duplicate)
				}
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
