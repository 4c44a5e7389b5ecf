package query_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

func logName(account, region, stamp string, n int) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/05/04/%s_CloudTrail_%s_%s_%016d.json.gz", account, region, account, region, stamp, n)
}

// put gives a store one file, decompressed.
func put(t testing.TB, store *memory.Store, name, body string) {
	t.Helper()
	var d cloudtrail.Decoder
	padded := append(make([]byte, 0, len(body)+cloudtrail.Padding), body...)
	file := source.File{LogFile: cloudtrail.ParseLogFileName(name), Body: []byte(body), Records: func(yield func(*cloudtrail.Record) bool) {
		for r, err := range d.Records(padded) {
			if err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if !yield(r) {
				return
			}
		}
	}}
	if _, _, err := store.Add(t.Context(), file); err != nil {
		t.Fatal(err)
	}
}

// deliver puts log files into a store, by name.
func deliver(t testing.TB, files map[string][]string) (*memory.Store, *lineage.Resolver) {
	t.Helper()
	store := memory.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		body := `{"Records":[` + strings.Join(files[name], ",") + `]}`
		put(t, store, name, body)
	}
	if err := store.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, resolverOf(t, store)
}

func coverage(t *testing.T, files map[string][]string, f query.Filter, names *query.Names) *query.CoverageAnswer {
	t.Helper()
	return coverageAt(t, files, f, names, 0)
}

