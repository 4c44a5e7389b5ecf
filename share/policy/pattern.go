package policy

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Pattern is a set of texts, as policies write them: * stands for any number of
// signs, ? for one, ${…} for what a request has there (IAM User Guide, "IAM JSON
// policy elements: Resource" and "Policy variables"). A variable stands for the
// same text in all patterns of one request.
type Pattern []sign

type sign struct {
	kind signKind
	r    rune
	name string // of a variable
}

type signKind uint8

const (
	literal signKind = iota
	anyOne
	anyMany
	variable
)

// Wild reads a pattern of actions, of resources, or of an operator such as
// StringLike. With variables the document is of [Version2012].
func Wild(text string, variables bool) Pattern { return read(text, true, variables) }

// Exactly reads a text of an operator such as StringEquals, to which * and ? are
// signs like others.
func Exactly(text string, variables bool) Pattern { return read(text, false, variables) }

func read(text string, wild, variables bool) Pattern {
	p := Pattern{}
	for text != "" {
		if variables && strings.HasPrefix(text, "${") {
			if end := strings.IndexByte(text, '}'); end > 0 {
				p = append(p, named(text[2:end]))
				text = text[end+1:]
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 { // no UTF-8: a sign of its own, beyond all others
			r = utf8.MaxRune + 1 + rune(text[0])
		}
		switch {
		case wild && r == '*' && len(p) > 0 && p[len(p)-1].kind == anyMany: // ** is *
		case wild && r == '*':
			p = append(p, sign{kind: anyMany})
		case wild && r == '?':
			p = append(p, sign{kind: anyOne})
		default:
			p = append(p, sign{r: r})
		}
		text = text[size:]
	}
	return p
}

// named is what stands between braces: a variable, with its default where it has
// one, or a sign that would be a wildcard.
func named(inside string) sign {
	switch inside {
	case "*", "?", "$":
		return sign{r: rune(inside[0])}
	}
	key, rest, _ := strings.Cut(inside, ",") // names of keys have no case, defaults do
	return sign{kind: variable, name: Fold(strings.TrimSpace(key)) + "," + strings.TrimSpace(rest)}
}

// mostStates is how far two patterns are followed. Those that people write have
// some hundred states; one that was made to have more is not called contained.
const mostStates = 1 << 12

// Within reports whether every text of p is one of some pattern of the others,
// whatever the variables stand for. It is exact but for variables, which are only
// held to themselves and to *, and for patterns made to be endless; there it errs
// to false.
func (p Pattern) Within(others ...Pattern) bool {
	if slices.ContainsFunc(others, func(other Pattern) bool { return slices.Equal(p, other) }) {
		return true
	}
	longest := 0
	for _, other := range others {
		longest = max(longest, len(other))
	}
	// A few texts settle most questions: with nothing, one sign, and more signs
	// than any of the others has for each *, of a sign that none of them has.
	texts := []Pattern{p.text(0), p.text(1), p.text(longest + 1)}
	for _, text := range texts {
		if !slices.ContainsFunc(others, text.of) {
			return false
		}
	}
	for _, other := range others {
		if !slices.ContainsFunc(texts, func(text Pattern) bool { return !text.of(other) }) && p.within(newAutomaton([]Pattern{other})) {
			return true
		}
	}
	return len(others) > 1 && p.within(newAutomaton(others))
}

// text is one text of p, with so many signs for each *; variables stay.
func (p Pattern) text(many int) Pattern {
	text := make(Pattern, 0, len(p)+many)
	for _, s := range p {
		switch s.kind {
		case anyMany:
			for range many {
				text = append(text, sign{r: -1})
			}
		case anyOne:
			text = append(text, sign{r: -1})
		default:
			text = append(text, s)
		}
	}
	return text
}

// of reports whether a text is one of a pattern's.
func (text Pattern) of(p Pattern) bool {
	i, j, star, back := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case j < len(p) && p[j].kind == anyMany:
			star, back = j, i
			j++
		case j < len(p) && (p[j] == text[i] || p[j].kind == anyOne && text[i].kind == literal):
			i, j = i+1, j+1
		case star >= 0:
			back++
			i, j = back, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j].kind == anyMany {
		j++
	}
	return j == len(p)
}

// within follows all texts of p at once.
func (p Pattern) within(a *automaton) bool {
	start := state{0, a.start()}
	seen, todo := map[string]bool{start.key(): true}, []state{start}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case len(at.of) == 0, at.in == len(p) && !a.accepts(at.of):
			return false // every pattern has texts, whatever they begin with
		case at.in == len(p):
			continue
		}
		for _, next := range a.follow(p, at) {
			if key := next.key(); !seen[key] {
				if len(seen) == mostStates {
					return false
				}
				seen[key] = true
				todo = append(todo, next)
			}
		}
	}
	return true
}

