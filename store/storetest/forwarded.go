package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// forwarding: from every store it can be told which calls came as events, and which
// came in log files alone.
func forwarding(t *testing.T, s Store) {
	var files []source.File
	for n := range 9 {
		at := fmt.Sprintf("2026-01-02T10:%02d:00Z", n)
		callers := issued(n, at, "ops", fmt.Sprintf("ASIAEXAMPLE%09d", n))
		owners := strings.Replace(strings.Replace(callers, `"recipientAccountId":"`+dev, `"recipientAccountId":"`+prod, 1), eventID(n), eventID(0x3000+n), 1)
		owners = strings.Replace(owners, `"type":"IAMUser"`, `"type":"AWSAccount"`, 1)
		if n%3 != 0 { // of each third one no event came
			files = append(files, file(fmt.Sprintf("inline:%064x", n), callers))
		}
		if n%3 != 1 { // of another third no log file is here
			files = append(files, file(uri(prod, "us-east-1", "1030", fmt.Sprintf("%016d", n)), owners))
		}
	}
	files = append(files, file(uri(prod, "us-east-1", "0930", fmt.Sprintf("%016d", 99)), used(0x4000, "2026-01-02T09:20:00Z", "ops", "ASIAEXAMPLE000000099")))
	add(t, s, files...)
	add(t, s, files[:4]...)
	commit(t, s)
	a, err := query.Forwarded(t.Context(), s, query.ForwardedOptions{})
	if err != nil {
		t.Fatalf("Forwarded: %v", err)
	}
	if len(a.Lines) != 1 {
		t.Fatalf("Forwarded: %d lines: %+v", len(a.Lines), a.Lines)
	}
	l := a.Lines[0]
	if got, want := fmt.Sprint(l.Account, l.Region, l.Both, l.Lost, l.Unlogged, len(l.Missing)), fmt.Sprint(dev, "us-east-1", 3, 3, 3, 3); got != want {
		t.Errorf("Forwarded: %s, want %s", got, want)
	}
	for i, e := range l.Missing {
		if e.ID.Event != eventID(0x3000+3*i) || e.ID.Recipient != prod || !strings.HasSuffix(e.File, fmt.Sprintf("%016d.json.gz", 3*i)) {
			t.Errorf("Forwarded: lost event %d: %+v", i, e)
		}
	}
}
