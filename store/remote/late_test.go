package remote_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestLate asks about organisations some of whose records come hours late, and so
// lie where nobody looks for them: what is told then is less, and never somebody
// else.
func TestLate(t *testing.T) {
	asked, less := 0, 0
	for seed := range seeds(6) {
		b := put(synth.New(seed, synth.Options{}))
		whole := b.whole(t)
		full := lineage.NewResolver(whole, nil)
		for n, row := range rows(t, whole) {
			if n%9 != int(seed)%9 {
				continue
			}
			s := remote.New(b, remote.Options{})
			narrow, err := s.Settle(t.Context(), s.AskEvents([]lineage.Use{row.Use}))
			if err != nil {
				t.Fatal(err)
			}
			got, want := chain(t, narrow, row.Use), chain(t, full, row.Use)
			asked++
			switch {
			case got.Origin == nil && want.Origin != nil:
				less++
			case got.Origin != nil && got.Evidence < lineage.Claimed && (want.Origin == nil || got.Origin.ID != want.Origin.ID && got.Evidence < want.Evidence):
				t.Errorf("seed %d, %v:\nfetched: %s\nall:     %s", seed, row.ID, told(got), told(want))
			}
		}
	}
	t.Logf("%d events asked about, of %d less is told", asked, less)
}
