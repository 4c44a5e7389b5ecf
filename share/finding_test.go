package share_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// variants are the kinds of grants that a plan can make: every way of each trait
// beside some of the others, chosen by a step that shares no divisor with them.
func variants(visit func(name string, w share.Want, change []func(*share.Surroundings))) {
	flags := []string{"organisation trail", "no prefix", "external id", "MFA", "end", "session", "days", "key", "closed key", "one role"}
	steps := map[string]int{"minimal": 577, "seed": 577, "managed": 577, "bucket policy": 113, "organisation": 19}
	for _, means := range []string{"minimal", "seed", "managed", "bucket policy", "organisation"} {
		n := 0
		for _, logs := range []string{"own", "all", "accounts"} {
			for bits := range 1 << len(flags) {
				has := func(flag string) bool { return bits>>slices.Index(flags, flag)&1 == 1 }
				impossible := means == "bucket policy" && (has("session") || has("external id")) ||
					means == "organisation" && (has("session") || has("external id") || has("one role") || logs != "own")
				if impossible || has("key") && has("closed key") {
					continue
				}
				if n++; n%(sparse*steps[means]) != 0 {
					continue
				}
				w := share.Want{To: member, MFA: has("MFA")}
				var change []func(*share.Surroundings)
				switch logs {
				case "all":
					w.Logs.All = true
				case "accounts":
					w.Logs.Accounts = []string{owner, member}
				}
				switch means {
				case "bucket policy", "organisation":
					w.Via = share.BucketPolicy
					if means == "organisation" {
						w.To, w.Organization = "", true
					}
				default:
					w.Via, w.Policy = share.Role, map[string]share.Breadth{"minimal": share.Minimal, "seed": share.Seed, "managed": share.ManagedReadOnly}[means]
				}
				if has("one role") {
					w.To = "arn:aws:iam::" + member + ":role/audit/LogReader"
				}
				if has("external id") {
					w.ExternalID = "acme-1"
				}
				if has("end") {
					w.Expires = now.AddDate(0, 1, 0)
				}
				if has("session") {
					w.SessionName = "${aws:username}"
				}
				if has("days") {
					w.Since, w.Until = day("2026-01-15"), day("2026-11-30")
				}
				if has("organisation trail") {
					change = append(change, orgTrail)
				}
				if has("no prefix") {
					change = append(change, func(s *share.Surroundings) { s.Trail.Prefix = "" })
				}
				if has("key") {
					change = append(change, key(false, owner, iamKey))
				}
				if has("closed key") {
					change = append(change, key(false, owner, `{"Version":"2012-10-17","Statement":[]}`))
				}
				name := means + ", " + logs
				for _, flag := range flags {
					if has(flag) {
						name += ", " + flag
					}
				}
				visit(name, w, change)
			}
		}
	}
}

func faults(all []share.Finding) []share.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f share.Finding) bool { return f.Level != share.Fault })
}

// judged judges the one grant that is there.
func judged(t *testing.T, s *share.Surroundings, role *share.RoleState) []share.Finding {
	t.Helper()
	var roles []*share.RoleState
	if role != nil {
		roles = append(roles, role)
	}
	found := share.Grants(s, roles)
	if len(found) != 1 {
		t.Fatalf("%d grants", len(found))
	}
	return share.Findings(s, found[0], now)
}

