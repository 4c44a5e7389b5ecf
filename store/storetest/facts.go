package storetest

import (
	"bytes"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// factsOf asks for every fact of these files by each of its keys, fails where
// one is not found, and returns them.
func factsOf(t *testing.T, s Store, files ...source.File) []*lineage.Fact {
	t.Helper()
	var all []*lineage.Fact
	for _, f := range files {
		var d cloudtrail.Decoder
		for r, err := range d.Records(bytes.Clone(f.Body)) {
			if err != nil {
				t.Fatal(err)
			}
			r = r.Clone()
			who := lineage.NewIdentity(&r.UserIdentity)
			use := lineage.NewUse(r, r.ID(f.Account), &who, lineage.Location{File: f.URI, Record: r.Ordinal})
			for _, want := range lineage.Facts(r, use) {
				for _, k := range want.Keys() {
					got := find(t, s, k, 0, 0)
					if !slices.ContainsFunc(got, func(g *lineage.Fact) bool { return equal(g, &want) }) {
						t.Errorf("key %q: not found: %+v\nbut %+v", k, want, got)
					}
				}
				all = append(all, &want)
			}
		}
	}
	return all
}

// equal leaves out the file, which may be any that carries the record.
func equal(a, b *lineage.Fact) bool {
	return gocmp.Equal(a, b, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(lineage.Location{}))
}

func find(t *testing.T, s Store, k lineage.Key, from, to cloudtrail.Time) []*lineage.Fact {
	t.Helper()
	facts, err := s.Facts(t.Context(), []lineage.Key{k}, from, to)
	if err != nil {
		t.Fatalf("Facts: %v", err)
	}
	return facts
}

func factsByKey(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	all := factsOf(t, s, files...)
	issuances := 0
	for _, f := range all {
		if f.Kind == lineage.Issuance {
			issuances++
		}
		for _, k := range f.Keys() {
			for _, got := range find(t, s, k, 0, 0) {
				if !slices.Contains(got.Keys(), k) {
					t.Errorf("key %q gives a fact that does not have it: %+v", k, got)
				}
			}
		}
	}
	if issuances != 2 {
		t.Errorf("%d issuances in the test's own records", issuances)
	}
	var keys []lineage.Key
	for _, f := range all {
		keys = append(keys, f.Keys()...)
	}
	got, err := s.Facts(t.Context(), append(keys, "no such key"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if !slices.ContainsFunc(got, func(g *lineage.Fact) bool { return equal(g, f) }) {
			t.Errorf("asked for all keys at once: not found: %+v", f)
		}
	}
}

func factsInSpan(t *testing.T, s Store) {
	var records []string
	for i, at := range []string{"09:59:59", "10:00:00", "10:00:00", "10:00:05", "10:00:06"} {
		records = append(records, issued(i, "2026-01-02T"+at+"Z", "ops", "ASIAEXAMPLE00000000"+string(rune('0'+i))))
	}
	f := file("spans.json", records...)
	add(t, s, f)
	commit(t, s)
	var key lineage.Key
	for _, fact := range factsOf(t, s, f) {
		for _, k := range fact.Keys() {
			if len(find(t, s, k, 0, 0)) == 5 {
				key = k
			}
		}
	}
	if key == "" {
		t.Fatal("five issuances of one role session share no key")
	}
	ten, _ := cloudtrail.ParseTime("2026-01-02T10:00:00Z")
	for _, test := range []struct {
		from, to cloudtrail.Time
		want     int
	}{
		{0, 0, 5},
		{ten, 0, 4},
		{0, ten, 3},
		{ten, ten, 2},
		{ten, ten + 5, 3},
		{ten + 1, ten + 4, 0},
		{ten + 7, 0, 0},
		{0, ten - 2, 0},
		{ten + 5, ten, 0},
	} {
		if got := find(t, s, key, test.from, test.to); len(got) != test.want {
			t.Errorf("from %v to %v: %d facts, want %d", test.from, test.to, len(got), test.want)
		}
	}
}

func usesByPrincipal(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	all := want(t, files...)
	one, _ := cloudtrail.ParseTime("2026-01-02T10:00:01Z")
	for _, principal := range []string{role + ":ops", role + ":other", user, "nobody"} {
		for _, span := range [][2]cloudtrail.Time{{0, 0}, {one, 0}, {0, one}, {one, one}, {one + 1, one + 1}, {one + 5, one}} {
			got, err := s.Uses(t.Context(), principal, span[0], span[1])
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, w := range all {
				if w.Caller.PrincipalID != principal || w.Time < span[0] || span[1] != 0 && w.Time > span[1] {
					continue
				}
				n++
				if !slices.ContainsFunc(got, func(g lineage.Use) bool { return gocmp.Equal(g, w.Use) }) {
					t.Errorf("%s in %v: not found: %+v", principal, span, w.Use)
				}
			}
			if len(got) != n {
				t.Errorf("%s in %v: %d uses, want %d", principal, span, len(got), n)
			}
		}
	}
}
