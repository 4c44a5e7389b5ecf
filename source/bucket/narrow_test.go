package bucket_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestNarrow counts requests: what a question needs of an organisation's trail
// does not depend on how much else is in it.
func TestNarrow(t *testing.T) {
	aws := stack.Start(t)
	b := aws.Account(owner).Bucket(t, "trails")
	b.PutAll(t, organisation(60))
	cfg := aws.Account(owner).Config()
	const busy = "100000000007"
	for _, c := range []struct {
		name         string
		windows      []source.Window
		lists, files int
	}{
		{"minutes late in a day", []source.Window{{Account: busy, Region: "us-east-1", Since: at("2026-03-05T23:30"), Until: at("2026-03-05T23:32")}}, 1, 2},
		{"minutes over midnight", []source.Window{{Account: busy, Region: "us-east-1", Since: at("2026-03-04T23:55"), Until: at("2026-03-05T00:05")}}, 1, 3},
		{"two accounts", []source.Window{
			{Account: busy, Region: "us-east-1", Since: at("2026-03-05T10:00"), Until: at("2026-03-05T10:01")},
			{Account: "100000000008", Region: "us-east-1", Since: at("2026-03-05T10:00"), Until: at("2026-03-05T10:01")},
		}, 2, 4},
		{"minutes of one account in all regions", []source.Window{{Account: busy, Since: at("2026-03-05T10:00"), Until: at("2026-03-05T10:01")}}, 1 + 3, 6},
		{"an account that is not there", []source.Window{{Account: "300000000000", Region: "us-east-1"}}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, cfg, b.URI(""), bucket.Options{})
			opened := l.Cost().Lists
			if opened > 2 { // the bucket, and AWSLogs
				t.Errorf("%d lists to open", opened)
			}
			lister := l.Within(c.windows...)
			all, err := read(t.Context(), lister)
			if err != nil || len(all) != c.files {
				t.Errorf("%d files, want %d: %v", len(all), c.files, err)
			}
			for uri, text := range all {
				if want := string(`{"Records":[{"eventID":"` + uri[len("s3://trails/"):] + `"`); len(text) < len(want) || text[:len(want)] != want {
					t.Errorf("%s: %s", uri, text)
				}
			}
			if cost := l.Cost(); cost.Lists-opened != c.lists || cost.Gets != c.files {
				t.Errorf("%d lists, %d gets; want %d, %d", cost.Lists-opened, cost.Gets, c.lists, c.files)
			}
		})
	}
}

// organisation is a trail of many accounts in three regions, over two days with a
// file every ten minutes of a few of them, and one a day of the rest.
func organisation(accounts int) iter.Seq[awstest.Object] {
	return func(yield func(awstest.Object) bool) {
		var pack packer
		for n := range accounts {
			account := fmt.Sprintf("%012d", 100000000000+n)
			for _, region := range []string{"ap-south-1", "eu-west-1", "us-east-1"} {
				step := 24 * time.Hour
				if n == 7 || n == 8 {
					step = 10 * time.Minute
				}
				for at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC); at.Day() < 6; at = at.Add(step) {
					k := key("", orgID, account, region, at.Format("2006-01-02T15:04"))
					if !yield(awstest.Object{Key: k, Body: pack.logFile(k)}) {
						return
					}
				}
			}
		}
	}
}

// TestNarrowIsWhole: what lies in the folder of an account, a region and a day is of
// that log, however it is named: a few minutes of it are told as all of it would.
func TestNarrowIsWhole(t *testing.T) {
	aws := stack.Start(t)
	b := aws.Account(owner).Bucket(t, "trails")
	dir := "AWSLogs/" + orgID + "/" + member + "/CloudTrail/us-east-1/2026/03/"
	own := func(stamp string) string { return key("", orgID, member, "us-east-1", stamp) }
	var all []string
	for minute := range 300 { // more than a page of them, so that keys are leapt over
		for _, hour := range []string{"00", "01", "02", "10", "11", "12", "22", "23"} {
			if minute%60 < 59 && minute < 240 {
				all = append(all, dir+"05/"+member+"_CloudTrail_us-east-1_20260305T"+hour+fmt.Sprintf("%02dZ_%d.json.gz", minute%60, minute/60))
			}
		}
	}
	all = append(all, own("2026-03-04T23:58"), own("2026-03-06T00:01"))
	strange := []string{
		dir + "05/" + member[:11] + "0_CloudTrail_us-east-1_20260305T1130Z_Evil.json.gz",
		dir + "05/" + owner + "_CloudTrail_us-east-1_20260305T1130Z_Evil.json.gz",
		dir + "05/" + member + "_CloudTrail_us-west-2_20260305T1130Z_Evil.json.gz",
		dir + "05/" + member + "_CloudTrail_us-east-1_copied.json.gz",
		dir + "05/sub/" + member + "_CloudTrail_us-east-1_20260305T1130Z_Evil.json.gz",
		dir + "05/renamed.json.gz",
	}
	late := dir + "05/" + owner + "_CloudTrail_us-east-1_20260305T1800Z_Evil.json.gz"
	b.Put(t, objects(slices.Concat(all, strange, []string{late})...)...)
	for _, w := range []source.Window{
		{Since: at("2026-03-05T11:28"), Until: at("2026-03-05T11:31")},
		{Since: at("2026-03-04T20:00"), Until: at("2026-03-05T11:31")},
		{Since: at("2026-03-05T11:28"), Until: at("2026-03-06T00:30")},
		{Since: at("2026-03-05T11:28")},
		{Until: at("2026-03-05T11:31")},
	} {
		want := slices.Clone(strange)
		from, until := w.Delivered()
		for _, k := range append(all, late) {
			if stamp := cloudtrail.ParseLogFileName(k).Delivered; stamp >= from && (until == 0 || stamp <= until) {
				want = append(want, k)
			}
		}
		l := open(t, aws.Account(owner).Config(), b.URI(""), bucket.Options{})
		opened := l.Cost().Lists
		w.Account, w.Region = member, "us-east-1"
		if got := keys(t, l, w); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s to %s: %d files, want %d: %v", w.Since, w.Until, len(got), len(want), got[:min(len(got), 12)])
		}
		if n := l.Cost().Lists - opened; n > 5 {
			t.Errorf("%s to %s: %d lists", w.Since, w.Until, n)
		}
	}
}
