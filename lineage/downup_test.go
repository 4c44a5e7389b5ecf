package lineage

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
)

// Down is up reversed: whatever session the chains of an origin's calls show, a
// descent from the origin reaches; and no session that it reaches is another's.
func TestDescendAgreesWithResolve(t *testing.T) {
	t.Parallel()
	sessions := 0
	for seed := range uint64(8) {
		var entries []entry
		for f := range synth.New(seed, synth.Options{}).Files() {
			entries = append(entries, decode(t, string(f.Body()), f.Name)...)
		}
		s := newSet(entries)
		r := NewResolver(s, nil)
		chains := resolveAll(t, r, s)

		shown := map[string]map[string]bool{}  // origin id → ids of sessions with an issuance
		owners := map[string]map[string]bool{} // session id → ids of origins
		starts := map[string]*Subject{}
		for n, c := range chains {
			if c.Origin == nil {
				continue
			}
			id := c.Origin.ID
			if starts[id] == nil {
				starts[id] = &Subject{OriginID: id, PrincipalID: c.Origin.PrincipalID}
				shown[id] = map[string]bool{}
			}
			starts[id].Uses = append(starts[id].Uses, s.uses[n])
			hops := hopsOf(c)
			for _, h := range hops {
				if owners[h.ID] == nil {
					owners[h.ID] = map[string]bool{}
				}
				// Whoever acted for the person handed the sessions out, and so
				// did the person under the name of the SAML call.
				for _, v := range c.Via {
					owners[h.ID][whoIs("service:"+v.Service)] = true
				}
				if i := hops[0].Issuance; i != nil {
					owners[h.ID][whoIs(originID(namedOnRecord(i.Caller)))] = true
				}
				owners[h.ID][whoIs(id)] = true
				if h.Issuance != nil {
					shown[id][h.ID] = true
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(starts)) {
			found, err := r.Descend(t.Context(), *starts[id], 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			reached := map[string]bool{}
			for _, d := range found.Sessions {
				reached[d.Hop.ID] = true
				if d.Parent != "" && !reached[d.Parent] {
					t.Errorf("seed %d: %s: %s comes before its parent %s", seed, id, d.Hop.ID, d.Parent)
				}
				if own := owners[d.Hop.ID]; own != nil && !own[whoIs(id)] {
					t.Errorf("seed %d: a descent from %s reaches %s of %v", seed, id, d.Hop.ID, slices.Sorted(maps.Keys(own)))
				}
			}
			for session := range shown[id] {
				if sessions++; !reached[session] {
					t.Errorf("seed %d: a descent from %s does not reach %s", seed, id, session)
				}
			}
		}
	}
	if sessions < 100 {
		t.Errorf("%d sessions prove little", sessions)
	}
}

// whoIs is one word for an origin that is known by more or by less: a user by
// the unique id alone, whichever copy told of it.
func whoIs(id string) string {
	if strings.HasPrefix(id, "iam:") || strings.HasPrefix(id, "account:") {
		return id[strings.LastIndexByte(id, ':')+1:]
	}
	return id
}
