package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

const (
	mostSilent  = 10 // spans that are named
	mostMissing = 24 // accounts that are named
	mostLogs    = 200
	mostGaps    = 50
)

// coverageTable prints the logs, the holes in them, who changed what delivers
// them, and what is left unexplained.
func coverageTable(w io.Writer, a *query.CoverageAnswer, style Style) error {
	p := &page{style: style}
	p.logs(a)
	p.lacking(a)
	p.lost(a)
	p.silences(a)
	p.unnamed(a)
	p.missing(a)
	p.changes(a)
	p.unexplained(a)
	return p.writeTrimmedTo(w)
}

func (p *page) logs(a *query.CoverageAnswer) {
	newest := ""
	if a.Newest != 0 {
		newest = "; the newest of all is of " + minute(a.Newest) + "Z"
	}
	p.heading("LOGS", "by the names of "+plural(a.Files, "log file")+newest)
	if a.Ahead > 0 {
		p.prose("  ", "  ", yellow, "Counted without its stamp: "+stampsAhead(a.Ahead)+".")
		p.blank("")
	}
	if len(a.Logs) == 0 && a.Nameless == 0 {
		p.prose("  ", "  ", ordinary, "There is no log file here of what was asked for.")
		p.blank("")
		return
	}
	if len(a.Logs) == 0 {
		p.prose("  ", "  ", ordinary, "None that was read has a name that tells whose it is: which hours they cover is not known.")
		p.blank("")
		return
	}
	p.logTable(a.Logs[:min(len(a.Logs), mostLogs)])
	if n := len(a.Logs) - mostLogs; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more accounts and regions: -o json names them, --account chooses", n)))
	}
	if a.Nameless > 0 {
		p.prose("  ", "  ", ordinary, plural(a.Nameless, "file")+" more, of whose names none tells the account")
	}
	p.blank("")
}

// lacking tells what is not here of what was given.
func (p *page) lacking(a *query.CoverageAnswer) {
	if a.Lack.Nothing() {
		return
	}
	p.heading("LACKING", "what was given and is not here")
	p.lack("  ", a.Lack)
	p.blank("")
}

// logTable prints a line a region below its account; where they do not fit, the
// stamps are on a line of their own. Quiet and lost hours have columns where
// digest files tell of them.
func (p *page) logTable(logs []query.AccountLog) {
	const indent = "    "
	heads := []string{"REGION", "FILES", "HOURS", "SILENT"}
	proved := slices.ContainsFunc(logs, func(l query.AccountLog) bool { return l.QuietHours+l.LostHours > 0 })
	if proved {
		heads = append(heads, "QUIET", "LOST")
	}
	cells := func(l *query.AccountLog) []string {
		all := []string{p.style.cut(Text(l.Region), 16), strconv.Itoa(l.Files), strconv.Itoa(l.Hours), strconv.Itoa(l.SilentHours)}
		if proved {
			all = append(all, strconv.Itoa(l.QuietHours), strconv.Itoa(l.LostHours))
		}
		return all
	}
	widths, whole := make([]int, len(heads)), width(indent)+len("2016-04-05 20:39  2016-04-05 20:39")
	for i, head := range heads {
		widths[i] = len(head)
		for _, l := range logs {
			widths[i] = max(widths[i], width(cells(&l)[i]))
		}
		whole += widths[i] + 2
	}
	line := func(cells []string, tones []tone, stamps piece) {
		pieces := []piece{{tones[0], pad(cells[0], widths[0])}}
		for i := 1; i < len(cells); i++ {
			pieces = append(pieces, piece{ordinary, "  "}, piece{tones[i], padLeft(cells[i], widths[i])})
		}
		if whole <= p.style.columns() {
			p.line(indent, append(pieces, piece{ordinary, "  "}, stamps)...)
			return
		}
		p.line(indent, pieces...)
		p.line(indent+"  ", stamps)
	}
	line(heads, slices.Repeat([]tone{faint}, len(heads)), say(faint, pad("FIRST (UTC)", len("2016-04-05 20:39"))+"  NEWEST"))
	for i, l := range logs {
		if i == 0 || l.Account != logs[i-1].Account {
			p.line("  ", say(strong, p.style.named(l.Account)), say(faint, p.style.outside(l.Account)))
		}
		delivered := "no stamp in the names"
		if l.Files == 0 {
			delivered = "none in that time"
		}
		if !l.First.IsZero() {
			delivered = minute(l.First) + "  " + minute(l.Newest)
		}
		line(cells(&l), []tone{ordinary, ordinary, ordinary, someTone(l.SilentHours, yellow), faint, someTone(l.LostHours, red)}, say(ordinary, delivered))
	}
}

