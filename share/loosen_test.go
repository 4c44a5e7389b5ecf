package share_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
)

// TestLoosens: what a repeated grant would open is said, and what it narrows is not.
func TestLoosens(t *testing.T) {
	tight := share.Want{To: member, MFA: true, Expires: now.AddDate(0, 1, 0), Since: day("2026-01-15"), Until: day("2026-11-30")}
	inRole := tight
	inRole.Via, inRole.SessionName, inRole.ExternalID = share.Role, "audit", "acme-1"
	for name, c := range map[string]struct {
		was, is share.Want
		loses   int // things named
	}{
		"nothing, by policy":    {tight, tight, 0},
		"nothing, by role":      {inRole, inRole, 0},
		"everything, by policy": {tight, share.Want{To: member}, 4},
		"everything, by role":   {inRole, share.Want{To: member, Via: share.Role, Policy: share.Seed}, 7},
		"narrower":              {share.Want{To: member}, tight, 0},
		"a later end":           {tight, func() share.Want { w := tight; w.Expires = w.Expires.AddDate(1, 0, 0); return w }(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := surroundings(t)
			p, err := share.NewPlan(c.was, s, nil, now)
			if err != nil {
				t.Fatal(err)
			}
			p, err = share.NewPlan(c.is, s, apply(t, p, s), now)
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(p.Warnings, func(w share.Warning) bool { return w.Code == "loosens" })
			switch {
			case (at >= 0) != (c.loses > 0):
				t.Errorf("%+v", p.Warnings)
			case at >= 0 && strings.Count(p.Warnings[at].Text, ", ")+1 != c.loses:
				t.Errorf("%s", p.Warnings[at].Text)
			}
		})
	}
}
