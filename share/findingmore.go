package share

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// more names statements of others, in the policies of the bucket, its access
// points and its keys, that name the grant's reader and let it do more than the
// grant does. What lets in everybody is told of the bucket ([BucketFindings]).
func (j *judge) more() {
	most, _ := j.scopes()
	bucket := one(j.g.BucketStatements(most)...)
	if j.g.Means == Role {
		bucket = j.g.Permissions(j.s, most)
		if j.g.Policy == ManagedReadOnly {
			bucket = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Effect: policy.Allow, Action: policy.Strings{"s3:Get*", "s3:List*"}, Resource: policy.Strings{"*"}}}}
		}
		bucket = forPrincipal(bucket, j.g.RoleARN())
	}
	j.beside(BucketDocument, j.g.bucketARN(), j.s.Bucket.Policy, bucket)
	for _, p := range j.s.Bucket.AccessPoints {
		j.beside(AccessPointDocument, p.ARN, p.Policy, nil)
	}
	for _, k := range j.s.Keys {
		j.beside(KeyDocument, k.ARN, k.Policy, one(j.g.KeyStatement()))
	}
}

// forPrincipal is a role's policy as it would stand in one of a resource.
func forPrincipal(d *policy.Document, arn string) *policy.Document {
	if d == nil {
		return nil
	}
	out := &policy.Document{Version: d.Version}
	for _, s := range d.Statements {
		s.Principal = &policy.Principal{AWS: policy.Strings{arn}}
		out.Statements = append(out.Statements, s)
	}
	return out
}

func (j *judge) beside(kind Kind, resource string, d, meant *policy.Document) {
	for i, s := range statementsOf(d) {
		// Of the bucket's each name of a grant is one there, and judged as that.
		if s.Effect == policy.Deny || Ours(s.Sid) != "" && (kind == BucketDocument || kind == KeyDocument && decrypts(j.s, s)) || !j.named(s.Principal) {
			continue
		}
		alone := &policy.Document{Version: d.Version, Statements: []policy.Statement{s}}
		if len(alone.Beyond(meant)) > 0 {
			f := Finding{Code: "reads-more", Level: Fault, Text: "a statement of others names the reader, and lets it do more than the grant does", Remedy: "ask who wrote it; take away what it allows, or grant that instead"}
			j.add(held{kind: kind, resource: resource}.finding(f, i, s))
		}
	}
}

// named reports whether a statement names the grant's reader, or all of its account.
func (j *judge) named(p *policy.Principal) bool {
	if p == nil {
		return false
	}
	return slices.ContainsFunc(p.AWS, func(name string) bool {
		if j.g.Means == Role {
			return name == j.g.RoleARN() || j.f.Role != nil && name == j.f.Role.ID || strings.Contains(name, ":"+j.g.Owner+":assumed-role/"+j.g.RoleName()+"/")
		}
		return name == j.g.To || policy.AccountOf(name) == j.g.account() || IsAccount(j.g.To) && accountOf(name) == j.g.To
	})
}
