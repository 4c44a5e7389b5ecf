package share

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// NewPlan plans a want. role is the grant's role as it is ([Grant.RoleName]), nil
// where it is not there or the grant has none. The error is a [*Refusal].
func NewPlan(w Want, s *Surroundings, role *RoleState, now time.Time) (*Plan, error) {
	g, warnings, why, err := NewGrant(w, s)
	if err != nil {
		return nil, err
	}
	if !g.Expires.IsZero() && !g.Expires.After(now) {
		return nil, misread("", "--expires %s is past", g.Expires.UTC().Format(time.RFC3339))
	}
	if role != nil && (role.Tags[TagGrant] != g.ID || role.Path != Path) {
		hint := "delete it, if nobody needs it (aws iam delete-role)"
		w.Via = BucketPolicy
		if _, _, _, err := NewGrant(w, s); err == nil {
			hint += ", or share by --via bucket-policy"
		}
		if role.Bears(g.ID) {
			hint = "what it is, and what to do: crosstrail share list; if only its tags were changed: aws iam tag-role"
		}
		return nil, refuse(hint, "role %s is there, and has not the tags of this grant: it is not touched", role.ARN)
	}
	scope, err := s.fit(g)
	if err != nil {
		return nil, err
	}
	if scope.Coarse != Days {
		warnings = append(warnings, Warning{"days-rounded", "so many days and accounts have no room in a policy: the reader can read whole " + scope.Coarse.String()})
	}
	warnings = append(warnings, g.loosened(s, role)...)
	for _, name := range g.foreign(role) {
		warnings = append(warnings, Warning{"foreign-policy", "policy " + name + " on role " + role.ARN + " is not of this grant and stays, and what it allows the reader may: take it off, after asking who put it there"})
	}
	p := &Plan{Want: w, Grant: g, Warnings: warnings, Why: why, Basis: basis(g, s, role), Permissions: permissions(g, s), Calls: []Call{}}
	if p.Documents, err = g.documents(s, role, scope); err != nil {
		return nil, err
	}
	if cut := uncut(g, role, now); cut != nil {
		p.Documents = append(p.Documents, *cut)
	}
	p.calls(role)
	return p, nil
}

// documents are the grant's policies, as they are and as they should be.
func (g *Grant) documents(s *Surroundings, role *RoleState, scope Scope) ([]Document, error) {
	var out []Document
	add := func(kind Kind, resource, name string, before, after *policy.Document) {
		if before != nil || after != nil {
			out = append(out, Document{kind, resource, name, before, after})
		}
	}
	if g.Means == Role {
		var trust, permissions *policy.Document
		if role != nil {
			trust, permissions = role.Trust, role.Inline[PermissionsName]
		}
		add(TrustDocument, g.RoleARN(), "", trust, g.Trust())
		add(PermissionsDocument, g.RoleARN(), PermissionsName, permissions, g.Permissions(s, scope))
	} else {
		after, err := g.bucketPolicy(s, scope)
		if err != nil {
			return nil, err
		}
		add(BucketDocument, g.bucketARN(), "", s.Bucket.Policy, after)
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		switch {
		case g.needsKeyStatement(k):
			add(KeyDocument, k.ARN, "", k.Policy, k.Policy.With(g.owns, g.KeyStatement()))
		case len(k.Policy.Named(g.owns)) > 0:
			add(KeyDocument, k.ARN, "", k.Policy, k.Policy.With(g.owns))
		}
	}
	return append(out, Document{Kind: ReaderDocument, Resource: g.principalARN(), After: g.Reader(s, scope)}), nil
}

// owns reports whether a Sid is of one of the grant's statements.
func (g *Grant) owns(sid string) bool { return g.ID != "" && Ours(sid) == g.ID }

// Reader is what a user or role of the reading account needs in a policy of its
// own, which that account's owner gives it.
func (g *Grant) Reader(s *Surroundings, scope Scope) *policy.Document {
	return s.Reading(g, scope).Document()
}

