package lineage

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The acceptance vectors of linkage.md section 10 that concern linking, by
// their numbers, and the failing cases of section 5 (5.1 to 5.20). Every case
// is run with its records forwards, backwards and shuffled.
func TestVectors(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			if len(v.want) == 0 {
				t.Fatal("asks for nothing")
			}
			for order, entries := range orders(v.entries(t)) {
				if d := cmp.Diff(v.want, v.answers(t, entries, 0)); d != "" {
					t.Errorf("%s (-want +got):\n%s", order, d)
				}
			}
		})
	}
}

func vectors() []vector {
	return slices.Concat(
		crossAccountVectors(), switchVectors(), disputedSwitchVectors(), strayedSwitchVectors(), portalVectors(), instanceVectors(), serviceVectors(), forwardVectors(), tokenVectors(),
		rootVectors(), workloadVectors(), webVectors(), guardVectors(), creationVectors(), expiryVectors(), timeVectors(), contestVectors(), variantVectors(),
		shapeVectors(), loopVectors(), ownKeyVectors(), copyVectors(), toldVectors(), coverageVectors(), identityVectors(), grantVectors(), soleVectors(),
		forgedCallerVectors(), forgedSourceVectors(), secondVectors(), mistypedVectors(), maskVectors(), addendumVectors(),
	)
}
