package render

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// What somebody made a megabyte long is cut for people and whole for programs,
// and of many accounts people see the first.
func TestBrief(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	id := "AROAX:" + long + "@2016-04-05T20:39:37Z"
	sessions := []query.SessionLine{{ID: id, SessionARN: "arn:aws:sts::1:assumed-role/x/" + long}}
	reach := &query.ReachAnswer{Asked: long, Sessions: []query.ReachedSession{{Under: -1, Descent: lineage.Descent{Hop: lineage.Hop{ID: id, SessionARN: sessions[0].SessionARN}}}}}
	coverage := &query.CoverageAnswer{Gaps: []query.CoverageGap{{Examples: []string{id}}}}
	for range 70_000 {
		coverage.Logs = append(coverage.Logs, query.AccountLog{Span: lineage.Span{Account: "1", Region: "r"}})
		coverage.Gaps = append(coverage.Gaps, query.CoverageGap{Calls: 1})
	}
	for name, print := range map[string]func(*bytes.Buffer, Form) error{
		"sessions": func(b *bytes.Buffer, f Form) error { return Sessions(b, sessions, f, Style{Width: 80}) },
		"reach":    func(b *bytes.Buffer, f Form) error { return Reach(b, reach, f, Style{Width: 80}) },
		"coverage": func(b *bytes.Buffer, f Form) error { return Coverage(b, coverage, f, Style{Width: 80}) },
	} {
		for _, form := range []Form{Table, JSON} {
			var b bytes.Buffer
			if err := print(&b, form); err != nil {
				t.Fatal(err)
			}
			if small := b.Len() < 1<<16; small != (form == Table) || !utf8.Valid(b.Bytes()) {
				t.Errorf("%s -o %s: %d bytes", name, form, b.Len())
			}
		}
	}
}
