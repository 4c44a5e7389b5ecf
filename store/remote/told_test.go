package remote_test

import (
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestStepsTellWhatWasRead: where the files of a day are read a few at a time, each
// step tells of those that it read, from the newest back.
func TestStepsTellWhatWasRead(t *testing.T) {
	v := &vast{accounts: 30, days: 3, end: cloudtrail.TimeOf(time.Date(2026, 5, 4, 18, 0, 0, 0, time.UTC)), told: map[string]string{}}
	key := breach(v, v.end-8*3600, "eu-west-1")
	var steps []remote.Step
	s := remote.New(v, remote.Options{Tell: func(s remote.Step) { steps = append(steps, s) }})
	found, err := s.Seek(t.Context(), remote.Search{Accounts: []string{lineage.KeyAccount(key)}, Until: v.end}, s.Found(key))
	if err != nil || !found || len(steps) < 3 {
		t.Fatal(found, err, len(steps))
	}
	newest := v.end
	for n, step := range steps {
		if step.First == 0 || step.First > step.Last || step.Last > newest || step.First < v.end-9*3600 && n < 3 {
			t.Errorf("step %d tells of %s to %s: %d files", n, step.First, step.Last, step.Files)
		}
		newest = step.First
	}
}
