package site_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// logFile is one of an account and region, of so many records, every fourth an
// AssumeRole.
func logFile(t *testing.T, account, region string, at time.Time, records int) awstest.Object {
	t.Helper()
	var text strings.Builder
	text.WriteString(`{"Records":[`)
	for i := range records {
		name := "ListBuckets"
		if i%4 == 0 {
			name = "AssumeRole"
		}
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"eventVersion":"1.08","eventTime":"%s","eventSource":"sts.amazonaws.com","eventName":"%s","awsRegion":"%s","eventID":"%08d-0000-4000-8000-%012d","recipientAccountId":"%s","userIdentity":{"type":"AWSService","invokedBy":"x%d"}}`,
			at.Format(time.RFC3339), name, region, i, at.Unix()%1e6, account, i*7919)
	}
	text.WriteString("]}")
	var body bytes.Buffer
	gz := gzip.NewWriter(&body)
	if _, err := gz.Write([]byte(text.String())); err != nil || gz.Close() != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_aaaaaaaaaaaaaaaa.json.gz", account, region, at.Format("2006/01/02"), account, region, at.Format("20060102T1504Z"))
	return awstest.Object{Key: key, Body: body.Bytes()}
}

// tooLarge puts files that are too large to be read on the tenth and twelfth day after
// day, there beside a small one.
func tooLarge(t *testing.T, b *awstest.Bucket, day time.Time) {
	t.Helper()
	tenth, twelfth := logFile(t, hub, "us-east-1", day.Add(10*24*time.Hour), 1), logFile(t, hub, "us-east-1", day.Add(12*24*time.Hour), 1)
	tenth.Body = make([]byte, 17<<20)
	twelfth.Body = tenth.Body
	b.Put(t, tenth, twelfth, logFile(t, hub, "eu-west-1", day.Add(12*24*time.Hour), 100))
}

// TestForecast: a day of two accounts and two regions, a part of it read, comes to what
// was written; other days and digests are left out.
func TestForecast(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var files []awstest.Object
	for i := range 96 {
		at := day.Add(time.Duration(i) * 15 * time.Minute)
		files = append(files, logFile(t, []string{hub, other}[i%2], []string{"us-east-1", "eu-west-1"}[i/2%2], at, 40+i%7*40))
	}
	records := 0
	for i := range 96 {
		records += 40 + i%7*40
	}
	files = append(files, logFile(t, hub, "us-east-1", day.Add(-time.Minute), 4000), logFile(t, hub, "us-east-1", day.Add(24*time.Hour+5*time.Minute), 4000),
		awstest.Object{Key: "AWSLogs/" + hub + "/CloudTrail-Digest/us-east-1/2026/11/02/" + hub + "_CloudTrail-Digest_us-east-1_main_us-east-1_20261102T000000Z.json.gz", Body: []byte("x")},
		awstest.Object{Key: "AWSLogs/" + hub + "/CloudTrail/us-east-1/2026/11/05/" + hub + "_CloudTrail_us-east-1_20261105T0000Z_aaaaaaaaaaaaaaaa.json.gz", Body: []byte("no gzip")})
	b.Put(t, files...)
	tooLarge(t, b, day)
	may := deploy.Permissions(deploy.WorkForecast)
	s := operator(t, account, "operator", may...)
	expecting := site.Expecting{Bucket: bucket, Region: awstest.Region, Prefix: "AWSLogs/", Day: day.Add(7 * time.Hour), UnitsAFile: 2, Units: func(r *cloudtrail.Record) float64 {
		if r.EventName == "AssumeRole" {
			return 5
		}
		return 0
	}}
	f, err := s.Forecast(t.Context(), expecting)
	if err != nil || f.Unreadable != "" || f.Empty || f.Day != "2026-11-02" || f.Files != 96 || !f.Exact || f.Read < 40 || f.Read > 48 || f.Invocations != 96 {
		t.Fatalf("%+v, %v", f, err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > want/10 {
			t.Errorf("%s: %.0f, and %.0f were written", what, got, want)
		}
	}
	near("records", f.Records, float64(records))
	near("taken", f.Taken, float64(records)/4)
	near("units", f.Units, float64(records)/4*5+2*96)
	if how := f.How(); !strings.Contains(how, "an estimate: of 96 log files") || !strings.Contains(how, "of 2026-11-02 (UTC), 48 ") {
		t.Errorf("%s", how)
	}
	few := expecting
	few.Prefix = "AWSLogs/" + other + "/CloudTrail/eu-west-1/"
	if f, err := s.Forecast(t.Context(), few); err != nil || f.Files != 24 || f.Read != 24 || !strings.Contains(f.How(), "an estimate: 24 log files, ") || !strings.HasSuffix(f.How(), " KB, of 2026-11-02 (UTC) were read") {
		t.Errorf("all of it read: %+v, %s, %v", f, f.How(), err)
	}
	reads := stand.Requests(t)["s3:GetObject"]
	if reads > 100 {
		t.Errorf("%d files were fetched", reads)
	}

	for name, c := range map[string]struct {
		change func(*site.Expecting)
		empty  bool
		how    string
	}{
		"a day without files": {func(e *site.Expecting) { e.Day = day.Add(-90 * 24 * time.Hour) }, true, "no log file of 2026-08-04"},
		"an empty prefix":     {func(e *site.Expecting) { e.Prefix = "other/AWSLogs/" }, true, "no log file of 2026-11-02"},
		"all too large":       {func(e *site.Expecting) { e.Day = day.Add(10 * 24 * time.Hour) }, false, "too large to be read"},
		"most too large":      {func(e *site.Expecting) { e.Day = day.Add(12 * 24 * time.Hour) }, false, "too large to be read"},
		"what is no log file": {func(e *site.Expecting) { e.Day = day.Add(72 * time.Hour) }, false, "neither gzip"},
	} {
		e := expecting
		c.change(&e)
		if f, err := s.Forecast(t.Context(), e); err != nil || f.Empty != c.empty || !strings.Contains(f.How(), c.how) || f.Units != 0 {
			t.Errorf("%s: %+v, %s, %v", name, f, f.How(), err)
		}
	}
	for _, action := range []string{"s3:ListBucket", "s3:GetObject"} {
		f, err := operator(t, account, "no-"+strings.ReplaceAll(action, ":", "-"), without(may, action)...).Forecast(t.Context(), expecting)
		if err != nil || !strings.Contains(f.Unreadable, action) {
			t.Errorf("without %s: %+v, %v", action, f, err)
		}
	}
}
