package query_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/race"
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
	if race.Detector || testing.Short() {
		seeds = seeds[6:]
	}
	for _, seed := range seeds {
		store, _ := made(t, synth.New(seed, synth.Options{}))
		for name, f := range countFilters(t, store) {
			wantCounts, wantSessions, err := query.Count(t.Context(), store, resolverOf(t, store), f, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []query.Reader{store, scattered{store}} {
				counts, sessions, err := query.Count(t.Context(), r, resolverOf(t, store), f, false)
				if err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(wantCounts, counts); diff != "" {
					t.Errorf("seed %d, %s, %T: counts (-rows +tallies):\n%s", seed, name, r, diff)
				}
				if diff := gocmp.Diff(told(wantSessions), told(sessions)); diff != "" {
					t.Errorf("seed %d, %s, %T: sessions (-rows +tallies):\n%s", seed, name, r, diff)
				}
			}
		}
	}
}

// scattered is a store that tells its tallies as one does that keeps its events
// in several parts: hour by hour, one caller more than once, each time as another
// Identity.
type scattered struct{ *memory.Store }

func (s scattered) Tallies(ctx context.Context, sel query.Selection) iter.Seq2[*query.Tally, error] {
	return func(yield func(*query.Tally, error) bool) {
		var all []query.Tally
		for part := range 3 {
			n := 0
			rows := func(yield func(*query.Row, error) bool) {
				for row, err := range s.Rows(ctx, sel) {
					if n++; (err != nil || n%3 == part) && !yield(row, err) {
						return
					}
				}
			}
			for t, err := range query.TallyRows(rows) {
				if err != nil {
					yield(nil, err)
					return
				}
				one := *t
				one.Caller = t.Caller.Clone()
				all = append(all, one)
			}
		}
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		slices.SortStableFunc(all, func(x, y query.Tally) int { return cmp.Compare(x.Time/3600, y.Time/3600) })
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
	events := 80_000
	if race.Detector {
		events = 20_000
	}
	store := memory.New()
	for f := range synth.Corpus(synth.Live, 5, events) {
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
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%d tallies %s: counts (-rows +tallies):\n%s", tallies, name, diff)
		}
		if diff := gocmp.Diff(told(wantSessions), told(sessions)); diff != "" {
			t.Errorf("%d tallies %s: sessions (-rows +tallies):\n%s", tallies, name, diff)
		}
	}
	if tallies < events/8 {
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

// However a store counts, every question has one answer.
func TestAnswersOfAnyStore(t *testing.T) {
	seeds := uint64(4)
	if race.Detector {
		seeds = 1
	}
	for seed := range seeds {
		store, _ := made(t, synth.New(seed+1, synth.Options{}))
		asked := askedOf(t, store)
		var want string
		for _, r := range []query.Reader{store, scattered{store}} {
			resolver := resolverOf(t, store)
			var b strings.Builder
			for _, name := range asked {
				reach, err := query.Reach(t.Context(), r, resolver, name, query.ReachOptions{})
				if err != nil {
					t.Fatal(err)
				}
				who, err := query.Who(t.Context(), r, resolver, name)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(&b, name, reached(reach))
				for _, a := range who.Answers {
					fmt.Fprintln(&b, a.Row.ID, told([]query.SessionLine{*a.Session}))
				}
			}
			access, err := query.Access(t.Context(), r, resolver, query.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			coverage, err := query.Coverage(t.Context(), r, resolver, query.Filter{}, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, ways(access))
			for _, g := range coverage.Gaps {
				fmt.Fprintln(&b, g)
			}
			if want == "" {
				want = b.String()
			} else if diff := gocmp.Diff(strings.Split(want, "\n"), strings.Split(b.String(), "\n")); diff != "" {
				t.Errorf("seed %d (-one tally each +several):\n%s", seed+1, diff)
			}
		}
	}
}

// askedOf are names of all kinds, of what is there.
func askedOf(t *testing.T, store *memory.Store) []string {
	t.Helper()
	var all []string
	n := 0
	for l, err := range query.Lines(t.Context(), store, resolverOf(t, store), query.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%37 != 0 {
			continue
		}
		who := l.Row.Caller
		all = append(all, who.AccessKeyID, who.SessionID(), who.SessionName(), who.ARN, who.IssuerARN)
		if l.Chain.Origin != nil {
			all = append(all, l.Chain.Origin.ID, l.Chain.Origin.Name)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}
