package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestStart: how long a cold start takes, from the start of the process to its first
// answer, which has read a log file and written to the table; and how much memory
// the function needs for large files, at the least that Lambda gives.
func TestStart(t *testing.T) {
	h := newHub(t, stack.Start(t))
	key := h.put("", "first")
	began := time.Now()
	e := h.start(h.Config())
	if said, failed := e.invoke(t, s3Event("logs", key)); failed || said != "null" {
		t.Fatal(said)
	}
	cold := time.Since(began)
	began = time.Now()
	if said, failed := e.invoke(t, h.event("second")); failed {
		t.Fatal(said)
	}
	if got := h.stored(); fmt.Sprint(got) != "[first second]" {
		t.Errorf("stored: %q", got)
	}
	if l := sums(t, e.log()); len(l) != 2 || !l[0].ColdStart || l[1].ColdStart {
		t.Errorf("%+v", l)
	}
	if log := e.log(); strings.Count(log, `"level":"WARN"`) != 1 || !strings.Contains(log, "any bucket") {
		t.Error("it is not said once that it reads any bucket")
	}
	t.Logf("cold start %v, warm %v", cold.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))

	// The largest live files have some 600 events.
	var records []string
	for i := range 600 {
		records = append(records, record(fmt.Sprintf("live-%d", i)))
	}
	h.logs.Put(t, awstest.Object{Key: keyOf("live"), Body: logFile(records...)})
	if said, failed := e.invoke(t, s3Event("logs", keyOf("live"))); failed {
		t.Error(said)
	}
	// 12 MB decompressed, of records of 100 KB that compress to half of it: what they
	// have in common lies further apart than gzip looks.
	records = nil
	long := noise(100_000)
	for i := range 120 {
		records = append(records, strings.Replace(record(fmt.Sprintf("large-%d", i)), `"userAgent":"x"`, `"userAgent":"`+long+`"`, 1))
	}
	h.logs.Put(t, awstest.Object{Key: keyOf("large"), Body: logFile(records...)})
	if said, failed := e.invoke(t, s3Event("logs", keyOf("large"))); failed {
		t.Error(said)
	}
	for _, l := range sums(t, e.log())[2:] {
		if l.Records.Kept != l.Records.Read || l.Files.Kept != 1 {
			t.Errorf("%+v of %+v", l.Records, l.Files)
		}
	}
	peak := e.peak(t)
	t.Logf("peak memory %d MB", peak)
	if peak > 110 {
		t.Errorf("%d MB is too near to what the function has", peak)
	}
}

// peak is the most memory that the process had, in MB. (What wait4 tells of a child
// is not less than what this process had when it started it.)
func (e *environment) peak(t *testing.T) (mb int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscanf(rest, "%d kB", &mb); err != nil {
		t.Fatalf("%v in %s", err, status)
	}
	return mb >> 10
}
