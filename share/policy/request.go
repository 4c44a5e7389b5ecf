package policy

import (
	"slices"
	"strings"
)

// Request is a call as far as it is known, to be held to single statements.
type Request struct {
	Principals []string // whom statements may name it by: ARN, account id; none: the policy is its own
	Account    string   // of the principal
	Action     string
	Resource   Pattern             // what it may be about
	Known      map[string][]string // context keys that are known, lower case; nil values: known not to be there
}

// Answer is whether a statement is about a request.
type Answer int

// The answers.
const (
	No Answer = iota
	Perhaps
	Yes
)

// Answer tells whether statement i of d is about a request, whatever its effect.
// Yes needs every element to be known to be; a resource that is only in part the
// statement's makes it Perhaps.
func (d *Document) Answer(i int, q Request) Answer {
	r := newRule(d.Statements[i], i, d.Version == Version2012)
	return min(r.aboutAction(q), r.aboutResource(q), r.aboutPrincipal(q), r.aboutContext(q))
}

func yes(is bool) Answer {
	if is {
		return Yes
	}
	return No
}

func (r rule) aboutAction(q Request) Answer {
	action := Wild(Fold(q.Action), false)
	switch {
	case len(r.NotAction) > 0:
		return yes(!action.Within(actionPatterns(r.NotAction)...))
	case len(r.Action) == 0: // AWS takes no such statement
		return Perhaps
	}
	return yes(action.Within(actionPatterns(r.Action)...))
}

func (r rule) aboutResource(q Request) Answer {
	if len(r.NotResource) > 0 {
		return part(q.Resource, newRule(Statement{Resource: r.NotResource}, 0, r.variables).resourcePatterns(), No, Yes)
	}
	if len(r.Resource) == 0 {
		return Yes
	}
	return part(q.Resource, r.resourcePatterns(), Yes, No)
}

// part tells all, none or some of a pattern being in others.
func part(p Pattern, others []Pattern, all, none Answer) Answer {
	switch {
	case p.Within(others...):
		return all
	case !slices.ContainsFunc(others, p.Meets):
		return none
	}
	return Perhaps
}

func (r rule) aboutPrincipal(q Request) Answer {
	if r.NotPrincipal != nil {
		return Yes - names(r.NotPrincipal, q)
	}
	if r.Principal == nil {
		return Yes
	}
	return names(r.Principal, q)
}

// names tells whether a principal element names who calls. One that names
// somebody of a whole account that calls names it perhaps.
func names(p *Principal, q Request) Answer {
	if p.Everyone {
		return Yes
	}
	answer := No
	for _, name := range p.AWS {
		account := AccountOf(name)
		switch {
		case slices.Contains(q.Principals, name), account != "" && account == q.Account:
			return Yes
		case accountIn(name) == "", accountIn(name) == q.Account && slices.ContainsFunc(q.Principals, func(own string) bool { return AccountOf(own) != "" }):
			answer = Perhaps // a unique id, a canonical user, or one of those who may call
		}
	}
	if len(p.CanonicalUser) > 0 || p.odd {
		answer = Perhaps
	}
	return answer
}

// aboutContext tells whether a condition holds.
func (r rule) aboutContext(q Request) Answer {
	answer := Yes
	for _, t := range r.Condition.Tests() {
		answer = min(answer, t.answer(q.Known, r.variables))
	}
	return answer
}

func (t Test) answer(known map[string][]string, variables bool) Answer {
	o := operatorOf(t.Operator)
	values, ok := known[Fold(t.Key)]
	switch {
	case !ok || o.set != "" || len(values) > 1:
		return Perhaps
	case o.base == "null":
		return yes(slices.ContainsFunc(t.Values, func(v string) bool { return SameName(v, "true") == (values == nil) }))
	case values == nil:
		return yes(o.ifExists || negative(o.base))
	}
	answer := No
	for _, want := range t.Values {
		answer = max(answer, fits(o.base, values[0], want, variables))
	}
	if negative(o.base) {
		return Yes - answer
	}
	return answer
}

// fits compares one value with one that is wanted, or not wanted.
func fits(base, have, want string, variables bool) Answer {
	if variables && strings.Contains(want, "${") {
		return Perhaps
	}
	is := Exactly(have, false)
	switch strings.Replace(base, "not", "", 1) {
	case "stringequals":
		return yes(have == want)
	case "stringequalsignorecase", "bool":
		return yes(SameName(have, want))
	case "stringlike", "arnlike", "arnequals":
		return yes(is.Within(Wild(want, false)))
	}
	h, known := date(have)
	w, ok := date(want)
	if !known || !ok {
		return Perhaps
	}
	switch base {
	case "datelessthan":
		return yes(h < w)
	case "datelessthanequals":
		return yes(h <= w)
	case "dategreaterthan":
		return yes(h > w)
	case "dategreaterthanequals":
		return yes(h >= w)
	}
	return Perhaps
}
