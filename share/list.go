package share

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Found is a grant that AWS holds.
type Found struct {
	Grant      *Grant
	Role       *RoleState         // of a grant by role
	Statements []policy.Statement // in the bucket's policy, of one by that
	Unclear    string             // what of it cannot be read back as a grant; empty: all can
	Stray      bool               // it is a role of which it cannot be told whether it is the grant's at all
}

// Grants reads back the grants on the bucket: from the tags of the roles below
// [Path], and from the Sids in the bucket's policy. A role that cannot be read back
// is one of them, whatever its tags say of a bucket. They are sorted by reader, then
// id.
func Grants(s *Surroundings, roles []*RoleState) []*Found {
	var out []*Found
	for _, r := range roles {
		if f := OfRole(r, s.Caller); f.Unclear != "" || f.Grant.Bucket == s.Bucket.Name {
			out = append(out, f)
		}
	}
	if s.Bucket.Policy != nil {
		var ids []string
		by := map[string][]policy.Statement{}
		for _, st := range s.Bucket.Policy.Statements {
			if id := Ours(st.Sid); id != "" {
				if by[id] == nil {
					ids = append(ids, id)
				}
				by[id] = append(by[id], st)
			}
		}
		for _, id := range ids {
			out = append(out, s.readBack(id, by[id]))
		}
	}
	slices.SortStableFunc(out, func(a, b *Found) int {
		return cmp.Or(strings.Compare(a.Grant.To, b.Grant.To), strings.Compare(a.Grant.ID, b.Grant.ID))
	})
	return out
}

// Should are the grant's policies as they are and as they should be: where a
// Before is not its After somebody has changed it, and `grant` repairs it.
func (f *Found) Should(s *Surroundings) ([]Document, error) {
	scope, err := s.fit(f.Grant)
	if err != nil {
		return nil, err
	}
	return f.Grant.documents(s, f.Role, scope)
}

var (
	sidForm    = regexp.MustCompile(`^(?:List|Get(?:Since(\d{8}))?(?:Until(\d{8}))?)Seal([a-z2-7]{8})$`)
	underLogs  = regexp.MustCompile(`AWSLogs/(?:o-[a-z0-9]{10,32}/)?(\d{12})(?:/|$)`)
	orgPattern = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// readBack makes a grant of its statements. Whose log files it is for has to be
// that of which the id is made, and what else it asks for that of which the seal is.
func (s *Surroundings) readBack(id string, statements []policy.Statement) *Found {
	g := &Grant{
		ID: id, Means: BucketPolicy, Partition: s.Caller.Partition, Owner: cmp.Or(s.Bucket.Account, s.Caller.Account), Trail: s.Trail.ARN,
		Bucket: s.Bucket.Name, Region: s.Bucket.Region, Prefix: s.Trail.Prefix,
	}
	f := &Found{Grant: g, Statements: statements}
	var accounts []string
	logs := []Logs{{}, {All: true}}
	for _, st := range statements {
		var named []string
		for _, text := range slices.Concat(st.Resource, st.Condition["StringLike"]["s3:prefix"]) {
			for _, m := range underLogs.FindAllStringSubmatch(text, -1) {
				named = append(named, m[1])
			}
		}
		accounts = append(accounts, named...)
		logs = append(logs, Logs{Accounts: distinct(named)})
	}
	logs = append(logs, Logs{Accounts: distinct(accounts)})
	s.read(g, statements, statements)
	trails := []string{cmp.Or(g.Trail, g.Bucket), g.Bucket}
	for _, to := range s.readers(g, statements) { // one of which may have been changed
		for _, trail := range trails {
			for _, whose := range logs {
				if identify(to, trail, BucketPolicy, whose) == id {
					g.To, g.Logs = to, whose
					s.unseal(f)
					return f
				}
			}
		}
	}
	g.Logs = Logs{Accounts: distinct(accounts)}
	if all := s.readers(g, statements); len(all) > 0 {
		g.To = all[0]
	}
	f.Unclear = fmt.Sprintf("the statements %s… of the bucket's policy are not those of one grant: somebody changed them", sidPrefix+id)
	return f
}

// read takes from some of the statements of a grant what they ask for, and from all
// of them the days.
func (s *Surroundings) read(g *Grant, some, all []policy.Statement) {
	for _, st := range some {
		g.readStatement(st)
	}
	if o := s.Organization; o != nil && slices.ContainsFunc(some, func(st policy.Statement) bool { return organizationIn(st) == o.ID }) {
		g.Organization = o.ID // whatever others say
	}
	for _, st := range all {
		if m := sidForm.FindStringSubmatch(strings.TrimPrefix(st.Sid, sidPrefix+g.ID)); m != nil && strings.HasPrefix(st.Sid, g.Sid("Get")) {
			g.Since, g.Until = sidDay(m[1]), sidDay(m[2])
		}
	}
}

// unseal finds what a grant asks for that has the seal in its Sids: all its
// statements together say it, or, where one was changed, another one alone.
func (s *Surroundings) unseal(f *Found) {
	g := *f.Grant
	for i := -1; i < len(f.Statements); i++ {
		if i >= 0 {
			g.MFA, g.Expires, g.Organization = false, time.Time{}, ""
			s.read(&g, f.Statements[i:i+1], f.Statements)
		}
		seal := g.seal()
		if !slices.ContainsFunc(f.Statements, func(st policy.Statement) bool {
			m := sidForm.FindStringSubmatch(strings.TrimPrefix(st.Sid, sidPrefix+g.ID))
			return m == nil || m[3] != seal
		}) {
			*f.Grant = g
			return
		}
	}
	f.Unclear = "its attributes were changed by somebody: the seal in the Sids of its statements is not of the days, end, MFA and organisation that they say"
}

// readStatement takes from a statement what it tells of the grant.
func (g *Grant) readStatement(st policy.Statement) {
	g.Organization = cmp.Or(organizationIn(st), g.Organization)
	if mfa := st.Condition["Bool"]["aws:MultiFactorAuthPresent"]; len(mfa) == 1 && mfa[0] == "true" {
		g.MFA = true
	}
	if end := st.Condition["DateLessThan"]["aws:CurrentTime"]; len(end) == 1 {
		if t, err := time.Parse(time.RFC3339, end[0]); err == nil && (g.Expires.IsZero() || t.Before(g.Expires)) {
			g.Expires = t
		}
	}
}

// organizationIn is the organisation whose members a statement is for; empty: none.
func organizationIn(st policy.Statement) string {
	if org := st.Condition["StringEquals"]["aws:PrincipalOrgID"]; len(org) == 1 && orgPattern.MatchString(org[0]) {
		return org[0]
	}
	return ""
}

func distinct(accounts []string) []string {
	accounts = slices.Clone(accounts)
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// readers are all whom the statements of a grant name, the first the likeliest.
func (s *Surroundings) readers(g *Grant, statements []policy.Statement) []string {
	var out []string
	for _, st := range statements {
		switch p := st.Principal; {
		case p == nil:
		case p.Everyone:
			out = append(out, g.Organization)
		default:
			for _, name := range p.AWS {
				out = append(out, cmp.Or(policy.AccountOf(name), name))
			}
		}
	}
	return out
}

func sidDay(text string) Day {
	t, err := time.Parse("20060102", text)
	if err != nil {
		return Day{}
	}
	return Day{t}
}