// someTone is a tone for a number, and faint for none.
func someTone(n int, t tone) tone {
	if n == 0 {
		return faint
	}
	return t
}

// silences names the longest spans without a file.
func (p *page) silences(a *query.CoverageAnswer) {
	type silence struct {
		query.Hours
		log *query.AccountLog
	}
	var all []silence
	for i := range a.Logs {
		for _, h := range a.Logs[i].Silent {
			all = append(all, silence{h, &a.Logs[i]})
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(x, y silence) int { return cmp.Compare(y.Until-y.From, x.Until-x.From) })
	p.heading("SILENT", "the longest spans without a file: nothing happened then, or it was not delivered, or is not here")
	for _, s := range all[:min(len(all), mostSilent)] {
		p.flow("  ", "    ", "  ", say(yellow, hoursWords(s.Hours)), say(ordinary, p.style.named(s.log.Account)), say(ordinary, s.log.Region))
	}
	if n := len(all) - mostSilent; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d shorter: -o json names them", n)))
	}
	p.blank("")
}

// hoursWords is some hours for people: 2026-03-03 02:00 to 05:00Z, 3 hours.
func hoursWords(h query.Hours) string {
	end := h.Until + 1
	until := minute(end)
	if minute(h.From)[:10] == until[:10] {
		until = until[11:]
	}
	long := plural(int(end-h.From)/3600, "hour")
	if end-h.From >= 48*3600 {
		long = plural(int(end-h.From)/(24*3600), "day")
	}
	return minute(h.From) + " to " + until + "Z, " + long
}

// unnamed names the accounts that only their events tell of.
func (p *page) unnamed(a *query.CoverageAnswer) {
	if len(a.Unnamed) == 0 {
		return
	}
	p.heading("BY EVENTS ALONE", "accounts with events here, of which no file name tells: their hours are not known")
	for _, of := range a.Unnamed[:min(len(a.Unnamed), mostMissing)] {
		p.flow("  ", "    ", "  ", say(strong, p.style.named(of.Account)), say(ordinary, plural(of.Events, "event")), say(faint, span(of.First, of.Last)))
	}
	if n := len(a.Unnamed) - mostMissing; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more: -o json names them", n)))
	}
	p.blank("")
}

// missing names the accounts whose logs should be here.
func (p *page) missing(a *query.CoverageAnswer) {
	if len(a.Missing)+len(a.Unusable) == 0 {
		return
	}
	whose := "accounts that have a name, and"
	if of := p.style.Names.Organizations(); len(of) > 0 {
		whose = "accounts of " + strings.Join(of, " and ") + ","
	}
	p.heading("NEVER SENT", whose+" of which no file name tells and no event is here")
	shown := a.Missing[:min(len(a.Missing), mostMissing)]
	for _, account := range shown {
		p.flow("  ", "    ", "  ", say(strong, account), say(ordinary, p.style.Names.Of(account)))
	}
	if n := len(a.Missing) - len(shown); n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more: -o json names them", n)))
	}
	if n := len(a.Unusable); n > 0 {
		p.prose("  ", "  ", faint, "not missed: "+plural(n, "account")+" that can send nothing, being suspended, closed or not activated: -o json names them")
	}
	p.blank("")
}

