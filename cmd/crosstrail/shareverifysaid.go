package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
)

func (v *shareVerification) print(grants []*judgedGrant, beside []share.Finding) error {
	return v.ui.print(func(w io.Writer) error {
		if form := render.Form(v.form); form != render.Table {
			list := []flat{}
			for _, g := range grants {
				for _, f := range g.findings {
					list = append(list, findingRow(f))
				}
				for _, t := range g.tries {
					list = append(list, tryRow(g.found.Grant, t, g.by, g.seen))
				}
			}
			for _, f := range beside {
				list = append(list, findingRow(f))
			}
			return printList(w, form, findingRow(share.Finding{}), list)
		}
		for i, g := range grants {
			if i > 0 {
				fmt.Fprintln(w)
			}
			tellJudged(w, g)
		}
		if len(beside) > 0 {
			if len(grants) > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, "beside the grants")
			for _, f := range beside {
				tellFinding(w, f)
			}
		}
		return nil
	})
}

// verdictOf is the exit status.
func verdictOf(grants []*judgedGrant, beside []share.Finding) error {
	wrong, open := slices.ContainsFunc(beside, isFault), false
	for _, g := range grants {
		wrong = wrong || slices.ContainsFunc(g.findings, isFault) || slices.ContainsFunc(g.tries, share.Tried.Differs)
		open = open || slices.ContainsFunc(g.tries, func(t share.Tried) bool { return t.Got == share.Failed })
	}
	switch {
	case wrong:
		return silent(exitFinding)
	case open:
		return silent(exitPart)
	}
	return nil
}

func isFault(f share.Finding) bool { return f.Level == share.Fault }

// findingRow and tryRow are a row for programs: they have the same members.
func findingRow(f share.Finding) flat {
	statement, index := "", ""
	if f.Statement != nil {
		statement = f.Statement.String()
	}
	if f.Index >= 0 {
		index = strconv.Itoa(f.Index)
	}
	return judgedRow("finding", map[string]string{
		"grant": f.Grant, "level": string(f.Level), "code": f.Code, "document": string(f.Kind), "resource": f.Resource, "name": f.Name,
		"sid": f.Sid(), "index": index, "statement": statement, "text": f.Text, "remedy": f.Remedy,
	})
}

func tryRow(g *share.Grant, t share.Tried, by string, seen bool) flat {
	level, says := "", ""
	if t.Differs() {
		level = string(share.Fault)
	}
	if !seen {
		says = by
	}
	return judgedRow("try", map[string]string{
		"grant": g.ID, "level": level, "code": t.Try, "resource": t.Where, "text": t.Text, "remedy": strings.Join(g.Causes(t), "; "),
		"wanted": string(t.Wanted), "got": string(t.Got), "errorCode": t.Code, "errorMessage": t.Message, "why": t.Why, "triedBy": by, "reportedBy": says,
	})
}

func judgedRow(kind string, values map[string]string) flat {
	row := flat{{"kind", kind}}
	for _, name := range []string{
		"grant", "level", "code", "document", "resource", "name", "sid", "index", "statement", "text", "remedy",
		"wanted", "got", "errorCode", "errorMessage", "why", "triedBy", "reportedBy",
	} {
		row = append(row, member{name, values[name]})
	}
	return row
}

// tellJudged prints a grant and what is to be said of it, for people.
func tellJudged(w io.Writer, g *judgedGrant) {
	of := g.found.Grant
	fmt.Fprintln(w, render.Text("grant "+of.ID+" to "+of.To+" by "+string(of.Means)+": "+logsText(of)))
	if !slices.ContainsFunc(g.findings, isFault) {
		fmt.Fprintln(w, "  on paper: nothing is wrong")
	}
	for _, f := range g.findings {
		tellFinding(w, f)
	}
	if g.tries != nil {
		fmt.Fprintln(w)
		if g.seen {
			fmt.Fprintln(w, render.Text("  tried by "+g.by))
		} else {
			fmt.Fprintln(w, render.Text("  reported by the reader, "+g.by+", and not seen here"))
		}
		tellTries(w, of, g.tries)
	}
}

// tellFinding prints a finding: what, where, the statement, what to do.
func tellFinding(w io.Writer, f share.Finding) {
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
	fmt.Fprintln(w, render.Text(fmt.Sprintf("  %-5s  %s: %s", f.Level, f.Code, f.Text)))
	if strings.TrimSpace(where) != "" && (f.Index >= 0 || f.Statement != nil || f.Level == share.Fault) {
		fmt.Fprintln(w, render.Text("         in "+where))
	}
	if f.Statement != nil {
		fmt.Fprintln(w, render.Text("         "+f.Statement.String()))
	}
	if f.Remedy != "" {
		fmt.Fprintln(w, render.Text("         do: "+f.Remedy))
	}
}

// tellTries prints the table of tries, and below each what it was tried on, which
// is as long as keys are. Marks are words, so that colour carries nothing.
func tellTries(w io.Writer, g *share.Grant, all []share.Tried) {
	rows := []string{"TRY\tWANTED\tGOT\t"}
	for _, one := range all {
		got, mark := string(one.Got), ""
		if one.Code != "" {
			got += " (" + one.Code + ")"
		}
		if one.Differs() {
			mark = "WRONG"
		}
		rows = append(rows, strings.Join([]string{render.Text(one.Text), string(one.Wanted), render.Text(got), mark}, "\t"))
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(rows, "\n"))
	_ = t.Flush() // a Builder takes everything
	for i, line := range slices.Collect(strings.Lines(table.String())) {
		fmt.Fprintln(w, strings.TrimRight("  "+line, " \n"))
		if i > 0 && i <= len(all) && all[i-1].Where != "" {
			fmt.Fprintln(w, render.Text("    "+all[i-1].Where))
		}
	}
	var whys []string
	of := map[string][]string{}
	for _, one := range all {
		if one.Differs() {
			fmt.Fprintln(w, render.Text("  "+one.Text+" was to be "+wantedText(one.Wanted)+"; it may be that"))
			for _, cause := range g.Causes(one) {
				fmt.Fprintln(w, render.Text("    - "+cause))
			}
			if one.Message != "" {
				fmt.Fprintln(w, render.Text("    AWS said: "+one.Message))
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
		fmt.Fprintln(w, render.Text("  "+what+": "+why))
	}
}

func wantedText(o share.Outcome) string {
	if o == share.Works {
		return "allowed"
	}
	return "refused"
}
