package cloudtrail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2016-04-05T20:39:37Z":                        "2016-04-05T20:39:37Z",
		"2000-02-29T00:00:00Z":                        "2000-02-29T00:00:00Z",
		"1969-12-31T23:59:59Z":                        "1969-12-31T23:59:59Z",
		"0001-01-01T00:00:01Z":                        "0001-01-01T00:00:01Z",
		"9999-12-31T23:59:59Z":                        "9999-12-31T23:59:59Z",
		"2016-04-05T20:39:37.123Z":                    "2016-04-05T20:39:37Z",
		"2016-04-05T22:39:37+02:00":                   "2016-04-05T20:39:37Z",
		"2016-04-05T15:09:37-0530":                    "2016-04-05T20:39:37Z",
		"2016-04-05t20:39:37z":                        "2016-04-05T20:39:37Z",
		"2016-04-05T20:39:37":                         "2016-04-05T20:39:37Z",
		"2016-04-05 20:39:37 UTC":                     "2016-04-05T20:39:37Z",
		"20131102T010628Z":                            "2013-11-02T01:06:28Z",
		"2021-02-21T23: 46: 28Z":                      "2021-02-21T23:46:28Z",
		" 2021-02-21T23:46:28Z\n":                     "2021-02-21T23:46:28Z",
		"2024-06-02 19:41:40.000000000":               "2024-06-02T19:41:40Z",
		"Apr 5, 2016 9:39:37 PM":                      "2016-04-05T21:39:37Z",
		"Jul 10, 2023, 12:09:47 PM":                   "2023-07-10T12:09:47Z",
		"Jul 10, 2023, 12:09:47 AM":                   "2023-07-10T00:09:47Z",
		"Jul 10, 2023, 1:09:47\u202fAM":               "2023-07-10T01:09:47Z",
		"Jul\u00a010,\u20032023\u00a01:09:47\u00a0AM": "2023-07-10T01:09:47Z",
		"Jan 01, 2019 0:00:00 PM":                     "2019-01-01T12:00:00Z",
		"Feb 29, 2024 11:59:59 PM":                    "2024-02-29T23:59:59Z",
		"Dec 31, 2023 11:59:59 PM UTC":                "2023-12-31T23:59:59Z",
	} {
		got, ok := cloudtrail.ParseTime(in)
		if !ok || got.String() != want {
			t.Errorf("ParseTime(%q) = %v, %v, want %v", in, got, ok, want)
		}
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "yesterday", "1459888779", "2016-04-05", "2016-04-05T20:39Z", "2016-13-05T20:39:37Z",
		"2016-00-05T20:39:37Z", "2016-04-31T20:39:37Z", "2016-04-00T20:39:37Z", "2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2016-04-05T24:00:00Z", "2016-04-05T20:60:37Z", "2016-04-05T20:39:60Z",
		"2016-04-05T20:39:37Zx", "2016-04-05T20:39:37.Z", "2016-04-05T2a:39:37Z", "2016-04-05T20:39:37+2",
		"Apr 5, 2016 13:39:37 PM", "Apr 5, 2016 9:39:37", "Apx 5, 2016 9:39:37 PM", "prM 5, 2016 9:39:37 PM",
		"Apr 31, 2016 9:39:37 PM", "Apr 5, 20169:39:37 PM", "A", "２０１６-04-05T20:39:37Z",
	} {
		if got, ok := cloudtrail.ParseTime(in); ok || got != 0 {
			t.Errorf("ParseTime(%q) = %v, %v, want none", in, got, ok)
		}
	}
}

// Every day of the Gregorian cycle, against package time.
func TestParseTimeCalendar(t *testing.T) {
	for day := time.Date(1900, 1, 1, 23, 58, 57, 0, time.UTC); day.Year() < 2300; day = day.AddDate(0, 0, 1) {
		s := day.Format(time.RFC3339)
		if got, ok := cloudtrail.ParseTime(s); !ok || int64(got) != day.Unix() {
			t.Fatalf("ParseTime(%q) = %d, want %d", s, got, day.Unix())
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"2016-04-05T20:39:37Z", "20131102T010628Z", "2021-02-21T23: 46: 28Z", "2024-06-02 19:41:40.000000000",
		"Apr 5, 2016 9:39:37 PM", "Jul 10, 2023, 12:09:47\u202fAM", "2016-04-05T22:39:37+02:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := cloudtrail.ParseTime(s)
		if !ok && got != 0 {
			t.Fatalf("%q: %d, and not ok", s, got)
		}
		for _, layout := range []string{time.RFC3339, "20060102T150405Z", "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM"} {
			// Package time takes one-digit hours and an hour zero of twelve,
			// and offsets of a day, which are no matter here.
			want, err := time.Parse(layout, s)
			if err != nil || want.Format(layout) != s && !strings.Contains(layout, "PM") {
				continue
			}
			if !ok || int64(got) != want.Unix() {
				t.Fatalf("%q: %v, %v, want %v", s, got, ok, want)
			}
		}
		if ok && got != 0 {
			if again, _ := cloudtrail.ParseTime(got.String()); got.Time().Year() < 10000 && got.Time().Year() >= 0 && again != got {
				t.Fatalf("%q: %v reads as %v", s, got, again)
			}
		}
	})
}
