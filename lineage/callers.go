package lineage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// callersOf picks one copy for each caller: callers with one unique id are one
// caller. A copy that names none speaks for nobody where another one does, and
// the caller's own copy goes before what the role's owner was told.
func callersOf(copies []*Fact) []*Fact {
	ranked := slices.Clone(copies)
	slices.SortStableFunc(ranked, func(a, b *Fact) int { return callerRank(a.Caller) - callerRank(b.Caller) })
	// A copy that says little goes with any: those that say most tell first how
	// many callers there are.
	telling := slices.Clone(ranked)
	slices.SortStableFunc(telling, func(a, b *Fact) int { return cmp.Compare(a.Caller.Missing, b.Caller.Missing) })
	var told []*Fact
	for _, f := range telling {
		if callerRank(f.Caller) < namesNobody && !slices.ContainsFunc(told, func(o *Fact) bool { return sameCaller(o.Caller, f.Caller) }) {
			told = append(told, f)
		}
	}
	if len(told) < 2 {
		return ranked[:1]
	}
	// Of each the first is shown that goes with no other one.
	var out []*Fact
	for _, f := range ranked {
		of, n := 0, 0
		for i, o := range told {
			if sameCaller(o.Caller, f.Caller) {
				of, n = i, n+1
			}
		}
		shown := slices.ContainsFunc(out, func(o *Fact) bool { return sameCaller(o.Caller, told[of].Caller) })
		if n == 1 && !shown && callerRank(f.Caller) < namesNobody {
			out = append(out, f)
		}
	}
	return out
}

// How well a copy names its caller, the best first.
const (
	namesCaller  = iota // the caller's own copy
	namesAbroad         // what another account was told: a unique id
	namesLoosely        // by an ARN or a name alone
	namesNobody
)

func callerRank(id *Identity) int {
	switch {
	case callerName(id) == "" && cmp.Or(id.ARN, id.UserName, id.OnBehalfOfUser) == "":
		return namesNobody
	case callerName(id) == "":
		return namesLoosely
	case id.Type != "AWSAccount":
		return namesCaller
	case isUniqueID(rolePart(id.PrincipalID)):
		return namesAbroad
	}
	return namesNobody // a bare account names nobody in it
}

// rolePart is the part of a principal id before the first ':'.
func rolePart(p string) string {
	role, _, _ := strings.Cut(p, ":")
	return role
}

// callerName is what tells one caller from another: the unique id, for a
// service its name.
func callerName(id *Identity) string { return cmp.Or(id.PrincipalID, id.InvokedBy) }

// sameCaller reports whether two identities are not known to be two callers:
// nothing that both carry leads to somebody else. One user is one caller
// whatever account or key is printed beside the id; of a role the session has
// to be the same. The role owner's copy leaves out most of that, and may leave
// out the session's name.
func sameCaller(a, b *Identity) bool {
	x, y := callerName(a), callerName(b)
	if x != "" && y != "" {
		xr, xs, _ := strings.Cut(x, ":")
		yr, ys, _ := strings.Cut(y, ":")
		if x != y && (xr != yr || !isUniqueID(xr) || xs != "" && ys != "") {
			return false
		}
		if isUserID(xr) {
			return true
		}
	} else if differ(a.ARN, b.ARN) || differ(strings.TrimSpace(a.UserName), strings.TrimSpace(b.UserName)) ||
		differ(a.IdentityProvider, b.IdentityProvider) {
		return false
	}
	return !differ(a.AccessKeyID, b.AccessKeyID) && !differ(a.OnBehalfOfUser, b.OnBehalfOfUser) &&
		!differ(a.FederatedSubject, b.FederatedSubject) && !differentTimes(a.Created, b.Created)
}

// differentTimes reports whether both are known and not the same.
func differentTimes(a, b cloudtrail.Time) bool { return !a.IsZero() && !b.IsZero() && a != b }
