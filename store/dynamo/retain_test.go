package dynamo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// TestRetention: events and what leads to them get an end, whenever they came, names
// and log files get none; stopped in between, a repeat ends it; and it can be undone.
func TestRetention(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	files := organisation()
	half := len(files) / 2
	s := c.open(t, c.maker)
	s.learning = 0 // nobody else writes
	if _, err := pump(t.Context(), s, files[:half]); err != nil {
		t.Fatal(err)
	}
	c.table.Put(t, foreign(t, "ASIAX", "2026-01-02T10:00:00Z", "seed's", `{"eventTime":"2026-01-02T10:00:00Z"}`))
	add(t, s, logFile(firstFile, `{"eventID":"days","eventTime":"2026-01-02T10:00:00Z"}`, `{"eventID":"a#b","eventTime":"2026-01-02T10:00:00Z"}`))
	const days = 3650
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.SetRetention(ctx, days); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("stopped at once: %v", err)
	}
	if err := s.SetRetention(t.Context(), days); err != nil {
		t.Fatal(err)
	}
	if _, err := pump(t.Context(), c.open(t, c.writer), files[half:]); err != nil {
		t.Fatal(err)
	}
	mortals := 0
	for k, i := range c.items(t) {
		ends := timeOf(i, attrExpires)
		lives := strings.HasPrefix(k.partition, partFile) || k.partition == partSpans || k.partition == partDays || strings.Contains(k.sort, "#name#")
		if lives != ends.IsZero() {
			t.Errorf("%s ends %s", k, ends)
		}
		if lives {
			continue
		}
		mortals++
		clock := k.sort[:min(len(k.sort), len("2026-01-02T10:00:00Z"))]
		if at, ok := cloudtrail.ParseTime(clock); !ok || ends != at+(days+2)*aDay {
			t.Errorf("%s ends %s", k, ends)
		}
	}
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || i.Retain != days || mortals == 0 {
		t.Errorf("%+v, %v; %d have an end", i, err, mortals)
	}
	// DynamoDB has deleted nothing yet, and nobody sees any more what is over.
	if err := s.SetRetention(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r := opened(t, c.Account(account).Config(), "Audit", Options{})
	second, _ := cloudtrail.ParseTime("2026-01-02T10:00:00Z")
	left, err := count(r.Rows(t.Context(), query.Selection{Since: second, Until: second}))
	whole, err2 := count(r.Rows(t.Context(), query.Selection{EventIDs: []string{"days", "a#b", "seed's"}}))
	if err := errors.Join(err, err2); err != nil || left+whole > 0 {
		t.Errorf("%d and %d rows, %v; want none", left, whole, err)
	}
	if err := s.SetRetention(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	for k, i := range c.items(t) {
		if i[attrExpires] != nil {
			t.Errorf("%s has an end still", k)
		}
	}
}

// TestTooOld: what is over is not taken any more, and is when events stay longer and
// its file is read again. Until then, and of what went for ever, it is known that not
// all is there.
func TestTooOld(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.maker)
	s.learning = 0
	if err := s.SetRetention(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w := c.open(t, c.writer)
	f := logFile(firstFile, `{"eventID":"old","eventTime":"2001-01-02T10:00:00Z"}`,
		`{"eventID":"new","eventTime":"`+time.Now().UTC().Format(time.RFC3339)+`"}`)
	f.Version = "an-etag"
	kept, duplicate := add(t, w, f)
	if kept != 1 || duplicate != 0 {
		t.Errorf("kept %d, duplicate %d; want the newer one alone", kept, duplicate)
	}
	has := func(want bool) {
		t.Helper()
		w.meta.Load().read = time.Time{} // a second later
		if there, err := w.Has(t.Context(), f.LogFile); err != nil || there != want {
			t.Errorf("has the file: %v, %v; want %v", there, err, want)
		}
	}
	has(true)
	if err := s.SetRetention(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	has(false)
	if kept, duplicate := add(t, w, f); kept != 1 || duplicate != 1 {
		t.Errorf("read again: kept %d, duplicate %d", kept, duplicate)
	}
	has(true)
	if lacks, yesterday := int64(s.meta.Load().lacks()), time.Now().AddDate(0, 0, -1).Unix(); lacks > yesterday || lacks < yesterday-600 {
		t.Errorf("it lacks what is older than %d, want %d", lacks, yesterday)
	}
}

// TestEndsTogether: of two who put one event at once, and know otherwise how long it
// is kept, the pointers go when the event does.
func TestEndsTogether(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.writer)
	add(t, s, logFile(firstFile, tableIssued))
	for r := range logFile(firstFile, tableIssued).Records {
		r = r.Clone()
		e := s.items(r, useOf(r, account, lineage.Location{File: firstFile}), "")
		e.expire(r.EventTime, 30)
		e.heavy = false // as if it had not been there when the other looked
		if fresh, err := s.put(t.Context(), e); fresh || err != nil {
			t.Fatal(fresh, err)
		}
	}
	pointers := 0
	for k, i := range c.items(t) {
		if kindOf(i) == kindPointer {
			pointers++
		}
		if i[attrExpires] != nil {
			t.Errorf("%s has an end", k)
		}
	}
	if pointers == 0 {
		t.Error("no pointers: this proves nothing")
	}
}
