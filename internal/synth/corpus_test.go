package synth_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
)

// shape is what a corpus is meant to look like, measured.
type shape struct {
	events, assumed, repeated, late, bytes, zipped int
	sizes                                          []int
}

func measure(t *testing.T, kind synth.Shape, events int) shape {
	var s shape
	issued := map[string]int{} // key to file
	first := map[string]int{}  // key to the file of its first use
	seen := map[string]bool{}
	var packer synth.Packer
	for f := range synth.Corpus(kind, 1, events) {
		s.sizes = append(s.sizes, len(f.Records))
		s.events += len(f.Records)
		s.bytes += len(f.Body())
		s.zipped += len(packer.Pack(f.Body()))
		for _, raw := range f.Records {
			var r struct {
				EventID          string
				UserIdentity     struct{ Type, AccessKeyID string }
				ResponseElements struct{ Credentials struct{ AccessKeyID string } }
			}
			if err := json.Unmarshal(raw, &r); err != nil {
				t.Fatalf("%v\n%s", err, raw)
			}
			if seen[r.EventID] {
				s.repeated++
				continue
			}
			seen[r.EventID] = true
			if key := r.ResponseElements.Credentials.AccessKeyID; key != "" {
				issued[key] = len(s.sizes)
			}
			if r.UserIdentity.Type == "AssumedRole" {
				s.assumed++
				if _, ok := first[r.UserIdentity.AccessKeyID]; !ok {
					first[r.UserIdentity.AccessKeyID] = len(s.sizes)
				}
			}
		}
	}
	for key, file := range first {
		if file < issued[key] {
			s.late++
		}
	}
	s.late = s.late * 100 / len(first)
	slices.Sort(s.sizes)
	return s
}

func TestCorpusLooksAsItShould(t *testing.T) {
	t.Parallel()
	bulk, live := measure(t, synth.Bulk, 12_000), measure(t, synth.Live, 12_000)
	between := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s is %d, want %d to %d", what, got, low, high)
		}
	}
	for name, s := range map[string]shape{"bulk": bulk, "live": live} {
		between(name+": events", s.events, 12_000, 12_000)
		between(name+": bytes an event", s.bytes/s.events, 1000, 1500)
		between(name+": tenths of the compression ratio", s.bytes*10/s.zipped, 70, 120)
	}
	between("bulk: percent by role sessions", bulk.assumed*100/bulk.events, 70, 80)
	between("bulk: mean file", bulk.events/len(bulk.sizes), 700, 1300)
	between("bulk: repeated events", bulk.repeated, 0, 0)
	between("bulk: percent of sessions used before issued", bulk.late, 0, 3)
	between("live: median file", live.sizes[len(live.sizes)/2], 6, 10)
	between("live: percent of repeated events", live.repeated*100/live.events, 13, 23)
	between("live: percent of sessions used before issued", live.late, 12, 20)
}

func BenchmarkCorpus(b *testing.B) {
	for b.Loop() {
		for range synth.Corpus(synth.Bulk, 1, 10_000) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/event")
}
