package cloudtrail_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// A warm decoder may allocate once for fifty records. It does so once or twice
// an input, whatever is in it, escapes included.
func TestAllocations(t *testing.T) {
	var lines []string
	for range 60 {
		lines = append(lines, `{"eventID":"x","errorMessage":"a \"quoted\" text\n","userAgent":"é","userIdentity":{"arn":"\u0061"}}`, record("a"))
	}
	in := []byte(logFile(lines...))
	in = append(make([]byte, 0, len(in)+cloudtrail.Padding), in...)
	var d cloudtrail.Decoder
	records := 0
	allocs := testing.AllocsPerRun(20, func() {
		records = 0
		for _, err := range d.Records(in) {
			if err != nil {
				t.Fatal(err)
			}
			records++
		}
	})
	if records != len(lines) {
		t.Fatalf("%d records", records)
	}
	if limit := float64(records / 50); allocs > limit {
		t.Errorf("%v allocations for %d records, want %v at most", allocs, records, limit)
	}
}

// The text of an escaped string lies in memory that the next record reuses, so
// a Clone must not see it change.
func TestCloneStays(t *testing.T) {
	in := []byte(`[{"eventID":"\u0061","userIdentity":{"arn":"\u0062"}},{"eventID":"\u0078","userIdentity":{"arn":"\u0079"}}]`)
	want := string(in)
	var d cloudtrail.Decoder
	var kept []*cloudtrail.Record
	for r, err := range d.Records(in) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r.Clone())
	}
	for range d.Records([]byte(`{"eventID":"\u007a\u007a","userIdentity":{"arn":"\u007a\u007a"}}`)) {
		clear(in)
	}
	got := kept[0].EventID + kept[0].UserIdentity.ARN + kept[1].EventID + kept[1].UserIdentity.ARN
	if got != "abxy" || string(kept[0].Raw) != want[1:len(kept[0].Raw)+1] {
		t.Errorf("clones changed: %q %q", got, kept[0].Raw)
	}
}
