package local_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

// TestUsageOfGrants: who used a grant is told alike by the store and by the memory,
// however the log is shuffled, split, cut and repeated.
func TestUsageOfGrants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			o := synth.New(seed, synth.Options{Stories: 3, Sharing: true})
			files := slices.Collect(o.Files())
			want := usageOf(t, inMemory(t, files), o)
			if strings.Count(want, `"use":"used"`) < 2 || !strings.Contains(want, `"bytesRead":3000`) {
				t.Fatalf("there is nothing to compare: %s", want)
			}
			parts := [][]synth.File{recut(r, files)}
			if seed%2 == 0 {
				r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
				parts = split(r, files)
			}
			dir := t.TempDir()
			fill(t, dir, local.Options{}, parts...)
			sameTexts(t, "usage", strings.Split(usageOf(t, read(t, dir, nil), o), "\n"), strings.Split(want, "\n"))
		})
	}
}

func usageOf(t *testing.T, r query.Reader, o *synth.Org) string {
	t.Helper()
	spans, err := r.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var grants []query.Shared
	for _, s := range o.Sharings {
		grants = append(grants, query.Shared{ID: s.RoleARN + s.Reader, RoleARN: s.RoleARN, Owner: s.Owner, To: s.Reader, Bucket: s.Bucket, Gets: []string{s.Prefix + "*"}, Lists: []string{s.Prefix + "*"}})
	}
	lines, err := query.Usage(t.Context(), r, lineage.NewResolver(r, lineage.NewHorizon(spans)), grants, query.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := render.Usage(&b, lines, render.JSONL, render.Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
