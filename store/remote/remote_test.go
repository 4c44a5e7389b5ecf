package remote_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/remote"
)

// told is what a chain claims.
func told(c *lineage.Chain) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Evidence)
	if c.Origin != nil {
		fmt.Fprintf(&b, " %s by %s", c.Origin.ID, c.Origin.Rule)
		// The portal of Identity Center writes into the log of an account that
		// nothing in the session's names.
		if s := c.Origin.SignIn; s != nil && s.By != "GetRoleCredentials" {
			fmt.Fprintf(&b, " signed in %s %s", s.By, s.Event.ID.Event)
		}
	}
	hops := func(all []lineage.Hop) {
		for _, h := range all {
			fmt.Fprintf(&b, "\n  %s %s %v", h.ID, h.Rule, h.Evidence)
			if h.Issuance != nil {
				fmt.Fprintf(&b, " %s", h.Issuance.ID.Event)
			}
			fmt.Fprintf(&b, " +%d %v %v", len(h.Copies), h.Ambiguous, h.Notes)
		}
	}
	hops(c.Hops)
	for _, v := range c.Via {
		fmt.Fprintf(&b, "\n  via %s%s", v.Service, v.AccountID)
		if v.Hop != nil {
			hops([]lineage.Hop{*v.Hop})
		}
	}
	for _, x := range c.Candidates {
		fmt.Fprintf(&b, "\n  candidate %s", x.ID())
	}
	for _, x := range c.Conflicts {
		fmt.Fprintf(&b, "\n  conflict %s %s", x.Says, x.Origin.ID)
	}
	for _, g := range c.Gaps {
		fmt.Fprintf(&b, "\n  gap %s %s %s %s", g.Reason, g.AccountID, g.From, g.Until)
	}
	return b.String()
}

func rows(t *testing.T, s *memory.Store) []query.Row {
	t.Helper()
	var all []query.Row
	for row, err := range s.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *row)
	}
	return all
}

// seeds is how many organisations are asked: with the race detector, which makes
// it slow, fewer.
func seeds(n uint64) uint64 {
	if race.Detector {
		return n / 3
	}
	return n
}

// TestNarrowIsWhole asks about events of made-up organisations twice: of all
// their log files, and of those that the question itself fetches. Where nothing
// rests on hours of the log the answers are one; where something does, what was
// fetched claims no more.
func TestNarrowIsWhole(t *testing.T) {
	asked, files, all, differ := 0, 0, 0, 0
	for seed := uint64(10); seed < 10+seeds(15); seed++ {
		b := put(synth.New(seed, synth.Options{Prompt: true}))
		whole := b.whole(t)
		spans, err := whole.Spans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		full := lineage.NewResolver(whole, lineage.NewHorizon(spans))
		careful := lineage.NewNarrowResolver(whole, lineage.NewHorizon(spans), nil)
		for n, row := range rows(t, whole) {
			if n%7 != int(seed)%7 {
				continue
			}
			s := remote.New(b, remote.Options{})
			narrow, err := s.Settle(t.Context(), s.AskEvents([]lineage.Use{row.Use}))
			if err != nil {
				t.Fatal(err)
			}
			got, want, best := chain(t, narrow, row.Use), chain(t, careful, row.Use), chain(t, full, row.Use)
			if g, w := told(got), told(want); g != w && !undated(got) {
				t.Errorf("seed %d, %s %s of %v:\nfetched: %s\nall:     %s", seed, row.EventSource, row.EventName, row.ID, g, w)
			}
			if told(got) != told(best) {
				differ++
			}
			if claims := got.Origin != nil && got.Evidence < lineage.Claimed; claims &&
				(best.Origin == nil || best.Origin.ID != got.Origin.ID || best.Evidence > got.Evidence) {
				t.Errorf("seed %d, %v:\nfetched, it claims more: %s\nall:     %s", seed, row.ID, told(got), told(best))
			}
			asked++
			files += s.Total().Files
			for _, f := range b.files {
				all += len(f)
			}
		}
	}
	t.Logf("%d events asked about, %d would be told otherwise by hours of the log; %d of %d files a question", asked, differ, files/asked, all/asked)
	if !race.Detector && (asked < 400 || 20*differ > asked) {
		t.Errorf("asked about %d events, of which %d rest on hours of the log: that shows too little", asked, differ)
	}
}

// undated reports whether a gap names hours, since no record tells the second
// that a session was made in: these are looked through in two regions alone.
func undated(c *lineage.Chain) bool {
	return slices.ContainsFunc(c.Gaps, func(g lineage.Gap) bool { return g.Until-g.From > 60 })
}

func chain(t *testing.T, r *lineage.Resolver, u lineage.Use) *lineage.Chain {
	t.Helper()
	chains, err := r.Resolve(t.Context(), []lineage.Use{u})
	if err != nil {
		t.Fatal(err)
	}
	return chains[0]
}
