package share_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestSeal: what somebody took out of all that says what is meant is found, and
// the wanted flags put it right.
func TestSeal(t *testing.T) {
	w := share.Want{To: member, MFA: true, Expires: now.AddDate(0, 1, 0), Since: day("2026-01-15"), Until: day("2026-11-30")}
	byRole := w
	byRole.Via, byRole.SessionName, byRole.ExternalID = share.Role, "audit", "acme-1"
	without := func(operator, key string) func(*state) {
		return func(a *state) {
			for _, s := range a.s.Bucket.Policy.Statements {
				delete(s.Condition[operator], key)
			}
		}
	}
	tag := func(name, value string) func(*state) {
		return func(a *state) {
			if a.role.Tags[name] == "" || a.role.Tags[name] == value {
				t.Errorf("%s is %q", name, a.role.Tags[name])
			}
			a.role.Tags[name] = value
			if value == "" {
				delete(a.role.Tags, name)
			}
		}
	}
	sid := func(old string) func(*state) {
		return func(a *state) {
			for i := range a.s.Bucket.Policy.Statements {
				s := &a.s.Bucket.Policy.Statements[i]
				s.Sid = regexp.MustCompile(old).ReplaceAllString(s.Sid, "")
			}
		}
	}
	for name, c := range map[string]struct {
		w      share.Want
		change func(*state)
	}{
		"MFA":            {w, without("Bool", "aws:MultiFactorAuthPresent")},
		"the end":        {w, without("DateLessThan", "aws:CurrentTime")},
		"organisation":   {w, without("StringEquals", "aws:PrincipalOrgID")},
		"since":          {w, sid(`Since\d{8}`)},
		"until":          {w, sid(`Until\d{8}`)},
		"the seal":       {w, sid(`Seal.*`)},
		"tag MFA":        {byRole, tag("crosstrail:mfa", "false")},
		"tag end":        {byRole, tag("crosstrail:expires", "")},
		"later end":      {byRole, tag("crosstrail:expires", "2099-01-01T00:00:00Z")},
		"tag since":      {byRole, tag("crosstrail:since", "")},
		"tag until":      {byRole, tag("crosstrail:until", "")},
		"tag policy":     {byRole, tag("crosstrail:policy", "managed-read-only")},
		"tag session":    {byRole, tag("crosstrail:session-name", "")},
		"tag id":         {byRole, tag("crosstrail:external-id", "")},
		"tag member":     {byRole, tag("crosstrail:organization", "")},
		"tag prefix":     {byRole, tag("crosstrail:prefix", "other")},
		"tag bucket":     {byRole, tag("crosstrail:bucket", "other")},
		"tag seal":       {byRole, tag("crosstrail:seal", "")},
		"another's seal": {byRole, tag("crosstrail:seal", "aaaaaaaa")},
	} {
		t.Run(name, func(t *testing.T) {
			a := held(t, c.w)
			if all := faults(judged(t, a.s, a.role)); len(all) > 0 {
				t.Fatal(brief(all))
			}
			c.change(a)
			if all := faults(judged(t, a.s, a.role)); !slices.ContainsFunc(all, func(f share.Finding) bool {
				return f.Code == "unclear" && strings.Contains(f.Text, "changed by somebody") && strings.Contains(f.Remedy, "with all the flags")
			}) {
				t.Errorf("nothing is said of it: %s", brief(all))
			}
			p, err := share.NewPlan(c.w, a.s, a.role, now)
			if err != nil || len(p.Calls) == 0 || !slices.ContainsFunc(p.Warnings, func(w share.Warning) bool { return w.Code == "changed" }) {
				t.Fatalf("it is not repaired: %+v, %v", p, err)
			}
			next, made := p.After(a.s, a.role)
			if all := faults(judged(t, next, made)); len(all) > 0 {
				t.Errorf("after it was repaired: %s", brief(all))
			}
		})
	}
}

