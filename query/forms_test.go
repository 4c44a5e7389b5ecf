package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// Whatever a forged form of an event says, of itself or of its time, the event is
// found by what each of its forms tells, once.
func TestEventsInAnyForm(t *testing.T) {
	jo, mal := user("jsmith", "AIDAJSMITH", jsmithKey), user("mallory", "AIDAMALLORY", malloryKey)
	for _, at := range []string{"10:00:00", "09:00:00", "12:00:00"} {
		records := []string{
			record("it", "2026-05-04T10:00:00Z", "cloudtrail", "DeleteTrail", home, mal, elsewhere, false, ``),
			record("it", "2026-05-04T"+at+"Z", "cloudtrail", "DescribeTrails", home, jo, jsmithAddress, true, `,"requestID":"r-1","sharedEventID":"s-1"`),
			record("it", "2026-05-04T"+at+"Z", "cloudtrail", "GetTrail", home, jo, jsmithAddress, true, `,"requestID":"r-2","sharedEventID":"s-2"`),
		}
		for i := range 700 { // more than a block
			records = append(records, record(fmt.Sprint("it", i), fmt.Sprintf("2026-05-04T%02d:%02d:%02dZ", 9+i%3, i%60, i%50), "s3", "GetObject", home, jo, jsmithAddress, true, ``))
		}
		store, resolver := deliver(t, map[string][]string{"x.json": records})
		told := func(f query.Filter) (got []string) {
			for l, err := range query.Lines(t.Context(), store, resolver, f) {
				if err != nil {
					t.Fatal(err)
				}
				if l.Row.ID.Event == "it" {
					got = append(got, fmt.Sprintf("%s %v +%d", l.Row.EventName, l.Row.Variant, len(l.Variants)))
				}
			}
			return got
		}
		least := strings.Fields(told(query.Filter{})[0])[0]
		other := map[string]string{"DescribeTrails": "GetTrail", "GetTrail": "DescribeTrails"}[least]
		late, _ := cloudtrail.ParseTime("2026-05-04T09:30:00Z")
		until, _ := cloudtrail.ParseTime("2026-05-04T11:00:00Z")
		span := least + " false +2"
		if at != "10:00:00" {
			span = "DeleteTrail true +2"
		}
		for name, tt := range map[string]struct {
			f    query.Filter
			want string
		}{
			"all":        {query.Filter{}, least + " false +2"},
			"the real":   {query.Filter{EventNames: []string{"DeleteTrail"}}, "DeleteTrail true +2"},
			"the writes": {query.Filter{Writes: true}, "DeleteTrail true +2"},
			"the second": {query.Filter{EventNames: []string{"DeleteTrail", other}}, other + " true +2"},
			"both":       {query.Filter{EventNames: []string{"DeleteTrail", least}}, least + " false +2"},
			"a person":   {query.Filter{Origins: []string{"mallory"}}, "DeleteTrail true +2"},
			"a span":     {query.Filter{Since: late, Until: until}, span},
			"backwards":  {query.Filter{Newest: true}, least + " false +2"},
		} {
			if got := strings.Join(told(tt.f), ", "); got != tt.want {
				t.Errorf("forged at %s, %s: %q, want %q", at, name, got, tt.want)
			}
		}
	}
}
