package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// told prints for people, as wide as the terminal is.
type told struct {
	w     io.Writer
	width int
}

// say prints a text, broken between words; what follows the first line is indented.
// A word is never broken, so that ARNs and keys can be copied.
func (p told) say(first, rest, text string) {
	for line := range wrapped(render.Text(text), max(p.width-len(rest), 24)) {
		fmt.Fprintln(p.w, strings.TrimRight(first+line, " "))
		first = rest
	}
}

// judged prints a grant and what is to be said of it.
func (p told) judged(g *judgedGrant) {
	of := g.found.Grant
	p.say("", "  ", "grant "+of.ID+" to "+of.To+" by "+string(of.Means)+": "+logsText(of)+breadthText(of))
	if !slices.ContainsFunc(g.findings, isFault) {
		fmt.Fprintln(p.w, "  on paper: nothing is wrong")
	}
	for _, f := range g.findings {
		p.finding(f)
	}
	if g.tries != nil {
		fmt.Fprintln(p.w)
		if g.seen {
			p.say("  ", "    ", "tried by "+g.by)
		} else {
			p.say("  ", "    ", "reported by the reader, "+g.by+", and not seen here")
		}
		p.tries(g.tries, of.Causes)
	}
}

// breadthText is what a grant's policy lays open beside the log files that it is for.
func breadthText(g *share.Grant) string {
	switch g.Policy {
	case share.Seed:
		return ", by --policy seed: and the names of all files in the bucket, its policy and its settings"
	case share.ManagedReadOnly:
		return ", by --policy managed-read-only: and all files in every bucket of account " + g.Owner
	}
	return ""
}

const underFinding = "         "

// finding prints a finding: what, where, the statement, what to do.
func (p told) finding(f share.Finding) {
	where := string(f.Kind)
	if f.Name != "" {
		where += " " + f.Name
	}
	if f.Resource != "" {
		where += " of " + f.Resource
	}
	if f.Index >= 0 {
		where += ", statement " + strconv.Itoa(f.Index+1)
		if sid := f.Sid(); sid != "" {
			where += " (" + sid + ")"
		}
	}
	p.say(fmt.Sprintf("  %-5s  ", f.Level), underFinding, f.Code+": "+f.Text)
	if strings.TrimSpace(where) != "" && (f.Index >= 0 || f.Statement != nil || f.Level == share.Fault) {
		p.say(underFinding, underFinding+"  ", "in "+where)
	}
	if f.Statement != nil {
		p.statement(*f.Statement)
	}
	if f.Remedy != "" {
		if strings.Contains(f.Remedy, "crosstrail share grant --") { // to be pasted: a line of its own
			fmt.Fprintln(p.w, underFinding+"do: "+render.Text(f.Remedy))
			return
		}
		p.say(underFinding, underFinding+"    ", "do: "+f.Remedy)
	}
}

// statement prints a statement on one line where there is room.
func (p told) statement(s policy.Statement) {
	text := s.String()
	var b bytes.Buffer
	if len(underFinding)+len(text) > p.width && json.Indent(&b, []byte(text), "", "  ") == nil {
		text = b.String()
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(p.w, underFinding+render.Text(line))
	}
}

// tries prints the table of tries, and below each what it was tried on, which is as
// long as keys are. Marks are words, so that colour carries nothing.
func (p told) tries(all []share.Tried, causes func(share.Tried) []string) {
	rows := [][]string{{"TRY", "WANTED", "GOT", ""}}
	for _, one := range all {
		got, mark := string(one.Got), ""
		if one.Code != "" {
			got += " (" + one.Code + ")"
		}
		if one.Differs() {
			mark = "WRONG"
		}
		rows = append(rows, []string{one.Text, string(one.Wanted), got, mark})
	}
	p.table("  ", rows, func(i int) {
		if i > 0 && all[i-1].Where != "" {
			fmt.Fprintln(p.w, render.Text("    "+all[i-1].Where))
		}
	})
	p.whys(all, causes)
}

// table prints rows in columns, and below each what below prints.
func (p told) table(indent string, rows [][]string, below func(row int)) {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = render.Text(cell)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	_ = t.Flush() // a Builder takes everything
	i := 0
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(p.w, strings.TrimRight(indent+line, " \n"))
		below(i)
		i++
	}
}

// whys prints what may have led to what is wrong, and what to think of the others.
func (p told) whys(all []share.Tried, causes func(share.Tried) []string) {
	var whys []string
	of := map[string][]string{}
	for _, one := range all {
		if one.Differs() {
			p.say("  ", "    ", one.Text+" was to be "+wantedText(one.Wanted)+"; it may be that")
			for _, cause := range causes(one) {
				p.say("    - ", "      ", cause)
			}
			if one.Message != "" {
				p.say("    ", "      ", "AWS said: "+one.Message)
			}
		}
		if one.Why != "" {
			if of[one.Why] == nil {
				whys = append(whys, one.Why)
			}
			of[one.Why] = append(of[one.Why], one.Text)
		}
	}
	for _, why := range whys {
		what := of[why][0]
		if n := len(of[why]); n > 1 {
			what += ", and " + number(n-1, "other")
		}
		p.say("  ", "    ", what+": "+why)
	}
}

func wantedText(o share.Outcome) string {
	if o == share.Works {
		return "allowed"
	}
	return "refused"
}
