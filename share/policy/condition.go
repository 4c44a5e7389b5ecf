package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Test is one line of a condition: an operator, a context key, values. One of the
// values has to hold; of an operator that says not, none may.
type Test struct {
	Operator string // as it was written
	Key      string
	Values   Strings
}

// Tests are the lines of a condition, which all have to hold, in order.
func (c Condition) Tests() []Test {
	var all []Test
	for operator, keys := range c {
		for key, values := range keys {
			all = append(all, Test{operator, key, values})
		}
	}
	slices.SortFunc(all, func(a, b Test) int {
		return strings.Compare(a.Operator+"\x00"+a.Key, b.Operator+"\x00"+b.Key)
	})
	return all
}

// operator is an operator in its parts (IAM User Guide, "Condition operators" and
// "Set operators for multivalued context keys").
type operator struct {
	set      string // forallvalues:, foranyvalue:, or nothing
	base     string
	ifExists bool
}

func operatorOf(text string) operator {
	o := operator{base: Fold(text)}
	for _, set := range []string{"forallvalues:", "foranyvalue:"} {
		if rest, ok := strings.CutPrefix(o.base, set); ok {
			o.set, o.base = set, rest
		}
	}
	o.base, o.ifExists = strings.CutSuffix(o.base, "ifexists")
	return o
}

// held is a condition, and whether its document knows variables.
type held struct {
	condition Condition
	variables bool
}

// lacking are the tests of another condition that this one does not make sure of:
// empty where whatever passes this one passes that one too. A test that cannot be
// judged is lacking unless it stands here as it does there.
func (h held) lacking(of held) []Test {
	var out []Test
	mine := h.condition.Tests()
	for _, want := range of.condition.Tests() {
		if !slices.ContainsFunc(mine, func(have Test) bool { return implies(have, h.variables, want, of.variables) }) {
			out = append(out, want)
		}
	}
	return out
}

// implies reports whether what passes one test passes another. It errs to false.
func implies(have Test, haveVariables bool, want Test, wantVariables bool) bool {
	if !SameName(have.Key, want.Key) || len(have.Values) == 0 {
		return false
	}
	a, b := operatorOf(have.Operator), operatorOf(want.Operator)
	if b.base == "null" && b.set == "" && !b.ifExists && a.set == "" && !a.ifExists && only(want.Values, "false") && proves(a.base) {
		return true // what is compared is there
	}
	// A test without IfExists is the stricter, and sets are compared with their like.
	if a.set != b.set || a.ifExists && !b.ifExists {
		return false
	}
	match := func(outer, inner func(string) Pattern, outers, inners Strings) bool {
		patterns := make([]Pattern, len(outers))
		for i, v := range outers {
			patterns[i] = outer(v)
		}
		return !slices.ContainsFunc(inners, func(v string) bool { return !inner(v).Within(patterns...) })
	}
	mine, theirs := reader(a.base, haveVariables), reader(b.base, wantVariables)
	switch {
	case family(a.base) != family(b.base):
		return false
	case mine != nil && theirs != nil && !negative(b.base):
		return match(theirs, mine, want.Values, have.Values)
	case mine != nil && theirs != nil: // whatever that one keeps out has to be kept out here
		return match(mine, theirs, have.Values, want.Values)
	case before(a.base) && before(b.base):
		return earlier(a.base, have.Values, b.base, want.Values)
	}
	if haveVariables != wantVariables && strings.Contains(strings.Join(slices.Concat(have.Values, want.Values), " "), "${") {
		return false
	}
	// One of the values has to fit, or none may: fewer are stricter, or more.
	if negative(b.base) {
		return subset(b.base, want.Values, have.Values)
	}
	return subset(b.base, have.Values, want.Values)
}

// proves reports whether an operator fails where the key is not there.
func proves(base string) bool {
	return base != "null" && !negative(base)
}

// negative operators hold where no value fits, and where there is nothing.
func negative(base string) bool { return strings.Contains(base, "not") }

// family is which operators may be held to each other at all.
func family(base string) string {
	switch base {
	case "stringequals", "stringlike":
		return "string"
	case "stringnotequals", "stringnotlike":
		return "not string"
	case "stringequalsignorecase":
		return "fold"
	case "arnequals", "arnlike":
		return "arn"
	case "arnnotequals", "arnnotlike":
		return "not arn"
	case "datelessthan", "datelessthanequals":
		return "before"
	case "numericlessthan", "numericlessthanequals":
		return "less"
	}
	return base
}

// reader is how the values of an operator are read as patterns; nil where they
// are none.
func reader(base string, variables bool) func(string) Pattern {
	switch base {
	case "stringequals", "stringnotequals":
		return func(v string) Pattern { return Exactly(v, variables) }
	case "stringlike", "stringnotlike":
		return func(v string) Pattern { return Wild(v, variables) }
	}
	return nil
}

func before(base string) bool {
	return family(base) == "before" || family(base) == "less"
}

// earlier reports whether whatever comes before one of some moments comes before
// one of the others.
func earlier(a string, mine Strings, b string, theirs Strings) bool {
	read := date
	if family(a) == "less" {
		read = func(v string) (float64, bool) {
			n, err := strconv.ParseFloat(v, 64)
			return n, err == nil && n == n
		}
	}
	latest := func(values Strings) (float64, bool) {
		most := 0.0
		for i, v := range values {
			n, ok := read(v)
			if !ok {
				return 0, false
			}
			if i == 0 || n > most {
				most = n
			}
		}
		return most, len(values) > 0
	}
	m, ok := latest(mine)
	t, known := latest(theirs)
	open := strings.HasSuffix(a, "equals") && !strings.HasSuffix(b, "equals") // at the moment itself
	return ok && known && (m < t || m == t && !open)
}

// date is a moment in seconds since 1970, written so or as ISO 8601 (IAM User
// Guide, "Date condition operators"). Nine to eleven digits are seconds, of the
// years 1973 to 5138; other numbers may be a year, a month or milliseconds, and are
// not read.
func date(v string) (float64, bool) {
	if strings.Trim(v, "0123456789") == "" {
		n, err := strconv.ParseInt(v, 10, 64)
		return float64(n), err == nil && len(v) >= 9 && len(v) <= 11 && v[0] != '0'
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return float64(t.UnixNano()) / 1e9, true
		}
	}
	return 0, false
}

func only(values Strings, value string) bool {
	return len(values) == 1 && SameName(values[0], value)
}

// subset compares values as they are written; those of Bool and Null have no case.
func subset(base string, of, all Strings) bool {
	same := func(a, b string) bool { return a == b || (base == "bool" || base == "null") && SameName(a, b) }
	return !slices.ContainsFunc(of, func(v string) bool {
		return !slices.ContainsFunc(all, func(w string) bool { return same(v, w) })
	})
}

// String is a test in one line.
func (t Test) String() string {
	return t.Operator + " " + t.Key + " " + strings.Join(t.Values, ", ")
}
