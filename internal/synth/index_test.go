package synth_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
)

// index is the least thing that is a lineage.Index: maps over what was read. It
// keeps the truth test about the linker alone, whatever becomes of the stores.
type index struct {
	facts map[lineage.Key][]*lineage.Fact
	uses  map[string][]lineage.Use
	rows  map[cloudtrail.ID]lineage.Use
	files []cloudtrail.LogFile
}

func read(t testing.TB, files iter.Seq[synth.File]) *index {
	t.Helper()
	x := &index{
		facts: map[lineage.Key][]*lineage.Fact{}, uses: map[string][]lineage.Use{},
		rows: map[cloudtrail.ID]lineage.Use{},
	}
	var d cloudtrail.Decoder
	for f := range files {
		file := cloudtrail.ParseLogFileName(f.Name)
		x.files = append(x.files, file)
		for r, err := range d.Records(f.Body()) {
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			x.add(r.Clone(), file)
		}
	}
	return x
}

func (x *index) add(r *cloudtrail.Record, file cloudtrail.LogFile) {
	who := lineage.NewIdentity(&r.UserIdentity)
	use := lineage.NewUse(r, r.ID(file.Account), &who, lineage.Location{File: file.URI, Record: r.Ordinal})
	x.uses[who.PrincipalID] = append(x.uses[who.PrincipalID], use)
	if shown, ok := x.rows[use.ID]; !ok || use.Fingerprint < shown.Fingerprint {
		x.rows[use.ID] = use
	}
	facts := lineage.Facts(r, use)
	for i := range facts {
		for _, key := range facts[i].Keys() {
			x.facts[key] = append(x.facts[key], &facts[i])
		}
	}
}

func (x *index) Facts(_ context.Context, keys []lineage.Key, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	var found []*lineage.Fact
	for _, key := range keys {
		for _, f := range x.facts[key] {
			if within(f.Time, from, to) {
				found = append(found, f)
			}
		}
	}
	return found, nil
}

func (x *index) Uses(_ context.Context, principal string, from, to cloudtrail.Time) ([]lineage.Use, error) {
	return slices.DeleteFunc(slices.Clone(x.uses[principal]), func(u lineage.Use) bool { return !within(u.Time, from, to) }), nil
}

func within(t, from, to cloudtrail.Time) bool {
	return (from.IsZero() || t >= from) && (to.IsZero() || t <= to)
}

// logFiles yields the files as lineage.Spans reads them.
func (x *index) logFiles(yield func(cloudtrail.LogFile, error) bool) {
	for _, f := range x.files {
		if !yield(f, nil) {
			return
		}
	}
}

// chains are the answers for all events, by identity.
func (x *index) chains(t testing.TB) map[cloudtrail.ID]*lineage.Chain {
	t.Helper()
	spans, err := lineage.Spans(x.logFiles)
	if err != nil {
		t.Fatal(err)
	}
	horizon := lineage.NewHorizon(spans)
	ids := make([]cloudtrail.ID, 0, len(x.rows))
	uses := make([]lineage.Use, 0, len(x.rows))
	for id, use := range x.rows {
		ids, uses = append(ids, id), append(uses, use)
	}
	chains, err := lineage.NewResolver(x, horizon).Resolve(t.Context(), uses)
	if err != nil {
		t.Fatal(err)
	}
	of := map[cloudtrail.ID]*lineage.Chain{}
	for i, id := range ids {
		of[id] = chains[i]
	}
	return of
}
