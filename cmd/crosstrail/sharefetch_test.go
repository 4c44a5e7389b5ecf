package main

import (
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share/fetch"
)

// TestFetchingLine: how far it is, as a terminal shows it.
func TestFetchingLine(t *testing.T) {
	for want, line := range map[string]string{
		"fetching: 0 of 900 files, 0 B of 90.0 MiB (0%)":                                                           fetchingLine(fetch.Counts{}, fetch.Estimate{Files: 1000, Known: 100, Bytes: 100 << 20, KnownBytes: 10 << 20}, 0),
		"fetching: 450 of 900 files, 45.0 MiB of 90.0 MiB (50%), 100 there already, 1 failed, 4.5 MiB/s, 10s left": fetchingLine(fetch.Counts{Fetched: 450, There: 100, Failed: 1, Bytes: 45 << 20}, fetch.Estimate{Files: 1000, Known: 100, Bytes: 100 << 20, KnownBytes: 10 << 20}, 10*time.Second),
		"fetching: 7 files, 1.0 KiB, 512 B/s":                                                                      fetchingLine(fetch.Counts{Fetched: 7, Bytes: 1024}, fetch.Estimate{Files: 20_000, Bytes: 1 << 30, AtLeast: true}, 2*time.Second),
	} {
		if line != want {
			t.Errorf("%s\nwant\n%s", line, want)
		}
	}
}
