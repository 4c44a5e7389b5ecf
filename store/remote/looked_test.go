package remote_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestLooked: a hop that rests on no other issuance being there says how far one was
// looked for; where that was not done to its end, no more than was.
func TestLooked(t *testing.T) {
	whole, short := 0, 0
	for seed := range seeds(6) {
		b := put(synth.New(seed, synth.Options{Prompt: true}))
		for n, row := range rows(t, b.whole(t)) {
			if n%3 != int(seed)%3 {
				continue
			}
			ask := []lineage.Use{row.Use}
			s := remote.New(b, remote.Options{Late: source.LongLateness})
			settled, err := s.Settle(t.Context(), s.AskEvents(ask))
			if err != nil {
				t.Fatal(err)
			}
			unique := 0
			for _, h := range sessions(chain(t, settled, row.Use)) {
				if unique++; h.Proof.Delivered != until(h, source.LongLateness) {
					t.Errorf("seed %d, %v: %s was looked for until %s", seed, row.ID, h.ID, h.Proof.Delivered)
				}
			}
			whole += unique
			if unique == 0 {
				continue
			}
			// The same without the last look, as where it is not allowed.
			s = remote.New(b, remote.Options{Late: source.LongLateness})
			if row.Caller != nil {
				if _, err := s.Fetch(t.Context(), source.Window{Account: row.ID.Recipient, Since: row.Caller.Created - 5, Until: row.Time}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := s.Resolver(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range sessions(chain(t, r, row.Use)) {
				if short++; h.Proof.Delivered != 0 && h.Proof.Delivered != until(h, source.Lateness) {
					t.Errorf("seed %d, %v, not settled: %s was looked for until %s", seed, row.ID, h.ID, h.Proof.Delivered)
				}
			}
		}
	}
	if !race.Detector && (whole < 40 || short < 15) {
		t.Errorf("%d hops, and %d: that shows too little", whole, short)
	}
}

// sessions are the hops of a chain that rest on there being no other issuance.
func sessions(c *lineage.Chain) (all []lineage.Hop) {
	for _, h := range c.Hops {
		if (h.Rule == lineage.Session || h.Rule == lineage.ServiceSession) && !h.Ambiguous && h.Evidence != lineage.Contested {
			all = append(all, h)
		}
	}
	return all
}

// until is the minute that is so much later than a hop's issuance.
func until(h lineage.Hop, late cloudtrail.Time) cloudtrail.Time {
	at := h.Issuance.Time + late
	return at - at%60
}
