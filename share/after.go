package share

import (
	"maps"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// After is what there is once the plan is done, as far as a grant rests on it.
func (p *Plan) After(s *Surroundings, role *RoleState) (*Surroundings, *RoleState) {
	next, g := *s, p.Grant
	next.Keys = slices.Clone(s.Keys)
	if g.Means == Role {
		made := RoleState{Name: g.RoleName(), Path: Path, ARN: g.RoleARN(), Tags: g.tags(), MaxSession: sessionSeconds}
		if role != nil {
			made = *role
			made.Tags = maps.Clone(role.Tags)
			maps.DeleteFunc(made.Tags, func(name, _ string) bool { return ourTag(name) })
			maps.Copy(made.Tags, g.tags())
			made.MaxSession = min(made.MaxSession, sessionSeconds)
		}
		made.Inline, made.Attached = maps.Clone(made.Inline), slices.DeleteFunc(slices.Clone(made.Attached), func(arn string) bool { return arn == g.managedARN() })
		if made.Inline == nil {
			made.Inline = map[string]*policy.Document{}
		}
		if g.Policy == ManagedReadOnly {
			made.Attached = append(made.Attached, g.managedARN())
		}
		role = &made
	}
	for _, d := range p.Documents {
		switch {
		case d.Kind == TrustDocument:
			role.Trust = d.After
		case d.Kind == PermissionsDocument && d.After == nil:
			delete(role.Inline, d.Name)
		case d.Kind == PermissionsDocument:
			role.Inline[d.Name] = d.After
		case d.Kind == BucketDocument:
			next.Bucket.Policy, next.Bucket.Text = d.After, d.After.String()
		case d.Kind == KeyDocument:
			for i := range next.Keys {
				if next.Keys[i].ARN == d.Resource {
					next.Keys[i].Policy, next.Keys[i].Text = d.After, d.After.String()
				}
			}
		}
	}
	return &next, role
}

// Judge is what verify will find wrong once the plan is done: what somebody else's
// policies spoil, for what a plan itself writes is held by tests to be in order.
func (p *Plan) Judge(s *Surroundings, role *RoleState, now time.Time) []Finding {
	next, made := p.After(s, role)
	var roles []*RoleState
	if made != nil {
		roles = append(roles, made)
	}
	for _, f := range Grants(next, roles) {
		if f.Grant.ID == p.Grant.ID {
			return slices.DeleteFunc(Findings(next, f, now), func(f Finding) bool {
				return f.Level != Fault || f.Code == "foreign-policy" // of which the plan warns itself
			})
		}
	}
	return nil
}
