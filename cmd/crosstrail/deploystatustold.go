package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
)

// statusPrinter prints the rows of deploy status in any form.
func statusPrinter(rows []statusRow, list []flat, form render.Form, width int) func(io.Writer) error {
	return func(w io.Writer) error {
		if form != render.Table {
			return printList(w, form, (&statusRow{}).flat(), list)
		}
		p := told{w, width}
		spokes := false
		rows := fewer(rows)
		for i := range rows {
			switch r := &rows[i]; {
			case i == 0:
				p.say("", "  ", "HUB  in "+r.region+" of account "+r.account)
			case r.part == "spoke":
				if !spokes {
					fmt.Fprintln(w)
					p.say("", "  ", "SPOKES  who sends, and what came of it")
				}
				spokes = true
			}
			p.status(&rows[i])
		}
		return nil
	}
}

// fewer puts the regions of an account without a rule, of which nothing else is to be
// told, in one row: an account has some thirty.
func fewer(rows []statusRow) (all []statusRow) {
	type group struct{ account, level string }
	at, regions := map[group]int{}, map[group][]string{}
	for i := range rows {
		r := &rows[i]
		g := group{r.account, r.level}
		if r.part != "region" || r.state != noRule || r.line != nil {
			all = append(all, *r)
			continue
		}
		if regions[g] == nil {
			at[g] = len(all)
			all = append(all, *r)
		}
		regions[g] = append(regions[g], r.region)
	}
	for g, i := range at {
		if n := len(regions[g]); n > 1 {
			all[i].region = number(n, "region")
			all[i].text = "what STS does there is not told: " + join(regions[g])
			if all[i].level == levelNote {
				all[i].text = "none was asked for there: " + join(regions[g])
			}
		}
	}
	return all
}

// status prints a row: the level is a word, so that colour carries nothing.
func (p told) status(r *statusRow) {
	what := r.part
	switch r.part {
	case "spoke":
		what = "account " + r.account
	case "region", "lost":
		what = r.region
	}
	indent := "  "
	if r.part == "region" || r.part == "lost" || r.part == "dead-letter" {
		indent = "    "
	}
	words := []string{what}
	if r.part != "spoke" && r.part != "function-log" {
		words = append(words, r.name)
	}
	if r.part != "lost" && r.state != "INSUFFICIENT_DATA" {
		words = append(words, r.state)
	}
	text := strings.Join(nonEmpty(words), " ")
	if tells := strings.Join(nonEmpty(append(countsText(r), r.text)), "; "); tells != "" {
		text += ": " + tells
	}
	if r.last != 0 && r.line == nil && r.part != "log" {
		text += " (" + secondText(r.last) + ")"
	}
	under := indent + "       "
	p.say(fmt.Sprintf("%s%-5s  ", indent, r.level), under, text)
	if r.part == "lost" {
		ids := eventsOf(r.line)
		shown := ids[:min(len(ids), mostRowEvents)]
		more := ""
		if n := r.line.Lost - len(shown); n > 0 {
			more = fmt.Sprintf(" and %s more: -o json", thousands(n))
		}
		p.say(under, under+"  ", "lost: "+join(shown)+more)
	}
	if r.do != "" {
		fmt.Fprintln(p.w, under+"do: "+render.Text(r.do)) // to be pasted: a line of its own
	}
}

// countsText is what came of a region's calls.
func countsText(r *statusRow) []string {
	l := r.line
	if l == nil || r.part == "lost" {
		return nil
	}
	var all []string
	add := func(n int, what string) {
		if n > 0 {
			all = append(all, thousands(n)+" "+what)
		}
	}
	add(forwarded(l), "came as events")
	add(l.Both, "of them logged too")
	add(l.Pending, "not logged yet")
	add(l.Unlogged, "not in the log that should have them")
	add(l.Uncollected, "into accounts whose log is not here")
	add(l.Own, "in its own log, which is here")
	add(l.Lost, "logged alone")
	add(l.Unsure, "logged alone that its rule may leave out, by what the copy here does not tell")
	add(l.Others, "logged that are not to be sent")
	text := []string{strings.Join(all, ", ")}
	if l.LastEvent != 0 {
		text = append(text, "last "+secondText(l.LastEvent))
	}
	return text
}

// minuteText and secondText are moments as people are told them.
func minuteText(t cloudtrail.Time) string { return t.Time().Format("2006-01-02 15:04Z") }
func secondText(t cloudtrail.Time) string { return t.Time().Format("2006-01-02 15:04:05Z") }

func nonEmpty(words []string) (all []string) {
	for _, w := range words {
		if w != "" {
			all = append(all, w)
		}
	}
	return all
}