func (p *page) changes(a *query.CoverageAnswer) {
	if len(a.Changes) == 0 {
		return
	}
	p.heading("TRAILS", "who stopped, started, changed or deleted a trail, or the bucket that one writes to")
	for _, c := range a.Changes {
		r := c.Row
		name := p.style.who(c.Chain)
		if o := c.Chain.Origin; o != nil && o.AccountID != r.ID.Recipient {
			name = p.style.titled(o)
		}
		if name == "" {
			name = "nothing tells who"
		}
		failed := piece{}
		if r.ErrorCode != "" {
			failed = say(red, "! "+r.ErrorCode)
		}
		variant := piece{}
		if r.Variant {
			variant = say(yellow, "by a variant of the event")
		}
		p.flow("  ", "      ", "  ", say(faint, stamp(r.Time)), say(toneOfCall(r), calledWords(r.EventSource, r.EventName)), say(strong, c.Trail+c.Bucket),
			failed, variant, say(ordinary, p.style.inAccount(r.ID.Recipient)), say(ordinary, r.Region))
		roles := joinedBy(c.Chain.Hops, ", ", func(h lineage.Hop) string { return roleName(&h) })
		if roles != "" {
			roles = "through " + roles
		}
		p.flow("      ", "      ", "  ", piece{toneOf(c.Chain.Evidence), gradeOf(c.Chain.Evidence).mark + " " + brief(Text(name))}, say(ordinary, roles), say(faint, r.ID.Event))
	}
	if a.MoreChanges > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d later ones", a.MoreChanges)))
	}
	p.blank("")
}

// toneOfCall is for what ends or starts a log.
func toneOfCall(r *query.Row) tone {
	if r.EventName == "StartLogging" || r.IsError() {
		return ordinary
	}
	return red
}

func (p *page) unexplained(a *query.CoverageAnswer) {
	if a.Listed {
		p.prose("", "", ordinary, "By listing alone: no log file was read. Who changed trails, and what the holes leave unexplained, needs the events.")
		return
	}
	if len(a.Gaps) == 0 {
		p.prose("", "", ordinary, "No chain stops short for want of a log.")
		return
	}
	p.heading("UNEXPLAINED", "what is missing, what it may be, and what to collect")
	for _, g := range a.Gaps[:min(len(a.Gaps), mostGaps)] {
		sessions := plural(g.Sessions, "session")
		if g.Many {
			sessions = "at least " + sessions
		}
		p.flow(gradeOf(lineage.Unresolved).mark+" ", "  ", ", ", say(strong, sessions), say(strong, plural(g.Calls, "call")))
		p.prose("    ", "    ", ordinary, gapMeans(g.Reason))
		p.flow("    ", "    ", "  ", say(faint, string(g.Reason)), say(ordinary, p.style.inAccount(g.AccountID)), say(ordinary, g.Region), say(ordinary, between(g.Gap)))
		p.prose("    ", "    ", ordinary, holeMeans(g))
		if whose := p.style.whoseLog(g.AccountID); whose != "" && g.Hole == query.NoAccount {
			p.prose("    ", "    ", ordinary, whose)
		}
		for _, x := range g.Examples {
			p.line("    ", say(faint, "for example "), say(ordinary, x))
		}
		if get := getFor(p.style.Names, g.Gap); get != "" {
			p.line("    ", say(cyan, get))
		}
		p.blank("")
	}
	if n := len(a.Gaps) - mostGaps; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more with fewer calls: -o json names them, --account chooses", n)))
	}
}

// holeMeans says what of the coverage may be why.
func holeMeans(g query.CoverageGap) string {
	switch g.Hole {
	case query.NotKnown:
		return "No name of a file tells whether that log is here."
	case query.NoAccount:
		return "No file name tells of that account, and no event here is of it."
	case query.NoRegion:
		return "No file name tells of that account in that region, nor in us-east-1, and no event here is of it there."
	case query.SilentHours:
		return "No file was delivered then: " + hoursWords(g.Span) + "."
	case query.LostFiles:
		return "Log files of that time are lost, as digest files prove: " + span(g.Span.From, g.Span.Until) + ", " + g.File + "."
	case query.BeforeFirst:
		return "It was before the first log file here."
	case query.BehindNewest:
		return "The newest log file here is not late enough to hold it."
	}
	return "No hole in the log files here accounts for it."
}