func coverageAt(t *testing.T, files map[string][]string, f query.Filter, names *query.Names, clock query.Clock) *query.CoverageAnswer {
	t.Helper()
	store, resolver := deliver(t, files)
	a, err := query.Coverage(t.Context(), store, resolver, f, names, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSilentHours(t *testing.T) {
	files := map[string][]string{}
	for i, stamp := range []string{"20260504T0905Z", "20260504T0950Z", "20260504T1000Z", "20260504T1330Z", "20260506T0000Z"} {
		files[logName(home, "us-east-1", stamp, i)] = nil
	}
	files[logName(home, "eu-west-1", "00010101T0000Z", 1)] = nil // forged names cost no memory
	files[logName(home, "eu-west-1", "99991231T2359Z", 2)] = nil
	files["records.json"] = nil
	at := func(s string) cloudtrail.Time {
		if s == "" {
			return 0
		}
		when, ok := cloudtrail.ParseTime(s)
		if !ok {
			t.Fatal(s)
		}
		return when
	}
	clock := query.Clock(at("2026-05-06T00:00:00Z"))
	for _, tt := range []struct{ since, until, want string }{
		{"", "", "5 files, 4 hours: 11:00-12:59 14:00-23:59+1"},
		{"2026-05-04T10:00:00Z", "", "3 files, 3 hours: 11:00-12:59 14:00-23:59+1"},
		{"2026-05-04T09:30:00Z", "", "4 files, 4 hours: 11:00-12:59 14:00-23:59+1"},
		{"2026-05-04T11:30:00Z", "", "2 files, 2 hours: 12:00-12:59 14:00-23:59+1"}, // 11:00 is not whole
		{"2026-05-04T10:00:00Z", "2026-05-04T12:30:00Z", "1 files, 1 hours: 11:00-11:59"},
		{"2026-05-04T10:00:00Z", "2026-05-04T12:59:59Z", "1 files, 1 hours: 11:00-12:59"},
		{"2026-05-04T12:00:00Z", "2026-05-04T12:59:59Z", "0 files, 0 hours: 12:00-12:59"},
		{"2026-05-04T00:00:00Z", "2026-05-04T08:59:59Z", "0 files, 0 hours:"}, // before the first
		{"2026-05-07T00:00:00Z", "", "0 files, 0 hours:"},                     // after the newest
		{"2026-05-04T13:30:00Z", "2026-05-04T13:30:00Z", "1 files, 1 hours:"},
	} {
		a := coverageAt(t, files, query.Filter{Since: at(tt.since), Until: at(tt.until), Regions: []string{"us-east-1"}}, nil, clock)
		if len(a.Logs) != 1 {
			t.Fatalf("%d logs", len(a.Logs))
		}
		l := a.Logs[0]
		got, sum := fmt.Sprintf("%d files, %d hours:", l.Files, l.Hours), 0
		for _, h := range l.Silent {
			got += fmt.Sprintf(" %s-%s", h.From.Time().Format("15:04"), h.Until.Time().Format("15:04"))
			if days := int(h.Until/86400 - h.From/86400); days > 0 {
				got += fmt.Sprintf("+%d", days)
			}
			sum += int(h.Until+1-h.From) / 3600
		}
		if got != tt.want || sum != l.SilentHours {
			t.Errorf("%s to %s: %s (%d), want %s", tt.since, tt.until, got, l.SilentHours, tt.want)
		}
	}
	a := coverageAt(t, files, query.Filter{}, nil, clock)
	if a.Files != 8 || a.Nameless != 1 || a.Ahead != 1 || len(a.Logs) != 2 || a.Logs[0].Region != "eu-west-1" || len(a.Logs[0].Silent) != 1 {
		t.Errorf("%d files, %d without a name, logs %+v", a.Files, a.Nameless, a.Logs)
	}
	// A log that stopped is silent since, as far as any other tells.
	if last := a.Logs[0].Silent[0].Until; a.Newest != cloudtrail.Time(clock) || last != cloudtrail.Time(clock)-1 {
		t.Errorf("silent until %v, and the newest file is of %v", last, a.Newest)
	}
}

func TestCoverageMissing(t *testing.T) {
	var names query.Names
	for _, id := range []string{home, "333333333333", "222222222222", "AIDA1", "192.0.2.1", "12"} {
		names.Add(id, "name of "+id)
	}
	files := map[string][]string{logName(home, "us-east-1", "20260504T0905Z", 1): nil}
	a := coverage(t, files, query.Filter{}, &names)
	if diff := cmp.Diff([]string{"222222222222", "333333333333"}, a.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	// An account that sent nothing in the span did send something.
	a = coverage(t, files, query.Filter{Since: 1 << 40, Accounts: []string{home, "333333333333"}}, &names)
	if diff := cmp.Diff([]string{"333333333333"}, a.Missing); diff != "" {
		t.Errorf("missing of those asked for (-want +got):\n%s", diff)
	}
}

// An account whose events are here did send something, in a file of whatever name.
func TestCoverageByEvents(t *testing.T) {
	const lost = "333333333333"
	var names query.Names
	names.Add(prod, "prod")
	names.Add(lost, "lost")
	who := func(id string) string { return role("Lost", id, "a", "", "2026-05-04T08:40:00Z") }
	files := map[string][]string{
		logName(home, "us-east-1", "20260504T0905Z", 1): nil,
		"x.json": {record("1", "2026-05-04T09:00:00Z", "ec2", "StopInstances", prod, who("AROALOST"), elsewhere, false, ``)},
	}
	a := coverage(t, files, query.Filter{}, &names)
	if fmt.Sprint(a.Missing) != "["+lost+"]" || len(a.Unnamed) != 1 || a.Unnamed[0].Account != prod || a.Unnamed[0].Events != 1 {
		t.Errorf("missing %v, by events %+v", a.Missing, a.Unnamed)
	}
	if len(a.Gaps) != 1 || a.Gaps[0].Hole != query.NotKnown {
		t.Errorf("gaps %+v", a.Gaps)
	}
	if a := coverage(t, files, query.Filter{Since: 1 << 40}, &names); fmt.Sprint(a.Missing) != "["+lost+"]" || len(a.Unnamed) != 0 {
		t.Errorf("after all: missing %v, by events %+v", a.Missing, a.Unnamed)
	}
}

func TestTrailChanges(t *testing.T) {
	jo := user("jsmith", "AIDAJSMITH", jsmithKey)
	call := func(id, at, source, name, more string) string {
		return record(id, "2026-05-04T"+at+"Z", source, name, home, jo, jsmithAddress, false, more)
	}
	const trail, bucket, elseBucket = `,"requestParameters":{"name":"main"}`, `,"requestParameters":{"bucketName":"acme-trail"}`, `,"requestParameters":{"bucketName":"acme-trail-not"}`
	files := map[string][]string{logName(home, "us-east-1", "20260504T1105Z", 1): {
		call("create", "09:00:00", "cloudtrail", "CreateTrail", `,"requestParameters":{"name":"main","s3BucketName":"acme-trail"}`),
		call("stop", "10:00:00", "cloudtrail", "StopLogging", trail),
		call("stop-else", "10:00:01", "kinesis", "StopLogging", trail),
		call("select", "10:01:00", "cloudtrail", "PutEventSelectors", `,"requestParameters":{"trailName":"main"}`),
		call("refused", "10:02:00", "cloudtrail", "DeleteTrail", trail+`,"errorCode":"AccessDenied"`),
		call("policy", "10:03:00", "s3", "PutBucketPolicy", bucket),
		call("not-it", "10:04:00", "s3", "PutBucketPolicy", elseBucket),
		call("lifecycle", "10:05:00", "s3", "PutBucketLifecycle", `,"requestParameters":{"bucketName":"from-uri"}`),
		call("object", "10:06:00", "s3", "DeleteObject", `,"requestParameters":{"bucketName":"acme-trail","key":"AWSLogs/x.json.gz"}`),
		call("other", "10:06:01", "s3", "DeleteObject", `,"requestParameters":{"bucketName":"acme-web","key":"acme-trail/x"},"resources":[{"ARN":"arn:aws:s3:::acme-web/acme-trail/x"}]`),
		call("read", "10:07:00", "cloudtrail", "DescribeTrails", ``),
	}, "s3://from-uri/" + logName(home, "us-east-1", "20260504T1105Z", 2): nil}
	told := func(f query.Filter) (got []string) {
		for _, c := range coverage(t, files, f, nil).Changes {
			got = append(got, fmt.Sprintf("%s %s %s%s %s", c.Row.ID.Event, originID(c.Chain), c.Trail, c.Bucket, c.Row.ErrorCode))
		}
		return got
	}
	want := []string{
		"stop " + jsmithID + " main ", "select " + jsmithID + " main ", "refused " + jsmithID + " main AccessDenied",
		"policy " + jsmithID + " acme-trail ", "lifecycle " + jsmithID + " from-uri ", "object " + jsmithID + " acme-trail ",
	}
	if diff := cmp.Diff(want, told(query.Filter{})); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	// The bucket is known from a call before the span.
	since, _ := cloudtrail.ParseTime("2026-05-04T10:02:30Z")
	if diff := cmp.Diff(want[3:], told(query.Filter{Since: since})); diff != "" {
		t.Errorf("changes since (-want +got):\n%s", diff)
	}
	if got := told(query.Filter{Accounts: []string{prod}}); got != nil {
		t.Errorf("changes in another account: %v", got)
	}
}

func TestCoverageGaps(t *testing.T) {
	session := func(id, name, since string) string {
		return role("Lost", id, name, "", since)
	}
	use := func(event, at, who string) string {
		return record(event, at, "ec2", "StopInstances", prod, who, elsewhere, false, ``)
	}
	files := map[string][]string{
		logName(prod, "us-east-1", "20260504T0005Z", 1): nil,
		logName(prod, "us-east-1", "20260504T0905Z", 2): {
			use("1", "2026-05-04T09:00:00Z", session("AROALOST", "a", "2026-05-04T08:40:00Z")), // the hour before is silent
			use("2", "2026-05-04T09:01:00Z", session("AROALOST", "a", "2026-05-04T08:40:00Z")),
		},
		logName(prod, "us-east-1", "20260504T1005Z", 3): {
			use("3", "2026-05-04T10:00:00Z", session("AROALOST", "b", "2026-05-04T09:30:00Z")), // and this one is not
			use("4", "2026-05-04T10:01:00Z", session("AROALOST", "c", "2026-05-03T20:00:00Z")), // before the first file
			record("5", "2026-05-04T10:02:00Z", "s3", "GetObject", prod, stranger("777777777777", "AIDAREADER"), elsewhere, true, ``),
		},
		logName(prod, "us-east-1", "20260504T1055Z", 4): {
			use("6", "2026-05-04T10:54:00Z", session("AROALOST", "d", "2026-05-04T10:50:00Z")), // its issuance may be on its way
		},
	}
	a := coverage(t, files, query.Filter{}, nil)
	var got []string
	for _, g := range a.Gaps {
		got = append(got, fmt.Sprintf("%s %s %q sessions=%d calls=%d %v", g.Reason, g.AccountID, g.Hole, g.Sessions, g.Calls, g.Examples))
	}
	slices.Sort(got)
	want := []string{
		`before-coverage 222222222222 "before-first" sessions=1 calls=1 [AROALOST:c@2026-05-03T20:00:00Z]`,
		`caller-account-not-collected 777777777777 "account-not-collected" sessions=1 calls=1 [AIDAREADER]`,
		`no-issuer-log 222222222222 "" sessions=1 calls=1 [AROALOST:b@2026-05-04T09:30:00Z]`,
		`no-issuer-log 222222222222 "silent-hours" sessions=1 calls=2 [AROALOST:a@2026-05-04T08:40:00Z]`,
		`pending 222222222222 "behind-newest" sessions=1 calls=1 [AROALOST:d@2026-05-04T10:50:00Z]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if g := a.Gaps[0]; g.Calls != 2 || g.Span.From.String() != "2026-05-04T01:00:00Z" || g.Span.Until.String() != "2026-05-04T08:59:59Z" {
		t.Errorf("the first: %+v", g)
	}
}

// What is missing on days on end is one thing to collect, with few examples.
func TestCoverageGapsJoinDays(t *testing.T) {
	var records []string
	for day := 1; day <= 20; day++ {
		if day == 11 {
			continue
		}
		for n := range 3 {
			at := fmt.Sprintf("2026-04-%02dT1%d:00:00Z", day, n)
			records = append(records, record(at, at, "s3", "GetObject", prod, stranger("777777777777", fmt.Sprintf("AIDAREADER%d", n)), elsewhere, true, ``))
		}
	}
	a := coverage(t, map[string][]string{"records.json": records}, query.Filter{}, nil)
	var got []string
	for _, g := range a.Gaps {
		got = append(got, fmt.Sprintf("%s to %s: %d calls, %d examples %q", g.From, g.Until, g.Calls, len(g.Examples), g.Hole))
	}
	want := []string{
		`2026-04-01T10:00:00Z to 2026-04-10T12:00:00Z: 30 calls, 3 examples "not-known"`,
		`2026-04-12T10:00:00Z to 2026-04-20T12:00:00Z: 27 calls, 3 examples "not-known"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}
