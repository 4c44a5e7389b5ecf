package share

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Way is another way to the bucket's objects, or to the keys that they are
// encrypted with, than a grant.
type Way struct {
	To       string   // an account id, an ARN, a group of S3's, * for everybody
	Means    string   // acl, bucket-policy, access-point, key-policy, key-grant
	Resource string   // ARN of what has the document
	Sid      string   // of a statement, or the id of a key's grant
	Allows   []string // what of reading
	Limited  bool     // by a condition
}

// Ways are the ways to read that finite documents show, but for grants of ours and
// for what a document leaves to the IAM of the owner's own account. What these
// documents allow a principal of another account, that account has to allow too.
func (s *Surroundings) Ways() []Way {
	var out []Way
	reading := []string{"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"}
	bucket := "arn:" + s.Caller.Partition + ":s3:::" + s.Bucket.Name
	for _, g := range s.Bucket.ACL {
		if g.Permission == "READ" || g.Permission == "FULL_CONTROL" {
			out = append(out, Way{To: g.Grantee, Means: "acl", Resource: bucket, Allows: []string{g.Permission}})
		}
	}
	out = append(out, s.opened(s.Bucket.Policy, string(BucketPolicy), bucket, reading)...)
	for i := range s.Bucket.AccessPoints {
		p := &s.Bucket.AccessPoints[i]
		out = append(out, s.opened(p.Policy, "access-point", p.ARN, reading)...)
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		out = append(out, s.opened(k.Policy, "key-policy", k.ARN, readsKey)...)
		for _, g := range k.Grants {
			out = append(out, Way{To: g.Grantee, Means: "key-grant", Resource: k.ARN, Sid: g.ID, Allows: g.may()})
		}
	}
	return out
}

// opened are the ways that the statements of a policy open to those whom they name.
func (s *Surroundings) opened(d *policy.Document, means, resource string, actions []string) []Way {
	if d == nil {
		return nil
	}
	var out []Way
	for i := range d.Statements {
		st := &d.Statements[i]
		// Each name of a grant in the bucket's policy is a grant there; in a key's it
		// has to be of that form, and in an access point's it is of none.
		if st.Effect == policy.Deny || Ours(st.Sid) != "" && (means == string(BucketPolicy) || means == "key-policy" && decrypts(s, *st)) {
			continue
		}
		allows := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return !allowsAction(st, a) })
		if len(allows) == 0 {
			continue
		}
		for _, to := range named(st) {
			if to != s.Bucket.Account {
				out = append(out, Way{To: to, Means: means, Resource: resource, Sid: st.Sid, Allows: allows, Limited: len(st.Condition) > 0})
			}
		}
	}
	return out
}

// named are those whom a statement is about; of the root of an account its id.
func named(st *policy.Statement) []string {
	p := st.Principal
	if st.NotPrincipal != nil || p.Everybody() { // all but some is nearly everybody
		return []string{"*"}
	}
	var out []string
	for _, arn := range p.AWS {
		if strings.HasSuffix(arn, ":root") {
			arn = accountOf(arn)
		}
		out = append(out, arn)
	}
	return slices.Concat(out, p.Service, p.Federated, p.CanonicalUser)
}

// allowsAction reports whether a statement is about an action.
func allowsAction(st *policy.Statement, action string) bool {
	return policy.Reads(*st, []string{action})
}
