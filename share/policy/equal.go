package policy

import (
	"maps"
	"slices"
	"strings"
)

// Equal reports whether two policies say the same in the same words: lists are
// sets, one value is a list of one, action names have no case, and an account id
// is its :root. AWS gives back documents changed in just these ways. nil is no
// policy.
func Equal(a, b *Document) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case version(a) != version(b) || len(a.Statements) != len(b.Statements):
		return false
	}
	return slices.EqualFunc(a.Statements, b.Statements, SameStatement)
}

func version(d *Document) string {
	if d.Version == "" {
		return "2008-10-17"
	}
	return d.Version
}

// SameStatement is [Equal] for a statement.
func SameStatement(a, b Statement) bool {
	return a.Sid == b.Sid && a.Effect == b.Effect &&
		samePrincipal(a.Principal, b.Principal) && samePrincipal(a.NotPrincipal, b.NotPrincipal) &&
		sameSet(a.Action, b.Action, Fold) && sameSet(a.NotAction, b.NotAction, Fold) &&
		sameSet(a.Resource, b.Resource, as) && sameSet(a.NotResource, b.NotResource, as) &&
		sameCondition(a.Condition, b.Condition)
}

func samePrincipal(a, b *Principal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Everyone == b.Everyone && a.odd == b.odd && sameSet(a.AWS, b.AWS, rootless) && sameSet(a.Service, b.Service, as) &&
		sameSet(a.Federated, b.Federated, as) && sameSet(a.CanonicalUser, b.CanonicalUser, as)
}

func sameCondition(a, b Condition) bool {
	return maps.EqualFunc(fold(a), fold(b), func(x, y Strings) bool { return sameSet(x, y, as) })
}

// fold has operators and keys without case, as AWS reads them.
func fold(c Condition) map[[2]string]Strings {
	out := map[[2]string]Strings{}
	for operator, keys := range c {
		for key, values := range keys {
			at := [2]string{Fold(operator), Fold(key)}
			out[at] = append(out[at], values...)
		}
	}
	return out
}

func sameSet(a, b Strings, form func(string) string) bool {
	set := func(values Strings) []string {
		out := make([]string, 0, len(values))
		for _, v := range values {
			out = append(out, form(v))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(set(a), set(b))
}

func as(value string) string { return value }

// rootless is an account's id for its root.
func rootless(principal string) string {
	parts := strings.Split(principal, ":")
	if len(parts) == 6 && parts[2] == "iam" && parts[5] == "root" {
		return parts[4]
	}
	return principal
}
