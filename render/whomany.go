package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

const (
	mostProofs = 3  // of one person, each of another chain
	mostPeople = 40 // that a list names
)

// person is the answers that have one person behind them or, where nothing
// tells who is, one role.
type person struct {
	title   string
	answers []query.Answer
}

// peopleOf puts answers together by who is behind them, the most answers first.
func (s Style) peopleOf(answers []query.Answer) []person {
	var all []person
	at := map[string]int{}
	for _, a := range answers {
		key, title := s.behind(a)
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, person{title: title})
		}
		all[i].answers = append(all[i].answers, a)
	}
	slices.SortStableFunc(all, func(x, y person) int { return cmp.Compare(len(y.answers), len(x.answers)) })
	return all
}

// behind is who is behind an answer: what tells them apart, and their title.
func (s Style) behind(a query.Answer) (key, title string) {
	c := a.Chain
	switch {
	case c != nil && c.Origin != nil:
		return c.Origin.ID, s.titled(c.Origin)
	case c != nil && len(c.Candidates)+len(c.Conflicts) > 0:
		title = s.disputed(c.Candidates, c.Conflicts)
		return "?" + title, title
	}
	role := ""
	if a.Row != nil && a.Row.Caller != nil {
		role = cmp.Or(a.Row.Caller.IssuerARN, callerWords(a.Row.Caller))
	}
	return "." + role, strings.TrimSpace("nothing tells who  " + lastPart(role))
}

// shape is what the chains of two sessions have in common where the same roles
// led to them by the same rules.
func shape(a query.Answer) string {
	var b strings.Builder
	if a.Chain == nil {
		return ""
	}
	fmt.Fprint(&b, a.Chain.Evidence, a.Unused)
	if o := a.Chain.Origin; o != nil {
		fmt.Fprint(&b, o.Rule)
	}
	for _, h := range a.Chain.Hops {
		fmt.Fprint(&b, " > ", cmp.Or(h.RoleARN, roleName(&h)), " ", h.By, h.Rule, h.Evidence)
	}
	for _, g := range a.Chain.Gaps {
		fmt.Fprint(&b, " ", g.Reason)
	}
	return b.String()
}

// onePerson prints the proof of a few answers that are all of one person: the
// first of each shape of chain, with how many more there are like it.
func (p *page) onePerson(one person) {
	like := map[string]int{}
	var first []query.Answer
	for _, a := range one.answers {
		key := shape(a)
		if like[key]++; like[key] == 1 {
			first = append(first, a)
		}
	}
	shown := 0
	for i, a := range first[:min(len(first), mostProofs)] {
		if i > 0 {
			p.line("", say(faint, strings.Repeat("-", min(p.style.columns(), 40))))
		}
		p.whoAnswer(a)
		n := like[shape(a)]
		shown += n
		if n > 1 {
			p.prose("", "  ", faint, fmt.Sprintf("and %d more with a chain like this", n-1))
			p.blank("")
		}
	}
	if n := len(one.answers) - shown; n > 0 {
		p.prose("", "  ", faint, fmt.Sprintf("and %d more with %s", n, plural(len(first)-mostProofs, "other chain")))
	}
	if len(one.answers) > min(len(first), mostProofs) {
		p.prose("", "  ", ordinary, "All of them: -o json here, or crosstrail sessions --origin WHO. The proof of one: crosstrail who SESSION")
	}
}

// severalPeople lists who a name fits, with what to ask for to have one of them.
func (p *page) severalPeople(all []person) {
	used := map[string]bool{}
	for _, one := range all[:min(len(all), mostPeople)] {
		calls, first, last := 0, cloudtrail.Time(0), cloudtrail.Time(0)
		best, example := one.answers[0], ""
		for _, a := range one.answers {
			if a.Chain != nil && best.Chain != nil && a.Chain.Evidence < best.Chain.Evidence {
				best = a
			}
			if s := a.Session; s != nil {
				calls += s.Calls
				if first == 0 || s.First != 0 && s.First < first {
					first = s.First
				}
				last = max(last, s.Last)
			}
		}
		mark := piece{}
		if best.Chain != nil {
			mark = p.mark(best.Chain.Evidence)
		}
		if s := best.Session; s != nil {
			example = s.ID
			if (example == "" || used[example]) && len(s.AccessKeyIDs) > 0 {
				example = s.AccessKeyIDs[0] // two people may hold one session id
			}
		}
		if example == "" && best.Row != nil {
			example = best.Row.ID.Event
		}
		used[example] = true
		p.flow("", "    ", "  ", mark, say(strong, one.title), say(ordinary, plural(len(one.answers), "answer")), say(ordinary, plural(calls, "call")), say(faint, span(first, last)))
		p.line("    ", say(faint, "for example "), say(ordinary, example))
	}
	if n := len(all) - mostPeople; n > 0 {
		p.line("", say(faint, fmt.Sprintf("and %d more: -o json names them", n)))
	}
	p.blank("")
	p.prose("", "  ", ordinary, "The proof of one: crosstrail who with what stands after its \"for example\"; all of them: -o json")
}
