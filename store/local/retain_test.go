package local_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
)

// TestRetainInAnyOrder: a floor set before, between or after gives one store;
// set twice it changes nothing, and it is never lowered.
func TestRetainInAnyOrder(t *testing.T) {
	t.Parallel()
	files := organisation(11, synth.Options{Stories: 12, Days: 5})
	all := tell(t, files)
	floor := floors(files)[3]
	var want *answers
	for _, at := range []int{0, len(files) / 2, len(files)} {
		s := open(t, t.TempDir(), local.Options{})
		pump(t, s, 2, files[:at])
		gone, err := s.Retain(t.Context(), floor)
		if err != nil || gone.Floor != floor || at == len(files) && (gone.Events == 0 || gone.Facts == 0) || at == 0 && gone.Events != 0 {
			t.Errorf("after %d files: %+v, %v", at, gone, err)
		}
		pump(t, s, 2, files)
		got := ask(t, s, all)
		for _, again := range []cloudtrail.Time{floor, floor - 24*3600} {
			gone, err := s.Retain(t.Context(), again)
			if err != nil || gone.Floor != floor || gone.Events != 0 {
				t.Errorf("once more, from %v: %+v, %v", again, gone, err)
			}
		}
		same(t, "retained twice", ask(t, s, all), got)
		if want == nil {
			want = got
		}
		got.Spans = want.Spans // files of before the floor, which hold nothing, are known or not
		same(t, fmt.Sprintf("after %d files of %d", at, len(files)), got, want)
	}
	only := rowTexts(t, inMemory(t, files), query.Selection{Since: floor})
	if len(only) == 0 || difference(want.Rows, only) != fmt.Sprintf("%d for %d", len(only), len(only)) {
		t.Errorf("what is newer: %s", difference(want.Rows, only))
	}
}

// TestRetainMeanwhile: a floor that is set while others add, commit and merge
// gives the same store.
func TestRetainMeanwhile(t *testing.T) {
	t.Parallel()
	files := organisation(12, synth.Options{Stories: 12, Days: 5})
	all := tell(t, files)
	floor := floors(files)[3]
	before := open(t, t.TempDir(), local.Options{})
	if _, err := before.Retain(t.Context(), floor); err != nil {
		t.Fatal(err)
	}
	pump(t, before, 2, files)
	want := ask(t, before, all)
	const commits = 20 // sixteen segments are merged
	for at := 13; at < commits; at += 2 {
		s := open(t, t.TempDir(), local.Options{})
		var retaining sync.WaitGroup
		for n := range commits {
			if n == at {
				retaining.Go(func() {
					if gone, err := s.Retain(t.Context(), floor); err != nil || gone.Floor != floor {
						t.Errorf("meanwhile: %+v, %v", gone, err)
					}
				})
			}
			pump(t, s, 2, files[n*len(files)/commits:(n+1)*len(files)/commits])
		}
		retaining.Wait()
		got := ask(t, s, all)
		got.Spans = want.Spans // files of before the floor, which hold nothing, are known or not
		same(t, fmt.Sprintf("retained in commit %d", at), got, want)
	}
}

// TestRetainOfNoTime: an event of no known time stays, with the file it is in,
// however old that is.
func TestRetainOfNoTime(t *testing.T) {
	t.Parallel()
	name := "AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/05/111111111111_CloudTrail_us-east-1_20260105T1000Z_abcdefghijklmno%d.json.gz"
	record := func(id, more string) []byte {
		return []byte(`{"eventID":"` + id + `"` + more + `,"eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","recipientAccountId":"111111111111"}`)
	}
	files := []synth.File{
		{Name: fmt.Sprintf(name, 1), Records: [][]byte{record("timeless", ""), record("old", `,"eventTime":"2026-01-05T09:00:00Z"`)}},
		{Name: fmt.Sprintf(name, 2), Records: [][]byte{record("ahead", `,"eventTime":"2027-01-05T09:00:00Z"`)}},
		{Name: fmt.Sprintf(name, 3), Records: [][]byte{record("old too", `,"eventTime":"2026-01-05T09:00:00Z"`)}},
	}
	floor, _ := cloudtrail.ParseTime("2026-06-01T00:00:00Z")
	for _, before := range []bool{true, false} {
		dir := t.TempDir()
		s, err := local.Open(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if before {
			pump(t, s, 1, files)
		}
		if _, err := s.Retain(t.Context(), floor); err != nil {
			t.Fatal(err)
		}
		if !before {
			pump(t, s, 1, files)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var ids []string
		r := read(t, dir, nil)
		for row, err := range r.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatalf("filled before: %v: %v", before, err)
			}
			ids = append(ids, row.ID.Event)
			if raw, err := r.Raw(t.Context(), row.Location); err != nil {
				t.Errorf("filled before: %v: %v: %s, %v", before, row.ID, raw, err)
			}
		}
		if fmt.Sprint(ids) != "[timeless ahead]" {
			t.Errorf("filled before: %v: %v", before, ids)
		}
		whole(t, dir)
	}
}

// TestRebuildAfterRetain: what went does not come back from copies that are
// still in a pack.
func TestRebuildAfterRetain(t *testing.T) {
	t.Parallel()
	files := singly(organisation(11, synth.Options{Stories: 12, Days: 5}))
	all := tell(t, files)
	dir := t.TempDir()
	fill(t, dir, local.Options{}, files[:len(files)/2], files[len(files)/2:])
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Retain(t.Context(), floors(files)[2]); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, want := ask(t, read(t, dir, nil), all), lines(t, dir, all)
	if err := rebuild(t, dir); err != nil {
		t.Fatal(err)
	}
	got := ask(t, read(t, dir, nil), all)
	got.Spans = before.Spans
	same(t, "rebuilt", got, before)
	sameTexts(t, "rebuilt", lines(t, dir, all), want)
	whole(t, dir)
}

// TestRetainedIsReadOnce: what is older than the floor is read once, for its
// names, whether it came before the floor was set or after; then it is known, and
// what there is does not grow.
func TestRetainedIsReadOnce(t *testing.T) {
	t.Parallel()
	files := organisation(11, synth.Options{Stories: 12, Days: 8})
	all := floors(files)
	floor := all[len(all)-1]
	for _, before := range []bool{true, false} {
		dir := t.TempDir()
		s := open(t, dir, local.Options{})
		if before {
			pump(t, s, 2, files)
		}
		if _, err := s.Retain(t.Context(), floor); err != nil {
			t.Fatal(err)
		}
		pump(t, s, 2, files)
		want, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if has, err := s.Has(t.Context(), cloudtrail.ParseLogFileName(f.Name)); err != nil || !has {
				t.Fatalf("filled before: %v: %s is not there, %v", before, f.Name, err)
			}
		}
		pump(t, s, 2, files)
		got, err := s.Info(t.Context())
		if err != nil || got.Facts != want.Facts || got.Events != want.Events || got.LogFiles == int64(len(files)) {
			t.Errorf("filled before: %v: %+v, were %+v, %v", before, got, want, err)
		}
	}
}