// basis is a hash of what a plan rests on: where it is another, somebody has
// changed something since.
func basis(g *Grant, s *Surroundings, role *RoleState) string {
	h := sha256.New()
	texts := map[string]string{}
	for _, k := range s.Keys {
		texts[k.ARN] = k.Text
	}
	if role != nil {
		unused := *role
		unused.LastUsed, unused.Created = "", time.Time{} // that it is used changes nothing, and another has another ID
		role = &unused
	}
	e := json.NewEncoder(h)
	for _, part := range []any{g.ID, s.Bucket.Name, s.Bucket.Account, s.Bucket.Region, s.Bucket.Ownership, s.Bucket.Text, s.Trail, texts, role} {
		if err := e.Encode(part); err != nil {
			panic(fmt.Sprintf("share: %v", err)) // texts and maps of them
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// permissions are what plan and grant call, reads too.
func permissions(g *Grant, s *Surroundings) []string {
	need := []string{
		"sts:GetCallerIdentity", "access-analyzer:ValidatePolicy", "cloudtrail:DescribeTrails", "organizations:DescribeOrganization", "organizations:ListAccounts",
		"s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:GetBucketAcl",
		"s3:ListBucket", "s3:GetObject", "s3:ListAccessPoints", "s3:GetAccessPointPolicy",
	}
	if len(s.Keys) > 0 {
		need = append(need, "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants")
	}
	if g.Means == Role {
		need = append(need, "iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:CreateRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy")
		if g.Policy == ManagedReadOnly {
			need = append(need, "iam:AttachRolePolicy")
		} else {
			need = append(need, "iam:DetachRolePolicy")
		}
	} else {
		need = append(need, "s3:PutBucketPolicy")
	}
	for i := range s.Keys {
		if k := &s.Keys[i]; g.needsKeyStatement(k) || len(k.Policy.Named(g.owns)) > 0 {
			need = append(need, "kms:PutKeyPolicy")
		}
	}
	slices.Sort(need)
	return slices.Compact(need)
}

// calls makes of the documents what is to be called, in an order in which nothing
// is open wider than it will be: the role's permissions after its trust, and keys
// last.
func (p *Plan) calls(role *RoleState) {
	g := p.Grant
	call := func(service, operation, region string, parameters map[string]any) {
		p.Calls = append(p.Calls, Call{service, operation, parameters, region})
	}
	if g.Means == Role {
		p.roleCalls(role, call)
	}
	for _, d := range p.Documents {
		if d.Kind == ReaderDocument || policy.Equal(d.Before, d.After) {
			continue
		}
		switch d.Kind {
		case TrustDocument:
			if role != nil {
				call("iam", "UpdateAssumeRolePolicy", "", map[string]any{"RoleName": g.RoleName(), "PolicyDocument": d.After.String()})
			}
		case PermissionsDocument:
			if d.After == nil {
				call("iam", "DeleteRolePolicy", "", map[string]any{"RoleName": g.RoleName(), "PolicyName": d.Name})
				continue
			}
			call("iam", "PutRolePolicy", "", map[string]any{"RoleName": g.RoleName(), "PolicyName": d.Name, "PolicyDocument": d.After.String()})
		case BucketDocument:
			call("s3", "PutBucketPolicy", g.Region, map[string]any{"Bucket": g.Bucket, "Policy": d.After.String(), "ExpectedBucketOwner": g.Owner})
		case KeyDocument:
			call("kms", "PutKeyPolicy", regionOf(d.Resource), map[string]any{"KeyId": d.Resource, "PolicyName": "default", "Policy": d.After.String()})
		}
	}
}

// roleCalls make the role, or make it what it should be. Policies that are not
// ours stay: verify names them.
func (p *Plan) roleCalls(role *RoleState, call func(service, operation, region string, parameters map[string]any)) {
	g := p.Grant
	name, tags := g.RoleName(), g.tags()
	if role == nil {
		call("iam", "CreateRole", "", map[string]any{
			"RoleName": name, "Path": Path, "AssumeRolePolicyDocument": g.Trust().String(), "Description": g.description(),
			"MaxSessionDuration": sessionSeconds, "Tags": tagList(tags),
		})
	} else {
		changed, gone := map[string]string{}, []string{}
		for name, value := range tags {
			if was, ok := role.Tags[name]; !ok || was != value {
				changed[name] = value
			}
		}
		for name := range role.Tags {
			if _, ok := tags[name]; !ok && ourTag(name) {
				gone = append(gone, name)
			}
		}
		slices.Sort(gone)
		if len(changed) > 0 {
			call("iam", "TagRole", "", map[string]any{"RoleName": name, "Tags": tagList(changed)})
		}
		if len(gone) > 0 {
			call("iam", "UntagRole", "", map[string]any{"RoleName": name, "TagKeys": gone})
		}
		if role.MaxSession > sessionSeconds {
			call("iam", "UpdateRole", "", map[string]any{"RoleName": name, "MaxSessionDuration": sessionSeconds, "Description": g.description()})
		}
	}
	attached := role != nil && slices.Contains(role.Attached, g.managedARN())
	switch wanted := g.Policy == ManagedReadOnly; {
	case wanted && !attached:
		call("iam", "AttachRolePolicy", "", map[string]any{"RoleName": name, "PolicyArn": g.managedARN()})
	case !wanted && attached:
		call("iam", "DetachRolePolicy", "", map[string]any{"RoleName": name, "PolicyArn": g.managedARN()})
	}
}

func tagList(tags map[string]string) []map[string]string {
	var out []map[string]string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, map[string]string{"Key": name, "Value": tags[name]})
	}
	return out
}

// bucketPolicy is the policy of the bucket with the grant's statements. One of the
// old version, where ${…} is text, gets the new one where ours need it and no
// other statement would mean something else by it.
func (g *Grant) bucketPolicy(s *Surroundings, scope Scope) (*policy.Document, error) {
	ours := one(g.BucketStatements(scope)...)
	after := s.Bucket.Policy.With(g.owns, ours.Statements...)
	if after.Version == policy.Version2012 || !strings.Contains(ours.String(), "${") {
		return after, nil
	}
	others := s.Bucket.Policy.With(g.owns)
	if strings.Contains(others.String(), "${") {
		return nil, refuse("let its owner write it anew with \"Version\": \""+policy.Version2012+"\", or share by a role: --to ACCOUNT --via role",
			"the policy of %s is of version %s, in which ${…} is text: with another version its statements would mean something else", g.Bucket, cmp.Or(others.Version, "2008-10-17"))
	}
	after.Version = policy.Version2012
	return after, nil
}
