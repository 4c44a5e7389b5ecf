package policy

import (
	"slices"
	"strings"
)

// Excess is a statement that does more than was meant.
type Excess struct {
	Index     int // of the statement in its document
	Statement Statement
	Nearest   *Statement // of those that were meant, the one it is held to; nil: there is none
	Parts     []Part     // what of it goes further than that one; none where Nearest is nil
}

// Part is what of a statement goes too far.
type Part struct {
	Element string // Action, NotAction, Principal, NotPrincipal, Resource, NotResource, Condition
	Value   string // the action, principal or resource; of a condition empty
	Test    Test   // of a condition: the test that is not made sure of
}

// The elements of a statement.
const (
	InAction    = "Action"
	InPrincipal = "Principal"
	InResource  = "Resource"
	InCondition = "Condition"
)

// Beyond are the Allow statements of d that let anything happen that no Allow
// statement of meant lets happen. It is sound: what it does not name is covered,
// whatever a request holds. A condition that it cannot judge is taken to hold, and
// what one statement of d denies excuses nothing that another allows.
func (d *Document) Beyond(meant *Document) []Excess {
	return excess(d.rules(Allow), meant.rules(Allow))
}

// Undenied are the Deny statements of meant that are not in d, or only in part.
func (d *Document) Undenied(meant *Document) []Excess {
	return excess(meant.rules(Deny), d.rules(Deny))
}

// rule is a statement with what its document says of it.
type rule struct {
	Statement
	index     int
	variables bool
	patterns  []Pattern // of its resources
}

func newRule(s Statement, index int, variables bool) rule {
	r := rule{s, index, variables, nil}
	for _, resource := range s.Resource {
		r.patterns = append(r.patterns, Wild(resource, variables))
	}
	return r
}

// rules are the statements of one effect. What is not Deny counts as Allow.
func (d *Document) rules(effect Effect) []rule {
	if d == nil {
		return nil
	}
	var out []rule
	for i, s := range d.Statements {
		if (s.Effect == Deny) == (effect == Deny) {
			out = append(out, newRule(s, i, d.Version == Version2012))
		}
	}
	return out
}

func (r rule) held() held { return held{r.Condition, r.variables} }

func excess(inner, outer []rule) []Excess {
	var out []Excess
	for _, r := range inner {
		if r.covered(outer) {
			continue
		}
		e := Excess{Index: r.index, Statement: r.Statement}
		e.Nearest, e.Parts = r.nearest(outer)
		out = append(out, e)
	}
	return out
}

// covered reports whether all that a rule is about is what some of the others are
// about: each action, principal and resource of it by itself.
func (r rule) covered(outer []rule) bool {
	outer = slices.DeleteFunc(slices.Clone(outer), func(o rule) bool { return len(r.held().lacking(o.held())) > 0 })
	for _, a := range r.actions() {
		acts := slices.DeleteFunc(slices.Clone(outer), func(o rule) bool { return !o.hasAction(a) })
		for _, p := range r.principals() {
			if !r.onResources(slices.DeleteFunc(slices.Clone(acts), func(o rule) bool { return !o.hasPrincipal(p) })) {
				return false
			}
		}
	}
	return true
}

func (r rule) onResources(outer []rule) bool {
	var patterns []Pattern
	for _, o := range outer {
		if len(o.NotResource) > 0 && slices.Equal(o.NotResource, r.NotResource) {
			return true
		}
		patterns = append(patterns, o.resourcePatterns()...)
	}
	for _, resource := range r.resources() {
		if !resource.Within(patterns...) {
			return false
		}
	}
	return true
}

// actions are the actions of a rule as patterns; NotAction counts as all.
func (r rule) actions() []Pattern {
	if len(r.Action) == 0 {
		return []Pattern{Wild("*", false)}
	}
	return actionPatterns(r.Action)
}

// actionPatterns reads actions, which have no case and no variables.
func actionPatterns(actions Strings) []Pattern {
	out := make([]Pattern, len(actions))
	for i, a := range actions {
		out[i] = Wild(Fold(a), false)
	}
	return out
}

func (r rule) hasAction(a Pattern) bool {
	return len(r.NotAction) == 0 && a.Within(actionPatterns(r.Action)...)
}

// resources are what a rule may be about at most, and resourcePatterns at least. A
// trust policy has none: it is about its role.
func (r rule) resources() []Pattern {
	if len(r.NotResource) > 0 {
		return []Pattern{Wild("*", false)}
	}
	return r.resourcePatterns()
}

func (r rule) resourcePatterns() []Pattern {
	if len(r.NotResource) > 0 {
		return nil
	}
	if len(r.Resource) == 0 {
		return []Pattern{{}}
	}
	return r.patterns
}

// nearest is the one of the others that a rule goes beyond the least, and how.
func (r rule) nearest(outer []rule) (*Statement, []Part) {
	var best *rule
	var parts []Part
	least := 0
	for i, o := range outer {
		over := r.beyond(o)
		weight := 2*len(over) + 1
		if o.Sid == r.Sid && o.Sid != "" {
			weight = 0 // it is that one, changed
		}
		for _, p := range over {
			if p.Element == InAction { // of another purpose
				weight += 2
			}
		}
		if best == nil || weight < least {
			best, parts, least = &outer[i], over, weight
		}
	}
	if best == nil {
		return nil, nil
	}
	return &best.Statement, parts
}

// beyond is what of a rule goes further than another.
func (r rule) beyond(o rule) []Part {
	var out []Part
	switch {
	case len(r.Action) == 0:
		out = append(out, Part{Element: "NotAction", Value: strings.Join(r.NotAction, ", ")})
	default:
		for _, a := range r.Action {
			if !o.hasAction(Wild(Fold(a), false)) {
				out = append(out, Part{Element: InAction, Value: a})
			}
		}
	}
	for _, p := range r.principals() {
		if !o.hasPrincipal(p) {
			out = append(out, Part{Element: p.element, Value: p.text})
		}
	}
	switch {
	case len(r.NotResource) > 0:
		out = append(out, Part{Element: "NotResource", Value: strings.Join(r.NotResource, ", ")})
	default:
		for i, resource := range r.resources() {
			if !resource.Within(o.resourcePatterns()...) {
				out = append(out, Part{Element: InResource, Value: append(r.Resource, "")[i]})
			}
		}
	}
	for _, t := range r.held().lacking(o.held()) {
		out = append(out, Part{Element: InCondition, Test: t})
	}
	return out
}

// String is the statement as AWS takes it.
func (s Statement) String() string {
	text, err := s.MarshalJSON()
	if err != nil {
		panic(err) // texts and lists of them
	}
	return string(text)
}

// Reads reports whether a statement is about one of some actions, which are
// whole.
func Reads(s Statement, actions []string) bool {
	return slices.ContainsFunc(actions, func(action string) bool {
		return rule{Statement: s}.aboutAction(Request{Action: action}) != No
	})
}
