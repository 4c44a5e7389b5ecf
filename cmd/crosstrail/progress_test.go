package main

import (
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/ingest"
)

func TestProgressLine(t *testing.T) {
	p := ingest.Progress{Files: ingest.Counts{Read: 1204}, Records: ingest.Counts{Read: 3_000_000}, Bytes: 100 << 20}
	for _, c := range []struct {
		name   string
		p      ingest.Progress
		total  int64
		passed time.Duration
		want   string
	}{
		{"at once", ingest.Progress{}, 0, 0, "reading: 0 files, 0 events, 0 B"},
		{"before the total is known", p, 0, 2 * time.Second, "reading: 1,204 files, 3,000,000 events, 100 MiB, 1,500,000 events/s"},
		{"half way", p, 200 << 20, 10 * time.Second, "reading: 1,204 files, 3,000,000 events, 100 MiB of 200 MiB (50%), 300,000 events/s, 10s left"},
		{"most is there already", ingest.Progress{Bytes: 100 << 20, Skipped: 700 << 20}, 1000 << 20, 8 * time.Second, "reading: 0 files, 0 events, 800 MiB of 1000 MiB (80%), 0 events/s, 2s left"},
		{"files that grew", p, 50 << 20, 10 * time.Second, "reading: 1,204 files, 3,000,000 events, 100 MiB of 50.0 MiB, 300,000 events/s"},
	} {
		if got := progressLine(c.p, c.total, c.passed); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCounted(t *testing.T) {
	for _, c := range []struct {
		counts ingest.Counts
		want   string
	}{
		{ingest.Counts{}, "0 files"},
		{ingest.Counts{Read: 1, Kept: 1}, "1 file"},
		{ingest.Counts{Read: 1234567, Kept: 1234567}, "1,234,567 files"},
		{ingest.Counts{Read: 1, Failed: 1}, "1 file (1 failed)"},
		{ingest.Counts{Read: 10, Kept: 4, Duplicate: 3, PassedOver: 2, Failed: 1}, "10 files (4 kept, 3 seen before, 2 passed over, 1 failed)"},
	} {
		if got := counted(c.counts, "file"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.counts, got, c.want)
		}
	}
}

// TestMeterOfBuckets: what is left is told once it is known how much there is.
func TestMeterOfBuckets(t *testing.T) {
	there := int64(0)
	var out strings.Builder
	m := &meter{out: &out, start: time.Now().Add(-10 * time.Second), total: 50 << 20, buckets: func() int64 { return there }}
	read := ingest.Progress{Bytes: 50 << 20}
	m.progress(read)
	if got := out.String(); strings.Contains(got, " of ") || strings.Contains(got, "left") {
		t.Errorf("before all is listed: %q", got)
	}
	out.Reset()
	there = 50 << 20
	m.progress(read)
	if got := out.String(); !strings.Contains(got, "50.0 MiB of 100 MiB (50%), 0 events/s, 10s left") {
		t.Errorf("after: %q", got)
	}
}
