package main

import (
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/share"
)

// TestUntold: that the records know of no session says something only where the log
// of the role's account covers the time in which there could be one.
func TestUntold(t *testing.T) {
	const account, region = "999999999999", "eu-west-1"
	now := time.Date(2026, 3, 3, 15, 0, 0, 0, time.UTC)
	at := func(before time.Duration) cloudtrail.Time { return cloudtrail.TimeOf(now.Add(-before)) }
	log := func(region string, first, newest time.Duration) query.AccountLog {
		return query.AccountLog{Span: lineage.Span{Account: account, Region: region, Files: 9, First: at(first), Newest: at(newest)}}
	}
	silent := log(region, 99*time.Hour, time.Minute)
	silent.SilentHours = 3
	for name, c := range map[string]struct {
		made time.Duration // ago
		logs []query.AccountLog
		want string
	}{
		"no log":              {time.Hour, nil, "there is no log of account 999999999999 here"},
		"an old one":          {5 * time.Minute, []query.AccountLog{log("us-east-1", 9000*time.Hour, 8000*time.Hour), log(region, 9000*time.Hour, 8000*time.Hour)}, "the log of account 999999999999 ends at 2025-"},
		"not the home region": {time.Hour, []query.AccountLog{log(region, 99*time.Hour, time.Minute)}, "there is no log of account 999999999999 in us-east-1 here"},
		"one that begins after the grant": {
			30 * time.Hour,
			[]query.AccountLog{log("us-east-1", 9*time.Hour, time.Minute), log(region, 99*time.Hour, time.Minute)},
			"the log of account 999999999999 in us-east-1 begins at 2026-03-03T06:00:00Z",
		},
		"one with holes":                    {30 * time.Hour, []query.AccountLog{log("us-east-1", 99*time.Hour, time.Minute), silent}, "lacks 3 hours"},
		"one that has all":                  {30 * time.Hour, []query.AccountLog{log("us-east-1", 99*time.Hour, time.Minute), log(region, 99*time.Hour, time.Hour)}, ""},
		"an old grant, a day and a half":    {9000 * time.Hour, []query.AccountLog{log("us-east-1", 37*time.Hour, time.Minute), log(region, 37*time.Hour, time.Hour)}, ""},
		"an old grant, of which too little": {9000 * time.Hour, []query.AccountLog{log("us-east-1", 20*time.Hour, time.Minute), log(region, 37*time.Hour, time.Hour)}, "begins at"},
	} {
		since := counts(&share.RoleState{Created: now.Add(-c.made)}, now)
		got := untoldBy(&query.CoverageAnswer{Logs: c.logs}, account, region, since, at(0))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, wanted %q", name, got, c.want)
		}
	}
}
