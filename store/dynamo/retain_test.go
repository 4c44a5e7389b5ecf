package dynamo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// TestRetention: events and what leads to them get an end, whenever they came, names
// and log files get none; stopped in between, a repeat ends it; and it can be undone.
func TestRetention(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	files := organisation()
	half := len(files) / 2
	s := c.open(t, c.maker)
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
		lives := strings.HasPrefix(k.partition, partFile) || k.partition == partSpans || strings.Contains(k.sort, "#name#")
		if lives != ends.IsZero() {
			t.Errorf("%s ends %s", k, ends)
		}
		if lives {
			continue
		}
		mortals++
		clock := k.sort[:min(len(k.sort), len("2026-01-02T10:00:00Z"))]
		if k.partition == partDays {
			clock = k.sort[:len("2026-01-02")] + "T23:59:59Z"
		}
		if at, ok := cloudtrail.ParseTime(clock); !ok || ends != at+(days+2)*aDay {
			t.Errorf("%s ends %s", k, ends)
		}
	}
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || i.Retain != days || mortals == 0 {
		t.Errorf("%+v, %v; %d have an end", i, err, mortals)
	}
	// What is over is not taken any more.
	if err := s.SetRetention(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	kept, duplicate := add(t, c.open(t, c.writer), logFile(firstFile, `{"eventID":"old","eventTime":"2001-01-02T10:00:00Z"}`,
		`{"eventID":"new","eventTime":"`+time.Now().UTC().Format(time.RFC3339)+`"}`))
	if kept != 1 || duplicate != 0 {
		t.Errorf("kept %d, duplicate %d; want the newer one alone", kept, duplicate)
	}
	// Who wrote a day writes it again when that may have gone in between.
	w := c.open(t, c.writer)
	today := time.Now().UTC().Format(time.RFC3339)
	add(t, w, logFile(firstFile, `{"eventID":"early","eventTime":"`+today+`"}`))
	if err := s.SetRetention(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	day := daysKey(account, today[:len("2026-01-02")])
	if _, err := c.table.Owner.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &c.table.Name, Key: day.attributes()}); err != nil {
		t.Fatal(err)
	}
	w.meta.Load().read = time.Time{} // a minute later
	add(t, w, logFile(firstFile, `{"eventID":"late","eventTime":"`+today+`"}`))
	if c.items(t)[day] == nil {
		t.Errorf("%s was not written again", day)
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
