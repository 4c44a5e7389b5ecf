package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// printed are all that this package prints of an answer.
var printed = map[string]func(io.Writer, Form, Style) error{
	"who":        func(w io.Writer, f Form, s Style) error { return Who(w, whoAnswer(), f, s) },
	"who-absent": func(w io.Writer, f Form, s Style) error { return Who(w, absentAnswer(), f, s) },
	"reach":      func(w io.Writer, f Form, s Style) error { return Reach(w, reachAnswer(), f, s) },
	"show":       func(w io.Writer, f Form, s Style) error { return Show(w, showAnswer(), f, s) },
	"sessions":   func(w io.Writer, f Form, s Style) error { return Sessions(w, sessionLines(), f, s) },
	"access":     func(w io.Writer, f Form, s Style) error { return Access(w, accessAnswer(), f, s) },
	"no-access":  func(w io.Writer, f Form, s Style) error { return Access(w, &query.AccessAnswer{}, f, s) },
	"usage":      func(w io.Writer, f Form, s Style) error { return Usage(w, usageLines(), f, s) },
	"coverage":   func(w io.Writer, f Form, s Style) error { return Coverage(w, coverageAnswer(), f, s) },
	"no-coverage": func(w io.Writer, f Form, s Style) error {
		return Coverage(w, &query.CoverageAnswer{Files: 1, Nameless: 1}, f, s)
	},
	"lines":    func(w io.Writer, f Form, s Style) error { return printLines(w, eventLines(), f, s) },
	"no-lines": func(w io.Writer, f Form, s Style) error { return printLines(w, nil, f, s) },
	"trace":    func(w io.Writer, _ Form, s Style) error { return Trace(w, story(), s) },

	"who-verified":  verified(func(w io.Writer, f Form, s Style) error { return Who(w, inHole(), f, s) }),
	"show-verified": verified(func(w io.Writer, f Form, s Style) error { return Show(w, showAnswer(), f, s) }),
	"coverage-lost": func(w io.Writer, f Form, s Style) error { return Coverage(w, lostAnswer(), f, s) },
	"absent-lost":   func(w io.Writer, f Form, s Style) error { return Who(w, absentLost(), f, s) },
}

// TestForms holds that every form is what it says it is.
func TestForms(t *testing.T) {
	for name, print := range printed {
		if name == "trace" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			out := func(f Form) []byte {
				var b bytes.Buffer
				if err := print(&b, f, Style{Names: names()}); err != nil {
					t.Fatal(err)
				}
				return b.Bytes()
			}
			if b := out(JSON); !json.Valid(b) || b[len(b)-1] != '\n' {
				t.Errorf("JSON: %s", b)
			}
			for line := range bytes.Lines(out(JSONL)) {
				if !json.Valid(line) {
					t.Errorf("JSON line: %s", line)
				}
			}
			rows, err := csv.NewReader(bytes.NewReader(out(CSV))).ReadAll() // as many cells in each row
			if err != nil {
				t.Error(err)
			}
			if len(rows) == 0 {
				t.Error("CSV has no heading")
			}
		})
	}
}

