package lineage

import (
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// set is a small index: a map from keys to facts, and the events in the order
// of input.
type set struct {
	facts map[Key][]*Fact
	uses  []Use
	reads atomic.Int64 // calls of Facts
	read  atomic.Int64 // facts they returned
}

func (s *set) Facts(_ context.Context, keys []Key, from, to cloudtrail.Time) ([]*Fact, error) {
	s.reads.Add(1)
	var out []*Fact
	for _, k := range keys {
		for _, f := range s.facts[k] {
			if (from == 0 || f.Time >= from) && (to == 0 || f.Time <= to) {
				out = append(out, f)
			}
		}
	}
	s.read.Add(int64(len(out)))
	return out, nil
}

func (s *set) Uses(_ context.Context, principal string, from, to cloudtrail.Time) ([]Use, error) {
	var out []Use
	for _, u := range s.uses {
		if u.Caller.PrincipalID == principal && (from == 0 || u.Time >= from) && (to == 0 || u.Time <= to) {
			out = append(out, u)
		}
	}
	return out, nil
}

func (s *set) add(use Use, facts []Fact) {
	s.uses = append(s.uses, use)
	for i := range facts {
		f := facts[i].Clone()
		for _, k := range f.Keys() {
			s.facts[k] = append(s.facts[k], f)
		}
	}
}

// entry is one record as it was decoded.
type entry struct {
	use   Use
	facts []Fact
}

// decode reads records in any form of input.
func decode(t testing.TB, text, file string) []entry {
	t.Helper()
	var d cloudtrail.Decoder
	var out []entry
	for r, err := range d.Records([]byte(text)) {
		if err != nil {
			t.Fatalf("%s: %v in %.300s", file, err, text)
		}
		r = r.Clone()
		who := NewIdentity(&r.UserIdentity)
		use := NewUse(r, r.ID(cloudtrail.ParseLogFileName(file).Account), &who, Location{File: file, Record: r.Ordinal})
		out = append(out, entry{use, Facts(r, use)})
	}
	return out
}

// newSet adds entries in the order given.
func newSet(entries []entry) *set {
	s := &set{facts: map[Key][]*Fact{}}
	for _, e := range entries {
		s.add(e.use, e.facts)
	}
	return s
}

// orders are the same entries forwards, backwards and shuffled.
func orders(entries []entry) map[string][]entry {
	back, mixed := slices.Clone(entries), slices.Clone(entries)
	slices.Reverse(back)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return map[string][]entry{"forwards": entries, "backwards": back, "shuffled": mixed}
}

// sharedFile reads a file of ../shared, which is beside the repository.
func sharedFile(t testing.TB, path ...string) string {
	t.Helper()
	full := filepath.Join(append([]string{"..", "..", "shared"}, path...)...)
	f, err := os.Open(full)
	if err != nil {
		absent(t, err)
	}
	defer f.Close()
	var from io.Reader = f
	if filepath.Ext(full) == ".gz" {
		if from, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func absent(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("what lies beside the repository is missing: %v", err)
	}
	t.Skipf("SKIPPED, NOT TESTED ON REAL RECORDS: %v", err)
}

// realSet decodes one folder of the shared data, each event once.
func realSet(t testing.TB, folder string) []entry {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "shared", "data", folder, "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		absent(t, os.ErrNotExist)
	}
	seen := map[cloudtrail.ID]bool{}
	var out []entry
	for _, name := range names {
		for _, e := range decode(t, sharedFile(t, "data", folder, filepath.Base(name)), name) {
			if !seen[e.use.ID] {
				seen[e.use.ID] = true
				out = append(out, e)
			}
		}
	}
	return out
}

// resolveAll resolves every event of a set.
func resolveAll(t testing.TB, r *Resolver, s *set) []*Chain {
	t.Helper()
	chains, err := r.Resolve(t.Context(), s.uses)
	if err != nil {
		t.Fatal(err)
	}
	return chains
}
