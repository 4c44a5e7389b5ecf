//go:build !race

// With the race detector on a heap is another, and this takes a minute: make full has it
// beside the stores at their full size.

package dynamo

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/query"
)

// TestLongSecond: a question holds no more of a log of long texts than it says, where
// they are all of one second too, and answers them all.
func TestLongSecond(t *testing.T) {
	const each, long = 130, 900_000
	agent := func(n int) string { return fmt.Sprint(n) + strings.Repeat("x", long) }
	s := fresh(t, stack.Start(t).Account(account).Config(), Options{Write: true})
	for n := range 2 * each {
		second := max(0, n-each) // the first half in one
		add(t, s, logFile(fmt.Sprintf("%d.json", n), fmt.Sprintf(`{"eventID":"%03d","eventTime":"2026-01-02T10:%02d:%02dZ","recipientAccountId":"%s","userAgent":"%s"}`, n, second/60, second%60, account, agent(n))))
	}
	for _, newest := range []bool{false, true} {
		count, most := 0, uint64(0)
		for row, err := range s.Rows(t.Context(), query.Selection{Newest: newest}) {
			if err != nil {
				t.Fatal(err)
			}
			n := count
			if newest {
				n = 2*each - 1 - count
			}
			if row.ID.Event != fmt.Sprintf("%03d", n) || row.UserAgent != agent(n) {
				t.Fatalf("row %d is %s, of %d bytes", count, row.ID.Event, len(row.UserAgent))
			}
			if count++; count%20 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		t.Logf("%d MB", most>>20)
		if count != 2*each || most > 180<<20 {
			t.Errorf("%d rows, %d MB", count, most>>20)
		}
	}
}
