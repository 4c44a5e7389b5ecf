package lineage

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The known facts of the shared data's README: AssumedRole events by what ties
// them to their issuance.
func TestRealRecords(t *testing.T) {
	for _, c := range []struct {
		folder    string
		want      map[Rule]int
		ambiguous []string
	}{
		{"invictus", map[Rule]int{AccessKey: 70, Session: 6}, []string{
			"8e7c424e-ba89-4259-a302-ebc251a1d79c", "a6e2c503-7c14-4aca-b20f-0b34957b7279", "d810582d-f50c-4816-b231-a693a20995a1",
		}},
		{"stratus", map[Rule]int{AccessKey: 47, "": 21}, nil},
		{"otrf", map[Rule]int{AccessKey: 11}, nil},
		{"umccr", map[Rule]int{"": 7}, nil},
		{"boogy-clp", map[Rule]int{"": 545}, nil},
	} {
		t.Run(c.folder, func(t *testing.T) {
			s := newSet(realSet(t, c.folder))
			chains := resolveAll(t, NewResolver(s, nil), s)
			got := map[Rule]int{}
			contested := 0
			var ambiguous []string
			for i, u := range s.uses {
				chain := chains[i]
				if chain.Evidence == Contested {
					contested++
				}
				if u.Caller.Type != "AssumedRole" {
					continue
				}
				last := chain.Hops[len(chain.Hops)-1]
				got[last.Rule]++
				if last.Ambiguous {
					ambiguous = append(ambiguous, u.ID.Event)
					if chain.Evidence != Strong || chain.Origin == nil || chain.Origin.ID != "service:rds.amazonaws.com" {
						t.Errorf("%s is not rds's, strong: %+v", u.ID.Event, chain)
					}
				}
			}
			if contested > 0 {
				t.Errorf("%d events are contested", contested)
			}
			slices.Sort(ambiguous)
			if d := cmp.Diff(c.ambiguous, ambiguous); d != "" {
				t.Errorf("ambiguous credentials (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("AssumedRole events by rule (-want +got):\n%s", d)
			}
		})
	}
}
