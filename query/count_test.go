package query_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// Counting by tallies comes to what reading every event does, whatever the
// filter.
func TestTalliesTellWhatRowsTell(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8, 196} // the last has a grant in the session that it grants
	if testing.Short() {
		seeds = seeds[6:]
	}
	for _, seed := range seeds {
		store, _ := made(t, synth.New(seed, synth.Options{}))
		for name, f := range countFilters(t, store) {
			counts, sessions, err := query.Count(t.Context(), store, resolverOf(t, store), f, false)
			if err != nil {
				t.Fatal(err)
			}
			wantCounts, wantSessions, err := query.Count(t.Context(), store, resolverOf(t, store), f, true)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantCounts, counts); diff != "" {
				t.Errorf("seed %d, %s: counts (-rows +tallies):\n%s", seed, name, diff)
			}
			if diff := cmp.Diff(told(wantSessions), told(sessions)); diff != "" {
				t.Errorf("seed %d, %s: sessions (-rows +tallies):\n%s", seed, name, diff)
			}
		}
	}
}

// scattered is a store that tells its tallies in no order, by callers of their own.
type scattered struct{ *memory.Store }

func (s scattered) Tallies(ctx context.Context, sel query.Selection) iter.Seq2[*query.Tally, error] {
	return func(yield func(*query.Tally, error) bool) {
		var all []query.Tally
		for t, err := range s.Store.Tallies(ctx, sel) {
			if err != nil {
				yield(nil, err)
				return
			}
			one := *t
			one.Caller = t.Caller.Clone()
			all = append(all, one)
		}
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i := range all {
			if !yield(&all[i], nil) {
				return
			}
		}
	}
}

// In whatever order a store counts, and however much there is, the answers are
// the same.
func TestTalliesInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads eighty thousand events")
	}
	store := memory.New()
	for f := range synth.Corpus(synth.Live, 5, 80_000) {
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
	tallies := 0
	for range store.Tallies(t.Context(), query.Selection{}) {
		tallies++
	}
	want, wantSessions, err := query.Count(t.Context(), store, resolverOf(t, store), query.Filter{}, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]query.Reader{"by time": store, "scattered": scattered{store}} {
		got, sessions, err := query.Count(t.Context(), r, resolverOf(t, store), query.Filter{}, false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d tallies %s: counts (-rows +tallies):\n%s", tallies, name, diff)
		}
		if diff := cmp.Diff(told(wantSessions), told(sessions)); diff != "" {
			t.Errorf("%d tallies %s: sessions (-rows +tallies):\n%s", tallies, name, diff)
		}
	}
	if tallies < 10_000 {
		t.Errorf("%d tallies are linked in one go", tallies)
	}
}

func resolverOf(t testing.TB, store *memory.Store) *lineage.Resolver {
	t.Helper()
	spans, err := store.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lineage.NewResolver(store, lineage.NewHorizon(spans))
}

func told(sessions []query.SessionLine) []string {
	var all []string
	for _, s := range sessions {
		all = append(all, fmt.Sprint(s.ID, " ", s.SessionARN, " ", s.RoleARN, " ", s.AccountID, " ", s.AccessKeyIDs, " ", s.Calls, s.Writes, s.Errors,
			" ", s.First, s.Last, " ", query.Signature(s.Chain)))
	}
	return all
}

// countFilters are filters of each stage, about what is there.
func countFilters(t *testing.T, store *memory.Store) map[string]query.Filter {
	t.Helper()
	var rows []query.Row
	for row, err := range store.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, *row)
	}
	middle := rows[len(rows)/2]
	return map[string]query.Filter{
		"all":              {},
		"newest":           {Newest: true},
		"since":            {Since: middle.Time},
		"until":            {Until: middle.Time},
		"one second":       {Since: middle.Time, Until: middle.Time},
		"account":          {Accounts: []string{middle.ID.Recipient}},
		"not region":       {Not: []query.Filter{{Regions: []string{middle.Region}}}},
		"session":          {Sessions: []string{middle.Caller.SessionID()}},
		"writes":           {Writes: true},
		"not errors":       {Not: []query.Filter{{Errors: true}}},
		"event name":       {EventNames: []string{middle.EventName}},
		"address":          {IPs: []string{middle.SourceIP}},
		"kind":             {Kinds: []string{"IAMUser"}},
		"not kind":         {Not: []query.Filter{{Kinds: []string{"AWSService"}}}},
		"cross-account":    {CrossAccount: true, Since: middle.Time - 3600},
		"third party":      {ThirdParty: true},
		"evidence":         {Evidence: lineage.Strong, Writes: true},
		"resource":         {Resources: []string{"acme-logs"}},
		"not mixed":        {Not: []query.Filter{{CrossAccount: true, Writes: true}}},
		"not mixed either": {Not: []query.Filter{{CrossAccount: true, Regions: []string{middle.Region}}}},
	}
}
