package share

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// OfRole reads back what grant a role below [Path] is of. Where that cannot be told
// the grant is what its tags and name say, which anybody may have written who can
// tag roles.
func OfRole(r *RoleState, c Caller) *Found {
	g, err := grantOf(r, c.Partition, c.Account)
	f := &Found{Grant: g, Role: r}
	if why := r.stray(g); why != "" {
		f.Unclear, f.Stray = why, true
	} else if err != nil {
		f.Unclear = err.Error()
	}
	return f
}

// roleName is that of a grant's role ([Grant.RoleName]).
var roleName = regexp.MustCompile(`^crosstrail-[a-z0-9-]+-([a-z2-7]{12})$`)

// Bears reports whether a role says that it is of the grant of this id, by its tag
// or by its name. More than one may: [OfRole] tells which one is.
func (r *RoleState) Bears(id string) bool {
	return id != "" && (r.Tags[TagGrant] == id || r.namedFor() == id)
}

// namedFor is the id in a role's name, "" none.
func (r *RoleState) namedFor() string {
	if m := roleName.FindStringSubmatch(r.Name); m != nil {
		return m[1]
	}
	return ""
}

// stray is why a role is of no grant that can be told; "" where it is of g. Of each
// id there is one reader, and of each name one role: no other role passes.
func (r *RoleState) stray(g *Grant) string {
	switch {
	case r.Path != Path:
		return fmt.Sprintf("role %s is below %s, in a path that no grant's role is in", r.ARN, Path)
	case r.Tags[TagGrant] == "" && r.namedFor() != "":
		return fmt.Sprintf("role %s has the name of grant %s's, and no tag %s: somebody took it away, or made the role", r.ARN, r.namedFor(), TagGrant)
	case r.Tags[TagGrant] == "":
		return fmt.Sprintf("role %s is in %s, and is of no grant", r.ARN, Path)
	case r.Name != g.RoleName() || !g.identified():
		return fmt.Sprintf("role %s has the tags of another grant: somebody changed them, or made it to be taken for the role of grant %s", r.ARN, g.ID)
	}
	return ""
}

// WhatToDo is advice about a stray role.
func (f *Found) WhatToDo() []string {
	out := []string{"who made it, and what for: crosstrail events --resource " + f.Role.ARN + " --event-name CreateRole"}
	switch id := f.Role.namedFor(); {
	case f.Role.Path != Path || id == "":
	case f.Role.Tags[TagGrant] == id:
		out = append(out, "if it is the grant's: grant it again with all the flags that it was made with, which puts its tags right; then revoke it, or not")
	default:
		out = append(out, "if it is the grant's, give it its tag back, and look again: aws iam tag-role --role-name "+f.Role.Name+" --tags Key="+TagGrant+",Value="+id)
	}
	return append(out, "if nobody wants it: the IAM console deletes it with all that hangs on it")
}

// strayRole is the only thing to say of a role of which it cannot be told what it
// should be. What hangs on it lets more happen than any grant did.
func (j *judge) strayRole() {
	text := j.f.Unclear
	if hang := policiesOf(j.f.Role); len(hang) > 0 {
		text += "; what it may is in " + few(hang)
	}
	if _, shut := j.f.Shut(); shut {
		text += "; it lets nobody in"
	}
	j.fault("stray-role", text, strings.Join(j.f.WhatToDo(), "; "))
}

func policiesOf(r *RoleState) []string {
	out := slices.Clone(r.Attached)
	for name := range r.Inline {
		out = append(out, "its policy "+name)
	}
	slices.Sort(out)
	return out
}

// finishing judges a grant that is being taken back: that it lets less happen than
// it did is meant, and what is still there the next revocation removes. To grant it
// again would open it.
func (j *judge) finishing() {
	less := []string{"no-assume", "no-list", "no-get", "no-decrypt", "less-than-meant", "deny-gone", "no-end", "no-mfa", "root"}
	j.out = slices.DeleteFunc(j.out, func(f Finding) bool { return slices.Contains(less, f.Code) })
	for i := range j.out {
		if r := j.out[i].Remedy; r == again || r == anew || strings.Contains(r, "crosstrail share grant") {
			j.out[i].Remedy = "crosstrail share revoke " + j.g.ID + " finishes"
		}
	}
}

// anew is for a grant of which it is not known what it asked for.
const anew = "grant it again with all the flags that it was made with: crosstrail share grant repairs it, and crosstrail share plan shows first what it would change"

// foreign are policies on the role of a grant that it did not put there, and that
// allow something: ARNs of managed ones, and names.
func (g *Grant) foreign(r *RoleState) []string {
	if r == nil {
		return nil
	}
	var out []string
	for _, arn := range r.Attached {
		if arn != g.managedARN() {
			out = append(out, arn)
		}
	}
	for name, d := range r.Inline {
		if name != PermissionsName && len(d.Beyond(nil)) > 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Changed reports whether what AWS holds is another than what the grant says, be it
// more or less.
func (f *Found) Changed(s *Surroundings) (bool, error) {
	documents, err := f.Should(s)
	if err != nil {
		return false, err
	}
	if r := f.Role; r != nil {
		wanted := f.Grant.Policy == ManagedReadOnly
		if len(f.Grant.foreign(r)) > 0 || slices.Contains(r.Attached, f.Grant.managedARN()) != wanted || r.MaxSession > sessionSeconds {
			return true, nil
		}
	}
	return slices.ContainsFunc(documents, func(d Document) bool { return d.Kind != ReaderDocument && !policy.Equal(d.Before, d.After) }), nil
}
