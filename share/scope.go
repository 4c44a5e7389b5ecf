package share

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Scope is which keys of the bucket a grant is for, as patterns of a policy:
// * stands for anything, / included. None of them matches a key of an account
// that is not meant: behind each account's twelve digits is a slash (linkage.md
// 8.1).
type Scope struct {
	List   []string // of the s3:prefix parameter of a listing
	Get    []string // of keys
	Coarse Grain    // what the days were rounded to, so that they have room
}

// Grain is how finely days are told.
type Grain int

// The grains. Rounding adds the days of the same month or year.
const (
	Days Grain = iota
	Months
	Years
)

func (g Grain) String() string { return [...]string{"days", "months", "years"}[g] }

// Scope is the scope of a grant.
func (s *Surroundings) Scope(g *Grant, grain Grain) Scope {
	out := Scope{Coarse: grain}
	var roots []string
	switch {
	case g.Logs.All:
		roots = []string{s.base(g)}
	case g.To == g.Organization && g.To != "":
		roots = s.roots(g, "${aws:PrincipalAccount}")
	default:
		for _, account := range g.accounts() {
			roots = append(roots, s.roots(g, account)...)
		}
	}
	covers := cover(g.Since, g.Until, grain)
	for _, root := range roots {
		out.List = append(out.List, root+"*", strings.TrimSuffix(root, "/"))
		if covers == nil {
			out.Get = append(out.Get, root+"*")
			continue
		}
		within := root + "CloudTrail*/*/"
		if g.Logs.All {
			within = root + "*/CloudTrail*/*/"
		}
		for _, c := range covers {
			out.Get = append(out.Get, within+c+"/*")
		}
	}
	return out
}

// base is what all log files of the trail are below (CloudTrail User Guide,
// Finding your CloudTrail log files).
func (s *Surroundings) base(g *Grant) string {
	prefix := policy.Literal(g.Prefix)
	if prefix != "" {
		prefix += "/"
	}
	return prefix + "AWSLogs/"
}

// roots are the folders of one account's log files: that of the organisation's
// trail, that of a trail of its own, or both where both are there.
func (s *Surroundings) roots(g *Grant, account string) []string {
	var orgs []string
	if s.Trail.Organization && s.Organization != nil {
		orgs = append(orgs, s.Organization.ID)
	}
	own := !s.Trail.Organization
	for _, folder := range s.Bucket.Folders {
		org, in, ok := strings.Cut(folder, "/")
		switch {
		case ok && (in == account || strings.HasPrefix(account, "$")) && strings.HasPrefix(org, "o-"):
			orgs = append(orgs, org)
		case !ok && folder == account:
			own = true
		}
	}
	slices.Sort(orgs)
	var out []string
	for _, org := range slices.Compact(orgs) {
		out = append(out, s.base(g)+org+"/"+account+"/")
	}
	if own || out == nil {
		out = append(out, s.base(g)+account+"/")
	}
	return out
}
