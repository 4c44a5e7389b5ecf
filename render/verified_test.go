package render

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// verified prints as of a set that was verified: dev's log file is altered, and
// none tells of those in the bucket.
func verified(print func(io.Writer, Form, Style) error) func(io.Writer, Form, Style) error {
	return func(w io.Writer, f Form, s Style) error {
		s.Integrity = func(file string) cloudtrail.Integrity {
			switch {
			case file == "dev.json":
				return cloudtrail.Altered
			case strings.HasPrefix(file, "s3://"):
				return cloudtrail.Unverified
			}
			return cloudtrail.Verified
		}
		return print(w, f, s)
	}
}

// inHole is an answer whose hop rests on a second of which log files are lost.
func inHole() *query.WhoAnswer {
	a := whoAnswer()
	a.Answers = a.Answers[:1]
	h := &a.Answers[0].Chain.Hops[0]
	h.Rule, h.Evidence, h.Notes = lineage.Session, lineage.Inferred, []string{lineage.NoteHole}
	a.Answers[0].Chain.Evidence = lineage.Inferred
	return a
}

// lostAnswer is coverage of logs that digest files tell of.
func lostAnswer() *query.CoverageAnswer {
	a := coverageAnswer()
	l := &a.Logs[1]
	l.Silent, l.SilentHours = l.Silent[:0], 0
	l.Quiet, l.QuietHours, l.LostHours = []query.Hours{{From: at("2016-04-05T21:00:00Z"), Until: at("2016-04-06T02:59:59Z")}}, 6, 1
	file := lineage.Lost{
		Account: "111111111111", Region: "us-east-1", From: at("2016-04-06T03:10:00Z"), Until: at("2016-04-06T03:20:00Z"), Files: 2,
		File: "s3://acme-trail/AWSLogs/111111111111/CloudTrail/us-east-1/2016/04/06/111111111111_CloudTrail_us-east-1_20160406T0320Z_AbCd EfGh.json.gz",
	}
	untold := lineage.Lost{Account: "999999999999", Region: "us-east-1", From: at("2016-04-07T02:45:00Z"), Until: at("2016-04-07T04:00:00Z"), File: "s3://acme-trail/digest.json.gz"}
	a.Lost = []query.LostSpan{{Lost: untold}, {Lost: file, Sessions: 2, Calls: 12, Examples: []string{"AROAVENDOR0000000001:scan@2016-04-06T03:12:00Z"}}}
	a.Lack = query.Lack{Altered: 3}
	a.Gaps = append(a.Gaps[:0], query.CoverageGap{
		Gap:  lineage.Gap{Reason: lineage.NoIssuerLog, AccountID: "111111111111", Region: "us-east-1", From: at("2016-04-06T03:12:00Z"), Until: at("2016-04-06T03:12:00Z")},
		Hole: query.LostFiles, Span: query.Hours{From: file.From, Until: file.Until}, File: file.File, Sessions: 2, Calls: 12, Examples: []string{"AROAVENDOR0000000001:scan@2016-04-06T03:12:00Z"},
	})
	return a
}

// absentLost is an answer about what is not there, of a set that lacks things.
func absentLost() *query.WhoAnswer {
	a := absentAnswer()
	for _, l := range lostAnswer().Lost {
		a.Absent.Lack.Lost = append(a.Absent.Lack.Lost, l.Lost)
	}
	a.Absent.Lack.Altered = 1
	return a
}

var (
	fileMember = regexp.MustCompile(`"file":"(?:[^"\\]|\\.)*"`)
	beside     = regexp.MustCompile(`"file":"(?:[^"\\]|\\.)*","(?:record|ordinal)":\d+,"integrity":"(?:verified|unverified|altered)"`)
)

// TestIntegrityBesideEveryFile: after a verification it stands beside every file,
// before there is no word of it.
func TestIntegrityBesideEveryFile(t *testing.T) {
	for name, print := range printed {
		if name == "trace" {
			continue
		}
		var before, after bytes.Buffer
		if err := print(&before, JSON, Style{}); err != nil {
			t.Fatal(err)
		}
		if err := verified(print)(&after, JSON, Style{}); err != nil {
			t.Fatal(err)
		}
		files, told := len(fileMember.FindAll(after.Bytes(), -1)), len(beside.FindAll(after.Bytes(), -1))
		if files != told || files != len(fileMember.FindAll(before.Bytes(), -1)) {
			t.Errorf("%s: %d files, integrity beside %d", name, files, told)
		}
		if !strings.HasSuffix(name, "verified") && strings.Contains(before.String(), "integrity") {
			t.Errorf("%s: integrity, though nobody looked", name)
		}
	}
}
