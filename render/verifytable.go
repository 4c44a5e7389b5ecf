package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

const (
	mostFindings  = 50 // of one kind that are named
	mostUnchecked = 20
	mostChains    = 40
	mostCauses    = 3
)

// verificationTable prints the verdict, then what is wrong with what it means and
// what to do, then what was not checked, and what the digests are of.
func verificationTable(w io.Writer, r *digest.Report, style Style) error {
	p := &page{style: style}
	p.verdict(r)
	p.findings(r)
	p.unchecked(r)
	p.chains(r)
	return p.writeTrimmedTo(w)
}

func (p *page) verdict(r *digest.Report) {
	t, word, text := verdictOf(r)
	words := []piece{{t, word + ":"}}
	for w := range strings.FieldsSeq(text) {
		words = append(words, say(ordinary, w))
	}
	p.flow("", "  ", " ", words...)
	var counts []piece
	for s, n := range r.Files {
		shown := ordinary
		if n > 0 && digest.State(s) != digest.Verified && digest.State(s) != digest.Unchecked {
			shown = red
		}
		counts = append(counts, say(shown, countOf(n)+" "+stateTexts[s]))
	}
	p.flow("  log files   ", "              ", ", ", append([]piece{say(strong, countOf(r.Files.All()))}, counts...)...)
	d := r.Digests
	p.flow("  digests     ", "              ", ", ", say(strong, countOf(d.All())), say(ordinary, countOf(d.Verified)+" verified"), say(ordinary, countOf(d.Bad)+" bad"),
		say(ordinary, countOf(d.Missing)+" missing"), say(ordinary, countOf(d.Unchecked)+" not checked"), say(ordinary, countOf(d.Unread)+" not read"))
	p.blank("")
}

var stateTexts = [...]string{
	digest.Verified: "verified", digest.Altered: "altered", digest.Missing: "missing", digest.Unlisted: "in no digest",
	digest.Unchecked: "not checked", digest.Unread: "not read",
}

func verdictOf(r *digest.Report) (t tone, word, text string) {
	switch r.Verdict() {
	case digest.NotWhole:
		return red, "NOT WHOLE", plural(len(r.Findings)+r.More, "finding")
	case digest.Unproved:
		return yellow, "NOT ALL PROVED", unprovedText(r)
	}
	if slices.ContainsFunc(r.Unchecked, func(u digest.Omission) bool { return u.Files > 0 }) {
		return green, "WHOLE", "every log file of the time that digests tell of is what CloudTrail delivered, and none is missing: see NOT CHECKED for the others"
	}
	return green, "WHOLE", "every log file is what CloudTrail delivered, and none is missing"
}

func unprovedText(r *digest.Report) string {
	switch {
	case r.Digests.All() == 0:
		return "there are no digest files: is log file validation on, and was CloudTrail-Digest copied too?"
	case r.Digests.Verified == 0:
		return "nothing is wrong as far as can be seen, but no signature could be checked"
	case !r.Complete():
		return "nothing is wrong in what could be read"
	}
	return "nothing is wrong in what could be checked: see NOT CHECKED"
}

// countOf is a number with its thousands apart.
func countOf(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (p *page) findings(r *digest.Report) {
	if len(r.Findings) == 0 {
		return
	}
	byKind := map[digest.Kind][]digest.Finding{}
	for _, f := range r.Findings {
		byKind[f.Kind] = append(byKind[f.Kind], f)
	}
	p.heading("FINDINGS", "what is wrong, what it means, and what to do")
	for _, m := range findingMeanings {
		all := byKind[m.kind]
		if len(all) == 0 {
			continue
		}
		p.flow("! ", "  ", "  ", say(red, string(m.kind)), say(strong, countOf(len(all))))
		p.prose("    ", "    ", ordinary, m.means)
		p.prose("    ", "    ", cyan, m.todo)
		for _, f := range all[:min(len(all), mostFindings)] {
			p.finding(f)
		}
		if n := len(all) - mostFindings; n > 0 {
			p.line("    ", say(faint, fmt.Sprintf("and %s more: -o json names them", countOf(n))))
		}
		p.blank("")
	}
	if r.More > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %s more findings, which are counted alone", countOf(r.More))))
		p.blank("")
	}
}

