package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// lostSpan is what digest files prove to be missing, and what it explains.
func (e *Encoder) lostSpan(dst []byte, l query.LostSpan) []byte {
	dst = e.placed(text(dst, "kind", kindLost), l.Account, l.Region)
	dst = moment(moment(dst, "from", l.From), "until", l.Until)
	if l.Files > 0 {
		dst = text(number(text(dst, "reason", missingFile), "files", l.Files), "listed", l.File)
	} else {
		dst = text(text(dst, "reason", missingDigest), "digest", l.File)
	}
	dst = number(number(dst, "sessions", l.Sessions), "calls", l.Calls)
	return text(texts(dst, "examples", l.Examples), "get", getLost(l.Lost))
}

// Why a span is lost, in the words of verify.
const (
	missingFile   = "missing-file"
	missingDigest = "missing-digest"
)

func (e *Encoder) lostCells(l query.LostSpan) map[string]string {
	cells := map[string]string{
		"from": l.From.String(), "until": l.Until.String(), "reason": missingDigest, "digest": l.File,
		"sessions": strconv.Itoa(l.Sessions), "calls": strconv.Itoa(l.Calls), "examples": strings.Join(l.Examples, " "), "get": getLost(l.Lost),
	}
	if l.Files > 0 {
		cells["reason"], cells["files"], cells["listed"], cells["digest"] = missingFile, strconv.Itoa(l.Files), l.File, ""
	}
	return cells
}

// getLost is the command that collects a log file that is missing, or that was
// altered before it was read.
func getLost(l lineage.Lost) string {
	if l.Files == 0 {
		return ""
	}
	return "crosstrail ingest --again " + shellWord(l.File)
}

// shellWord is a word as a shell takes it: a name in a digest file is as hostile
// as a log.
func shellWord(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=+,@%", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// someOf is a number that is left out where it is none.
func someOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// mostLost is how many lost spans are named.
const mostLost = 20

// lost names what digest files prove to be missing, what explains most first.
func (p *page) lost(a *query.CoverageAnswer) {
	if len(a.Lost) == 0 {
		return
	}
	all := slices.Clone(a.Lost)
	slices.SortStableFunc(all, func(x, y query.LostSpan) int { return cmp.Compare(y.Calls, x.Calls) })
	p.heading("LOST", "digest files prove that log files of these times are missing, or were altered")
	for _, l := range all[:min(len(all), mostLost)] {
		p.flow("  ", "    ", "  ", say(red, span(l.From, l.Until)), say(ordinary, p.style.named(l.Account)), say(ordinary, l.Region), say(ordinary, lostWords(l.Lost)))
		p.line("    ", say(faint, l.File))
		if l.Sessions > 0 {
			p.prose("    ", "    ", ordinary, "It may explain "+atLeast(l.Many)+plural(l.Sessions, "session")+" with "+plural(l.Calls, "call")+" that nothing here resolves:")
			for _, x := range l.Examples {
				p.line("    ", say(faint, "for example "), say(ordinary, x))
			}
		}
		if get := getLost(l.Lost); get != "" {
			p.line("    ", say(cyan, get))
		}
	}
	if n := len(all) - mostLost; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %d more: -o json names them", n)))
	}
	p.blank("")
}

// lostWords says what is missing of a span.
func lostWords(l lineage.Lost) string {
	if l.Files > 0 {
		return plural(l.Files, "log file") + " that a digest lists"
	}
	return "the digest file, which would tell"
}

// lostSentence sums up what is lost, "" where nothing is.
func lostSentence(all []lineage.Lost) string {
	files, digests := 0, 0
	for _, l := range all {
		if files += l.Files; l.Files == 0 {
			digests++
		}
	}
	switch {
	case files > 0 && digests > 0:
		return isAre(files, "log file") + " lost, or altered, by what digest files list, and for " + plural(digests, "span") + " of time there is no digest file"
	case files > 0:
		return isAre(files, "log file") + " lost, or altered, by what digest files list"
	case digests > 0:
		return "for " + plural(digests, "span") + " of time digest files are missing, and nothing tells what was delivered"
	}
	return ""
}