// TestMutants: what plans write is without fault, and however somebody widens it,
// the statement is named, and rightly.
func TestMutants(t *testing.T) {
	t.Parallel()
	made, named, kinds := 0, 0, 0
	variants(func(name string, w share.Want, change []func(*share.Surroundings)) {
		s := surroundings(t, change...)
		p, err := share.NewPlan(w, s, nil, now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kinds++
		role := apply(t, p, s)
		if wrong := faults(judged(t, s, role)); len(wrong) > 0 {
			t.Fatalf("%s: nobody changed it, and %s", name, text(t, wrong))
		}
		hold := func(kind share.Kind, m mutant) {
			made++
			all := judged(t, s, role)
			if slices.ContainsFunc(all, func(f share.Finding) bool {
				return f.Level == share.Fault && f.Kind == kind && f.Index == m.index && slices.Contains(m.codes, f.Code)
			}) {
				named++
				return
			}
			t.Errorf("%s: %s of %s, statement %d: not named %v but %s\n%s", name, m.name, kind, m.index, m.codes, brief(all), m.doc)
		}
		ours := func(s policy.Statement) bool { return share.Ours(s.Sid) == p.Grant.ID }
		all := func(policy.Statement) bool { return true }
		if role != nil {
			for _, m := range mutants(t, role.Trust, all) {
				kept := role.Trust
				role.Trust = m.doc
				hold(share.TrustDocument, m)
				role.Trust = kept
			}
			if d := role.Inline[share.PermissionsName]; d != nil {
				for _, m := range mutants(t, d, all) {
					role.Inline[share.PermissionsName] = m.doc
					hold(share.PermissionsDocument, m)
				}
				role.Inline[share.PermissionsName] = d
			}
		} else {
			kept := s.Bucket.Policy
			for _, m := range mutants(t, kept, ours) {
				s.Bucket.Policy = m.doc
				hold(share.BucketDocument, m)
			}
			s.Bucket.Policy = kept
		}
		for i := range s.Keys {
			kept := s.Keys[i].Policy
			for _, m := range mutants(t, kept, ours) {
				s.Keys[i].Policy = m.doc
				hold(share.KeyDocument, m)
			}
			s.Keys[i].Policy = kept
		}
		moved(t, name, s, role)
	})
	t.Logf("%d kinds of grants, %d mutants, %d named", kinds, made, named)
	if made < 2000/(sparse*sparse) {
		t.Errorf("only %d mutants", made)
	}
}

// moved puts each statement of the grant, as it is, where no grant has one.
func moved(t *testing.T, name string, s *share.Surroundings, role *share.RoleState) {
	t.Helper()
	var roles []*share.RoleState
	if role != nil {
		roles = append(roles, role)
	}
	found := share.Grants(s, roles)
	named := func(kind share.Kind) bool {
		return slices.ContainsFunc(share.BucketFindings(s, found), func(f share.Finding) bool { return f.Level == share.Fault && f.Kind == kind })
	}
	if named(share.KeyDocument) {
		t.Errorf("%s: nobody changed the key", name)
	}
	ours := func(d *policy.Document) []policy.Statement {
		return d.Named(func(sid string) bool { return share.Ours(sid) != "" })
	}
	for _, st := range ours(s.Bucket.Policy) {
		s.Bucket.AccessPoints = []share.AccessPoint{{ARN: "arn:aws:s3:eu-west-1:111111111111:accesspoint/p", Policy: &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{st}}}}
		if !named(share.AccessPointDocument) {
			t.Errorf("%s: not named in an access point: %s", name, st)
		}
		s.Bucket.AccessPoints = nil
	}
	for i := range s.Keys {
		kept := s.Keys[i].Policy
		for _, st := range ours(kept) {
			s.Keys[i].Policy = rebuilt(t, kept.Version, []policy.Statement{renamed(st, strings.TrimSuffix(st.Sid, "Decrypt")+"Get")})
			if !named(share.KeyDocument) {
				t.Errorf("%s: not named in a key: %s", name, st)
			}
		}
		s.Keys[i].Policy = kept
	}
}

func renamed(s policy.Statement, sid string) policy.Statement {
	s = copied(s)
	s.Sid = sid
	return s
}

func brief(all []share.Finding) string {
	out := ""
	for _, f := range all {
		out += fmt.Sprintf("\n  %s %s %s[%d] %s: %s", f.Level, f.Code, f.Kind, f.Index, f.Sid(), f.Text)
	}
	return out
}