// TestStrayRoles: a role in our path is seen, whatever was done to its tags, and no
// other role is taken for a grant's.
func TestStrayRoles(t *testing.T) {
	a := held(t, share.Want{To: member, Via: share.Role, MFA: true, Expires: now.AddDate(0, 1, 0)})
	another := func(change func(r *share.RoleState)) *share.RoleState {
		r := *a.role
		r.Tags, r.Inline = maps.Clone(r.Tags), maps.Clone(r.Inline)
		change(&r)
		return &r
	}
	named := func(name string) func(*share.RoleState) {
		return func(r *share.RoleState) {
			r.Name, r.ARN = name, "arn:aws:iam::"+owner+":role"+share.Path+name
		}
	}
	id := a.role.Tags[share.TagGrant]
	elsewhere := *a.s
	elsewhere.Bucket.Name = "other"
	if found := share.Grants(&elsewhere, []*share.RoleState{a.role}); len(found) != 0 {
		t.Errorf("a grant of another bucket: %+v", found[0])
	}
	for name, r := range map[string]*share.RoleState{
		"no tag of its grant": another(func(r *share.RoleState) {
			delete(r.Tags, share.TagGrant)
			r.Attached = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
		}),
		"no tags":                  another(func(r *share.RoleState) { r.Tags = nil }),
		"another reader":           another(func(r *share.RoleState) { r.Tags["crosstrail:to"] = outside }),
		"a decoy":                  another(named("decoy")),
		"a decoy of that form":     another(named("crosstrail-" + outside + "-" + id)),
		"a decoy with little":      another(func(r *share.RoleState) { named("decoy")(r); r.Tags = map[string]string{share.TagGrant: id} }),
		"a path below":             another(func(r *share.RoleState) { r.Path += "x/" }),
		"a decoy of an untold day": another(func(r *share.RoleState) { named("decoy")(r); r.Tags["crosstrail:since"] = "x" }),
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []*share.Surroundings{a.s, &elsewhere} {
				found := share.Grants(s, []*share.RoleState{r})
				if len(found) != 1 || !found[0].Stray || !strings.Contains(found[0].Unclear, r.ARN) || !r.Bears(id) {
					t.Fatalf("%+v", found)
				}
				got := share.Findings(s, found[0], now)
				if len(got) != 1 || got[0].Code != "stray-role" || got[0].Level != share.Fault || got[0].Resource != r.ARN || !strings.Contains(got[0].Text, "its policy crosstrail") {
					t.Error(brief(got))
				}
				for _, arn := range r.Attached {
					if !strings.Contains(got[0].Text, arn) {
						t.Error(got[0].Text)
					}
				}
				if rest, err := share.NewRevocation(found[0].Grant, r, s, now, false); err == nil {
					t.Errorf("it is taken back: %+v", rest.Calls)
				}
			}
		})
	}
	if (&share.RoleState{Name: "decoy"}).Bears("") {
		t.Error("a role of no grant bears none")
	}
}

// TestForeignPolicies: a role that was there with policies that are not its grant's
// is not as it should be.
func TestForeignPolicies(t *testing.T) {
	w := share.Want{To: member, Via: share.Role, MFA: true, Expires: now.AddDate(0, 1, 0)}
	for name, change := range map[string]func(r *share.RoleState){
		"AdministratorAccess": func(r *share.RoleState) { r.Attached = []string{"arn:aws:iam::aws:policy/AdministratorAccess"} },
		"theirs": func(r *share.RoleState) {
			r.Inline["theirs"], _ = policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
		},
	} {
		a := held(t, w)
		if changed, err := share.OfRole(a.role, a.s.Caller).Changed(a.s); changed || err != nil {
			t.Errorf("%t, %v", changed, err)
		}
		change(a.role)
		if changed, err := share.OfRole(a.role, a.s.Caller).Changed(a.s); !changed || err != nil {
			t.Errorf("%s: %t, %v", name, changed, err)
		}
		p, err := share.NewPlan(w, a.s, a.role, now)
		if err != nil || len(p.Calls) > 0 || !slices.ContainsFunc(p.Warnings, func(w share.Warning) bool { return w.Code == "foreign-policy" && strings.Contains(w.Text, name) }) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if rest := p.Judge(a.s, a.role, now); len(rest) > 0 {
			t.Errorf("%s is said twice: %s", name, brief(rest))
		}
	}
}

// TestInterruptedRevocation: what it left is not to be granted again.
func TestInterruptedRevocation(t *testing.T) {
	a := held(t, share.Want{To: member, Via: share.Role, MFA: true, Expires: now.AddDate(0, 1, 0)}, key(false, owner, closedKey))
	r, err := share.NewRevocation(share.OfRole(a.role, a.s.Caller).Grant, a.role, a.s, now, false)
	if err != nil {
		t.Fatal(err)
	}
	a.role.Trust = r.Documents[0].After
	a.role.Inline = map[string]*policy.Document{"AWSRevokeOlderSessions": r.Documents[1].After}
	a.s.Keys[0].Policy = r.Documents[2].After
	a.role.Tags["crosstrail:mfa"] = "false"
	got := judged(t, a.s, a.role)
	if len(faults(got)) != 1 || got[0].Code != "unclear" {
		t.Error(brief(got))
	}
	for _, f := range got {
		if strings.Contains(f.Remedy, "share grant repairs") {
			t.Errorf("%s: %s", f.Code, f.Remedy)
		}
	}
}