// state is a place in one pattern, and all places in the others that the same text
// leads to.
type state struct {
	in int
	of []int32 // sorted
}

func (s state) key() string {
	b := binary.AppendUvarint(nil, uint64(s.in))
	for _, place := range s.of {
		b = binary.AppendUvarint(b, uint64(place))
	}
	return string(b)
}

// automaton is several patterns, one behind the other.
type automaton struct {
	signs    []sign  // each pattern ends with one of kind end
	begins   []int32 // of the pattern that a sign is of
	starts   []int32
	alphabet []rune // the signs that it tells apart, and one for all others
}

const end signKind = 255

func newAutomaton(patterns []Pattern) *automaton {
	a := &automaton{alphabet: []rune{-1}}
	for _, p := range patterns {
		a.starts = append(a.starts, int32(len(a.signs)))
		a.signs = append(append(a.signs, p...), sign{kind: end})
		for range len(p) + 1 {
			a.begins = append(a.begins, a.starts[len(a.starts)-1])
		}
	}
	for _, s := range a.signs {
		if s.kind == literal {
			a.alphabet = append(a.alphabet, s.r)
		}
	}
	slices.Sort(a.alphabet)
	a.alphabet = slices.Compact(a.alphabet)
	return a
}

func (a *automaton) start() []int32 {
	var of []int32
	for _, s := range a.starts {
		of = a.enter(of, s)
	}
	return a.settled(of)
}

// enter adds a place, and those that are reached from it by no sign.
func (a *automaton) enter(of []int32, place int32) []int32 {
	of = append(of, place)
	if a.signs[place].kind == anyMany {
		return a.enter(of, place+1)
	}
	return of
}

// settled is a set of places in order, without those of a pattern that are before a
// * of it that was reached as well: what can follow there, can follow here.
func (a *automaton) settled(of []int32) []int32 {
	slices.Sort(of)
	of = slices.Compact(of)
	keep, many := len(of), int32(-1)
	for i := len(of) - 1; i >= 0; i-- {
		place := of[i]
		if a.begins[place] == many {
			continue
		}
		if a.signs[place].kind == anyMany {
			many = a.begins[place]
		}
		keep--
		of[keep] = place
	}
	return of[keep:]
}

// step is where one sign leads to: a literal (-1: one that is in no pattern), or a
// variable.
func (a *automaton) step(of []int32, by sign) []int32 {
	var next []int32
	for _, place := range of {
		switch s := a.signs[place]; {
		case s.kind == anyMany:
			next = a.enter(next, place)
		case s.kind == anyOne && by.kind == literal, s.kind == by.kind && s == by:
			next = a.enter(next, place+1)
		}
	}
	return a.settled(next)
}

func (a *automaton) accepts(of []int32) bool {
	return slices.ContainsFunc(of, func(place int32) bool { return a.signs[place].kind == end })
}

// follow is where the next sign of a pattern leads to.
func (a *automaton) follow(p Pattern, at state) []state {
	var next []state
	each := func(in int) {
		for _, r := range a.alphabet {
			next = append(next, state{in, a.step(at.of, sign{r: r})})
		}
	}
	switch s := p[at.in]; s.kind {
	case anyMany:
		next = append(next, state{at.in + 1, at.of})
		each(at.in)
	case anyOne:
		each(at.in + 1)
	default:
		if s.kind == literal {
			if _, known := slices.BinarySearch(a.alphabet, s.r); !known {
				s.r = -1
			}
		}
		next = append(next, state{at.in + 1, a.step(at.of, s)})
	}
	return next
}

// Meets reports whether some text is of both patterns. A variable may stand for
// any text.
func (p Pattern) Meets(other Pattern) bool {
	many := func(s sign) bool { return s.kind == anyMany || s.kind == variable }
	type pair struct{ i, j int }
	seen := map[pair]bool{}
	var from func(i, j int) bool
	from = func(i, j int) bool {
		if seen[pair{i, j}] {
			return false
		}
		seen[pair{i, j}] = true
		switch {
		case i == len(p) && j == len(other):
			return true
		case i < len(p) && many(p[i]):
			return from(i+1, j) || j < len(other) && from(i, j+1)
		case j < len(other) && many(other[j]):
			return from(i, j+1) || i < len(p) && from(i+1, j)
		case i == len(p) || j == len(other):
			return false
		}
		a, b := p[i], other[j]
		return (a.kind == anyOne || b.kind == anyOne || a.r == b.r) && from(i+1, j+1)
	}
	return from(0, 0)
}
