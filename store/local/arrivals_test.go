package local_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
)

// arrivalsOf waits in a store that was opened for reading.
func arrivalsOf(t *testing.T, dir string) *local.Arrivals {
	t.Helper()
	a, err := read(t, dir, nil).Arrivals()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() }) // only read from
	return a
}

// TestArrivals: whoever waits beside a writer meets each event that comes once,
// though files come twice, events in several forms, and segments are merged.
func TestArrivals(t *testing.T) {
	files := organisation(11, synth.Options{Stories: 60, Days: 3})
	dir := t.TempDir()
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	third := len(files) / 3
	pump(t, s, 2, files[:third]) // what is there before is no arrival
	a := arrivalsOf(t, dir)
	met := map[cloudtrail.ID]int{}
	for row, err := range read(t, dir, nil).Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		met[row.ID]++
	}
	there := len(met)
	come := func(want bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if !want {
			ctx, cancel = context.WithTimeout(t.Context(), time.Second)
			defer cancel()
		}
		err := a.Wait(ctx)
		if !want {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("something arrived, where nothing did: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range a.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			met[row.ID]++
		}
	}
	n := 0
	for some := range slices.Chunk(files[third:], 1+len(files)/60) { // more commits than are merged into one
		pump(t, s, 2, some)
		if n++; n%3 > 0 { // several commits at once
			come(true)
		}
	}
	pump(t, s, 1, []synth.File{{Name: "last.json", Records: files[0].Records[:1]}, anew("x.json", `"eventID":"fresh","eventTime":"2020-01-01T00:00:00Z","eventName":"A"`)})
	come(true)
	if met[cloudtrail.ID{Event: "fresh", Recipient: "111111111111"}] != 1 {
		t.Error("an event of long ago does not arrive")
	}
	pump(t, s, 1, []synth.File{anew("y.json", `"eventID":"fresh","eventTime":"2020-01-01T00:00:00Z","eventName":"Other"`)})
	come(true) // another form of what came before, and so no event
	come(false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := 0
	for row, err := range read(t, dir, nil).Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all++
		if met[row.ID] != 1 {
			t.Errorf("%v was met %d times", row.ID, met[row.ID])
		}
	}
	if len(met) != all || there == 0 || there == all {
		t.Errorf("%d events were met, of them %d before, and %d are there", len(met), there, all)
	}
}

func anew(name, fields string) synth.File {
	return synth.File{Name: name, Records: [][]byte{[]byte(`{` + fields + `,"recipientAccountId":"111111111111"}`)}}
}

// TestArrivalsRebuilt: a rebuild numbers everything anew; who waits is told, and
// goes on.
func TestArrivalsRebuilt(t *testing.T) {
	dir := t.TempDir()
	one := func(name string) synth.File {
		return anew(name, `"eventID":"`+name+`","eventTime":"2026-01-02T10:00:00Z"`)
	}
	fill(t, dir, local.Options{}, []synth.File{one("a"), one("b"), one("c")})
	a := arrivalsOf(t, dir)
	if err := rebuild(t, dir); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(t.Context()); !errors.Is(err, local.ErrRebuilt) {
		t.Fatalf("after a rebuild: %v", err)
	}
	fill(t, dir, local.Options{}, []synth.File{one("d")})
	if err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ids bytes.Buffer
	for row, err := range a.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids.WriteString(row.ID.Event)
	}
	if ids.String() != "d" {
		t.Errorf("there arrived %q", ids.String())
	}
}
