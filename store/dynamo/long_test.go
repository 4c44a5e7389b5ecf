package dynamo

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// TestLongTexts: records that are packed a hundredfold are not all held at once.
func TestLongTexts(t *testing.T) {
	var records []string
	for n := range 10 {
		records = append(records, fmt.Sprintf(`{"eventID":"%d","eventTime":"2026-01-02T10:00:%02dZ","userAgent":"%s"}`, n, n, strings.Repeat("x", mostRecord-1000)))
	}
	var s Store
	s.writer.begin()
	var items []item
	for r := range logFile(firstFile, records...).Records {
		items = append(items, s.items(r, useOf(r, account, lineage.Location{}), "").event)
	}
	events, left := s.someOf(t.Context(), items)
	if n := len(events); n == 0 || n > 6 || n+len(left) != 10 {
		t.Errorf("%d held, %d left", n, len(left))
	}
	given := 0
	w := formWindow{forms: map[cloudtrail.ID][]form{}, give: func(*event) bool { given++; return true }}
	for n := range 200 {
		w.add(&event{Row: query.Row{Use: lineage.Use{Time: cloudtrail.Time(n)}}, texts: mostRecord})
	}
	if len(w.held) > 70 || given+len(w.held) != 200 {
		t.Errorf("%d held, %d given", len(w.held), given)
	}
}

// TestOwnEnd: that the caller ended a call is no slowness of DynamoDB.
func TestOwnEnd(t *testing.T) {
	var h heard
	s := &Store{options: Options{Note: h.note}}
	for _, ended := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		p := newPatience(s)
		if _, err := p.GetAttemptToken(ctx); err != nil {
			t.Fatal(err)
		}
		if ended {
			cancel()
		}
		_, _ = p.RetryDelay(sayAfter, net.ErrClosed)
		cancel()
		if told := h.all(); (told == "") != ended {
			t.Errorf("told %q", told)
		}
	}
}
