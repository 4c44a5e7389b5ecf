package policy

import (
	"slices"
	"strings"
)

// principal is one of those whom a rule is about.
type principal struct {
	element string // Principal, NotPrincipal
	kind    string // AWS, Service, Federated, CanonicalUser; everyone; none: the policy is somebody's own
	text    string
}

const (
	everyone = "everyone"
	nobody   = "none"
)

// principals are all whom a rule is about; NotPrincipal counts as everyone.
func (r rule) principals() []principal {
	if r.NotPrincipal != nil {
		return []principal{{"NotPrincipal", everyone, "everyone else"}}
	}
	return principalsOf(r.Principal)
}

func principalsOf(p *Principal) []principal {
	if p == nil {
		return []principal{{InPrincipal, nobody, ""}}
	}
	if p.Everyone {
		return []principal{{InPrincipal, everyone, "*"}}
	}
	var out []principal
	for _, of := range []struct {
		kind   string
		values Strings
	}{{"AWS", p.AWS}, {"Service", p.Service}, {"Federated", p.Federated}, {"CanonicalUser", p.CanonicalUser}} {
		for _, v := range of.values {
			kind := of.kind
			if strings.ContainsAny(v, "*?") { // AWS takes * alone; no other is believed to be less
				kind = everyone
			}
			out = append(out, principal{InPrincipal, kind, v})
		}
	}
	if p.odd || out == nil {
		out = append(out, principal{InPrincipal, everyone, "?"})
	}
	return out
}

// hasPrincipal reports whether a rule is about a principal. An account stands for
// all that is in it (IAM User Guide, "AWS account principals").
func (r rule) hasPrincipal(p principal) bool {
	if r.NotPrincipal != nil || p.element != InPrincipal { // whom it leaves out may be of no account
		return false
	}
	if r.Principal != nil && r.Principal.Everyone {
		return p.kind != nobody
	}
	return slices.ContainsFunc(principalsOf(r.Principal), func(q principal) bool {
		switch {
		case q.kind != p.kind || q.kind == everyone:
			return false
		case q.kind == nobody || q.text == p.text:
			return true
		}
		account := AccountOf(q.text)
		return q.kind == "AWS" && account != "" && account == accountIn(p.text)
	})
}

// AccountOf is the account that a principal stands for as a whole: its id, or the
// ARN that ends with :root. Of any other it is empty.
func AccountOf(principal string) string {
	if rest, ok := strings.CutSuffix(principal, ":root"); ok && strings.Count(principal, ":") == 5 {
		return accountIn(rest + ":")
	}
	if digits(principal) {
		return principal
	}
	return ""
}

// accountIn is the account that a principal is of; empty where it does not tell.
func accountIn(principal string) string {
	if digits(principal) {
		return principal
	}
	if parts := strings.SplitN(principal, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[4]
	}
	return ""
}

func digits(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }
