package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

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
					list = append(list, tryRow(g.found.Grant.ID, t, g.found.Grant.Causes(t), g.by, g.seen))
				}
			}
			for _, f := range beside {
				list = append(list, findingRow(f))
			}
			return printList(w, form, findingRow(share.Finding{}), list)
		}
		p := told{w, v.ui.columns()}
		for i, g := range grants {
			if i > 0 {
				fmt.Fprintln(w)
			}
			p.judged(g)
		}
		if len(beside) > 0 {
			if len(grants) > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, "beside the grants")
			for _, f := range beside {
				p.finding(f)
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
		open = open || g.open
	}
	switch {
	case wrong:
		return silent(exitFinding)
	case open:
		return silent(exitPart)
	}
	return nil
}

// proved says in one line what tries came to nothing, and whether all came to
// something.
func proved(ui *terminal, of string, tries []share.Tried) bool {
	open := share.Unproved(tries)
	if len(open) == 0 {
		return true
	}
	var texts []string
	missing, lacks := 0, ""
	for _, t := range open {
		if t.Why == share.NotInResult {
			missing++
		}
		if !slices.Contains(texts, t.Text) {
			texts = append(texts, t.Text)
		}
	}
	if missing > 0 {
		lacks = fmt.Sprintf(" (the result is not whole: it lacks %d)", missing)
	}
	ui.warn("%s%d of %d tries proved nothing%s: %s", of, len(open), len(tries), lacks, someOf(texts))
	return false
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

func tryRow(grant string, t share.Tried, causes []string, by string, seen bool) flat {
	level, says := "", ""
	if t.Differs() {
		level = string(share.Fault)
	}
	if !seen {
		says = by
	}
	return judgedRow("try", map[string]string{
		"grant": grant, "level": level, "try": t.Try, "resource": t.Where, "text": t.Text, "remedy": strings.Join(causes, "; "),
		"wanted": string(t.Wanted), "got": string(t.Got), "errorCode": t.Code, "errorMessage": t.Message, "why": t.Why, "triedBy": by, "reportedBy": says,
	})
}

func judgedRow(kind string, values map[string]string) flat {
	row := flat{{"kind", kind}}
	for _, name := range []string{
		"grant", "level", "code", "try", "document", "resource", "name", "sid", "index", "statement", "text", "remedy",
		"wanted", "got", "errorCode", "errorMessage", "why", "triedBy", "reportedBy",
	} {
		row = append(row, member{name, values[name]})
	}
	return row
}