func (p *page) finding(f digest.Finding) {
	when := piece{}
	if !f.From.IsZero() {
		when = say(faint, span(f.From, f.Until))
	}
	p.flow("    ", "      ", "  ", say(ordinary, p.style.inAccount(f.Place.Account)), say(ordinary, f.Place.Region), when)
	for _, name := range []string{f.File, f.Digest} {
		if name != "" {
			p.line("      ", say(strong, name))
		}
		if f.File != "" {
			break // the digest that lists it is in -o json
		}
	}
	p.prose("      ", "      ", faint, f.Text)
}

func (p *page) unchecked(r *digest.Report) {
	if len(r.Unchecked) == 0 {
		return
	}
	p.heading("NOT CHECKED", "what nothing is said about, and why")
	byReason := map[digest.Reason][]digest.Omission{}
	for _, u := range r.Unchecked {
		byReason[u.Reason] = append(byReason[u.Reason], u)
	}
	for _, m := range omissionMeanings {
		all := byReason[m.reason]
		if len(all) == 0 {
			continue
		}
		files, digests := 0, 0
		for _, u := range all {
			files, digests = files+u.Files, digests+u.Digests
		}
		counts := []piece{say(yellow, string(m.reason))}
		if files > 0 {
			counts = append(counts, say(strong, plural(files, "log file")))
		}
		if digests > 0 {
			counts = append(counts, say(strong, plural(digests, "digest")))
		}
		if files+digests == 0 {
			counts = append(counts, say(strong, plural(len(all), "place")))
		}
		if !slices.ContainsFunc(all, func(u digest.Omission) bool { return !u.Expected }) {
			counts = append(counts, say(faint, "as is expected"))
		}
		p.flow("  ", "    ", "  ", counts...)
		p.prose("    ", "    ", ordinary, m.means)
		var causes []string // mostly one, of all places
		for _, u := range all {
			if u.Cause != "" {
				causes = append(causes, u.Cause)
			}
		}
		slices.Sort(causes)
		causes = slices.Compact(causes)
		for _, cause := range causes[:min(len(causes), mostCauses)] {
			p.prose("    ", "    ", yellow, cause)
		}
		slices.SortStableFunc(all, func(a, b digest.Omission) int { return cmp.Compare(b.Files+b.Digests, a.Files+a.Digests) })
		for _, u := range all[:min(len(all), mostUnchecked)] {
			p.omission(u)
		}
		if n := len(all) - mostUnchecked; n > 0 {
			p.line("      ", say(faint, fmt.Sprintf("and in %s more: -o json names them", plural(n, "place"))))
		}
		p.blank("")
	}
}

func (p *page) omission(u digest.Omission) {
	when := piece{}
	if !u.From.IsZero() {
		when = say(faint, span(u.From, u.Until))
	}
	p.flow("      ", "        ", "  ", say(ordinary, p.style.inAccount(u.Place.Account)), say(ordinary, u.Place.Region), say(ordinary, u.Trail), when)
	if u.Files+u.Digests == 1 {
		p.line("        ", say(faint, u.Example))
	}
}

func (p *page) chains(r *digest.Report) {
	if len(r.Chains) == 0 {
		return
	}
	p.heading("DIGESTS", "of which trails there are digests here, and of which time")
	for _, c := range r.Chains[:min(len(r.Chains), mostChains)] {
		when := say(yellow, "none of them can be believed")
		if !c.From.IsZero() {
			when = say(faint, minute(c.From)+" to "+minute(c.Until)+"Z")
		}
		p.flow("  ", "    ", "  ", say(ordinary, p.style.inAccount(c.Place.Account)), say(ordinary, c.Place.Region), say(ordinary, c.Trail), say(ordinary, plural(c.Digests, "digest")), when)
	}
	if n := len(r.Chains) - mostChains; n > 0 {
		p.line("  ", say(faint, fmt.Sprintf("and %s more: -o json names them", countOf(n))))
	}
	p.blank("")
}