// TestTheSameLine holds that trace's array, lines and who tell one and the same.
func TestTheSameLine(t *testing.T) {
	l := jsmith()
	var array, lines bytes.Buffer
	if err := printLines(&array, []query.Line{l, l}, JSON, Style{}); err != nil {
		t.Fatal(err)
	}
	if err := printLines(&lines, []query.Line{l, l}, JSONL, Style{}); err != nil {
		t.Fatal(err)
	}
	one := strings.SplitAfter(lines.String(), "\n")[0]
	want := "[" + "\n" + strings.TrimSpace(one) + ",\n" + strings.TrimSpace(one) + "\n]\n"
	if diff := cmp.Diff(want, array.String()); diff != "" {
		t.Error(diff)
	}
	var who bytes.Buffer
	if err := Who(&who, &query.WhoAnswer{Asked: "x", As: query.AsEvent, Answers: []query.Answer{{Line: l}}}, JSON, Style{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(who.String(), strings.TrimSuffix(strings.TrimSpace(one), "}")) {
		t.Errorf("who does not hold the line: %s", who.String())
	}
}

// TestColourCarriesNothing holds that the colours alone are more on a terminal.
func TestColourCarriesNothing(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, print := range printed {
		for _, width := range []int{40, 80, 160} {
			var plain, coloured bytes.Buffer
			if err := errors.Join(print(&plain, Table, Style{Width: width}), print(&coloured, Table, Style{Width: width, Color: true})); err != nil {
				t.Fatal(err)
			}
			if plain.Len() >= coloured.Len() && strings.TrimSpace(plain.String()) != "" {
				t.Errorf("%s: nothing is coloured", name)
			}
			if strings.Contains(plain.String(), "\x1b") {
				t.Errorf("%s: colour where none was asked for", name)
			}
			if diff := cmp.Diff(plain.String(), trimLines(sgr.ReplaceAllString(coloured.String(), ""))); diff != "" {
				t.Errorf("%s at %d: %s", name, width, diff)
			}
		}
	}
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// TestASCII holds that a plain locale gets plain characters.
func TestASCII(t *testing.T) {
	for name, print := range printed {
		var b bytes.Buffer
		if err := print(&b, Table, Style{Width: 60, ASCII: true}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if !cleanASCII(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

// TestWidth holds that lines end where the page does, but for what must stay
// whole: ids, file names, folders.
func TestWidth(t *testing.T) {
	whole := regexp.MustCompile(`s3://|[0-9a-f-]{36}|arn:|@\d{4}-|sha256`)
	for name, print := range printed {
		for _, w := range []int{60, 80, 100, 120, 160, 220} {
			var b bytes.Buffer
			if err := print(&b, Table, Style{Width: w, Names: names()}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if width(line) > w && !whole.MatchString(line) {
					t.Errorf("%s at %d has %d columns: %s", name, w, width(line), line)
				}
				if line != strings.TrimRight(line, " ") {
					t.Errorf("%s at %d: spaces at the end of %q", name, w, line)
				}
			}
		}
	}
}

// TestHostileTables puts hostile text wherever a log can.
func TestHostileTables(t *testing.T) {
	for _, h := range hostile {
		sum, who, reach, sessions := story(), whoAnswer(), reachAnswer(), sessionLines()
		poisonSummary(sum, h)
		for i := range who.Answers {
			if who.Answers[i].Chain.Origin != nil {
				poisonTree(&who.Answers[i].Line, h)
			}
		}
		who.Asked += h
		reach.Asked += h
		for i := range reach.Sessions {
			poisonHop(&reach.Sessions[i].Hop, h)
		}
		sessions[0].ID, sessions[0].RoleARN, sessions[0].AccountID = h, h, h
		line := everything()
		poison(&line, h)
		access, coverage := accessAnswer(), coverageAnswer()
		poisonAccess(access, h)
		poisonCoverage(coverage, h)
		for name, print := range map[string]func(io.Writer, Style) error{
			"access":   func(w io.Writer, s Style) error { return Access(w, access, Table, s) },
			"coverage": func(w io.Writer, s Style) error { return Coverage(w, coverage, Table, s) },
			"trace":    func(w io.Writer, s Style) error { return Trace(w, sum, s) },
			"who":      func(w io.Writer, s Style) error { return Who(w, who, Table, s) },
			"reach":    func(w io.Writer, s Style) error { return Reach(w, reach, Table, s) },
			"sessions": func(w io.Writer, s Style) error { return Sessions(w, sessions, Table, s) },
			"events":   func(w io.Writer, s Style) error { return printLines(w, []query.Line{line}, Table, s) },
			"show": func(w io.Writer, s Style) error {
				return Show(w, &query.ShowAnswer{Asked: h, Shown: []query.Shown{{Line: line, Record: []byte(h), SHA256: h}}}, Table, s)
			},
		} {
			for _, w := range []int{40, 80, 160} {
				var b bytes.Buffer
				if err := print(&b, Style{Width: w}); err != nil {
					t.Fatal(err)
				}
				if s := strings.ReplaceAll(b.String(), "\n", ""); strings.ContainsFunc(s, hidden) {
					t.Errorf("%s at %d shows hidden characters of %q", name, w, h)
				}
			}
		}
	}
}

func poisonSummary(sum *query.Summary, h string) {
	sum.Origins[0].Origin.Name += h
	sum.Origins[1].Origin.Workload += h
	sum.Unresolved[0].Gap.AccountID += h
	sum.Contested[0].Candidates[0].Origin.Name = h
	var walk func([]*query.Node)
	walk = func(nodes []*query.Node) {
		for _, n := range nodes {
			if n.Hop != nil {
				poisonHop(n.Hop, h)
			}
			n.IssuedToAddress += h
			n.OtherAgents.Most = append(n.OtherAgents.Most, query.Counted{Value: h, Count: 1})
			n.Addresses.Most = append(n.Addresses.Most, query.Counted{Value: h, Count: 1})
			for _, c := range n.Calls {
				c.EventName += h
				c.Via += h
				c.Touched.Most = append(c.Touched.Most, query.Counted{Value: h, Count: 1})
				c.ErrorCodes.Most = append(c.ErrorCodes.Most, query.Counted{Value: h, Count: 1})
			}
			walk(n.Children)
		}
	}
	walk(sum.Origins[0].Nodes)
	walk(sum.Unresolved[0].Nodes)
}

func poisonTree(l *query.Line, h string) {
	poisonHop(&l.Chain.Hops[0], h)
	l.Chain.Origin.ARN += h
	l.Row.EventName += h
	l.Row.Resources = []string{h}
}

func poisonHop(hop *lineage.Hop, h string) {
	hop.RoleARN += h
	hop.SessionARN += h
	hop.SourceIdentity += h
	hop.Notes = append(hop.Notes, h)
	hop.Proof.Equal = append(hop.Proof.Equal, lineage.Equal{Field: h, Value: h})
	hop.Proof.RuledOut = append(hop.Proof.RuledOut, lineage.RuledOut{Issuance: &lineage.Fact{Use: lineage.Use{ID: cloudtrail.ID{Event: h}}}, Guard: h})
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestWriterErrors holds that a full disk is said.
func TestWriterErrors(t *testing.T) {
	for name, print := range printed {
		for _, f := range []Form{Table, JSON, JSONL, CSV} {
			if empty := f == JSONL && (strings.HasPrefix(name, "no-") || name == "who-absent"); empty {
				continue
			}
			if err := print(full{}, f, Style{}); !errors.Is(err, errFull) {
				t.Errorf("%s -o %s returned %v", name, f, err)
			}
		}
	}
}
