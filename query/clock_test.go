package query_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// What is live is measured by the logs, and by nothing in them that has not come.
func TestReachLiveAsOf(t *testing.T) {
	now, _ := cloudtrail.ParseTime("2026-06-01T00:00:00Z")
	take := func(id, at, until string) string {
		return record(id, at, "sts", "AssumeRole", home, user("jsmith", "AIDAJSMITH", jsmithKey), jsmithAddress, true,
			assumed(deployRole, "AROADEPLOY", id, "ASIAQQQQQQQQQQQQ"+id, until))
	}
	morning := map[string][]string{logName(home, "us-east-1", "20260504T1005Z", 1): {take("AAAA", "2026-05-04T10:00:00Z", "May 4, 2026, 11:00:00 AM")}}
	and := func(name string, records ...string) map[string][]string {
		files := maps.Clone(morning)
		files[name] = records
		return files
	}
	for _, tt := range []struct {
		name  string
		files map[string][]string
		want  string
	}{
		{"the newest delivery", morning, "2026-05-04T10:05:00Z 0/- live"},
		{"a stamp ahead", and(logName(home, "us-east-1", "20990101T0000Z", 1)), "2026-05-04T10:05:00Z 1/- live"},
		{"a stamp ahead elsewhere", and(logName(prod, "eu-west-1", "20990101T0000Z", 1)), "2026-05-04T10:05:00Z 1/- live"},
		{"a newer event", and("x.json", take("BBBB", "2026-05-04T12:00:00Z", "May 4, 2026, 1:00:00 PM")), "2026-05-04T12:00:00Z 0/- ended live"},
		{"an event ahead", and("x.json", take("BBBB", "2099-05-04T12:00:00Z", "May 4, 2099, 1:00:00 PM")), "2026-05-04T10:05:00Z 0/2099-05-04T12:00:00Z live later"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store, resolver := deliver(t, tt.files)
			a, err := query.Reach(t.Context(), store, resolver, "jsmith", query.ReachOptions{Clock: query.Clock(now)})
			if err != nil {
				t.Fatal(err)
			}
			event := a.Ahead.Event.String()
			if event == "" {
				event = "-"
			}
			got := fmt.Sprintf("%s %d/%s", a.AsOf, a.Ahead.Files, event)
			for _, s := range a.Sessions {
				switch {
				case s.Live:
					got += " live"
				case s.BeganAfter(a.AsOf):
					got += " later"
				default:
					got += " ended"
				}
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// A stamp that has not come makes no silent hours.
func TestCoverageAhead(t *testing.T) {
	now, _ := cloudtrail.ParseTime("2026-06-01T00:00:00Z")
	store, resolver := deliver(t, map[string][]string{
		logName(home, "us-east-1", "20260504T1005Z", 1): nil, logName(home, "us-east-1", "20990101T0000Z", 2): nil,
	})
	a, err := query.Coverage(t.Context(), store, resolver, query.Filter{}, nil, query.Clock(now))
	if err != nil {
		t.Fatal(err)
	}
	if a.Ahead != 1 || a.Files != 2 || len(a.Logs) != 1 || a.Logs[0].SilentHours != 0 || a.Logs[0].Newest.String() != "2026-05-04T10:05:00Z" {
		t.Errorf("%+v", a)
	}
}
