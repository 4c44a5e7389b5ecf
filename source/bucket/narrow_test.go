package bucket_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

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
		for n := range accounts {
			account := fmt.Sprintf("%012d", 100000000000+n)
			for _, region := range []string{"ap-south-1", "eu-west-1", "us-east-1"} {
				step := 24 * time.Hour
				if n == 7 || n == 8 {
					step = 10 * time.Minute
				}
				for at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC); at.Day() < 6; at = at.Add(step) {
					k := key("", orgID, account, region, at.Format("2006-01-02T15:04"))
					if !yield(awstest.Object{Key: k, Body: logFile(k)}) {
						return
					}
				}
			}
		}
	}
}
