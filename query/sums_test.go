package query_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// made puts an organisation's log files into a store.
func made(t testing.TB, org *synth.Org) (*memory.Store, *lineage.Resolver) {
	t.Helper()
	store := memory.New()
	for f := range org.Files() {
		body := f.Body()
		var d cloudtrail.Decoder
		file := source.File{LogFile: cloudtrail.ParseLogFileName(f.Name), Body: body, Records: func(yield func(*cloudtrail.Record) bool) {
			for r, err := range d.Records(body) {
				if err == nil && !yield(r) {
					return
				}
			}
		}}
		if _, _, err := store.Add(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans, err := store.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return store, lineage.NewResolver(store, lineage.NewHorizon(spans))
}

// Every event is counted once in a summary, in the node of its caller.
func TestSummaryAddsUp(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		store, resolver := made(t, synth.New(seed, synth.Options{}))
		s, err := query.Summarize(t.Context(), store, resolver, query.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		events, byEvidence := 0, 0
		check := func(what string, a query.Activity, nodes []*query.Node) {
			calls, below := countNodes(nodes)
			if calls != a.Events || below != a.Events {
				t.Errorf("seed %d, %s: %d events, its nodes have %d and their calls are %d", seed, what, a.Events, below, calls)
			}
			events += a.Events
		}
		for _, o := range s.Origins {
			check(o.Origin.ID, o.Activity, o.Nodes)
		}
		for _, c := range s.Contested {
			check("contested", c.Activity, c.Nodes)
		}
		for _, g := range s.Unresolved {
			check(string(g.Gap.Reason), g.Activity, g.Nodes)
			if g.Events < g.Activity.Events {
				t.Errorf("seed %d: %d events have the gap %s, %d of them no origin", seed, g.Events, g.Gap.Reason, g.Activity.Events)
			}
		}
		for _, n := range s.Totals.ByEvidence {
			byEvidence += n
		}
		if events != s.Totals.Events || byEvidence != s.Totals.Events || events == 0 {
			t.Errorf("seed %d: %d events in all, %d by group, %d by evidence", seed, s.Totals.Events, events, byEvidence)
		}
	}
}

// countNodes adds up a tree, by calls and by nodes.
func countNodes(nodes []*query.Node) (calls, events int) {
	for _, n := range nodes {
		for _, c := range n.Calls {
			calls += c.Count
		}
		c, e := countNodes(n.Children)
		calls, events = calls+c, events+e+n.Events
	}
	return calls, events
}

// What a chain says of an origin's sessions, reach says too.
func TestReachHoldsEveryChain(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		store, resolver := made(t, synth.New(seed, synth.Options{}))
		sessions := map[string]map[string]bool{}
		for l, err := range query.Lines(t.Context(), store, resolver, query.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if o := l.Chain.Origin; o != nil && len(sessions) < 12 && sessions[o.ID] == nil {
				sessions[o.ID] = map[string]bool{}
			}
			for i := range l.Chain.Hops {
				if o := l.Chain.Origin; o != nil && sessions[o.ID] != nil {
					sessions[o.ID][l.Chain.Hops[i].ID] = true
				}
			}
		}
		for origin, want := range sessions {
			a, err := query.Reach(t.Context(), store, resolver, origin, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{"": true}
			for _, s := range a.Sessions {
				if !there[s.Parent] {
					t.Errorf("seed %d, %s: session %s stands before its parent %s", seed, origin, s.Hop.ID, s.Parent)
				}
				there[s.Hop.ID] = true
			}
			for id := range want {
				if !there[id] {
					t.Errorf("seed %d: %s did not reach %s", seed, origin, id)
				}
			}
		}
	}
}
