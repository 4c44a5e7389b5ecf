package share

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// BucketFindings judges what stands beside all grants: who else is let read the
// bucket by documents that say so, who may be tricked into writing to it, and what
// could not be seen. A condition that cannot be judged is taken to hold. What the
// bucket's own account lets its own users do stands in its IAM policies, and is
// not looked at.
func BucketFindings(s *Surroundings, found []*Found) []Finding {
	b := &besides{s: s, found: found}
	arn := "arn:" + s.Caller.Partition + ":s3:::" + s.Bucket.Name
	b.document(BucketDocument, arn, s.Bucket.Policy, readsBucket)
	b.acl(arn)
	for _, p := range s.Bucket.AccessPoints {
		b.document(AccessPointDocument, p.ARN, p.Policy, readsBucket)
	}
	for _, k := range s.Keys {
		b.document(KeyDocument, k.ARN, k.Policy, readsKey)
		b.keyGrants(k)
	}
	for _, u := range s.Unread {
		f := Finding{Code: "not-read", Level: Note, Resource: u.Resource, Index: -1, Text: u.String() + "; what it would tell is not judged", Remedy: "no permission is missing: what is wrong are the error's own words"}
		if u.Refused {
			f.Remedy = "run this with " + u.Action
		}
		b.add(f)
	}
	return ordered(b.out)
}

type besides struct {
	s     *Surroundings
	found []*Found
	out   []Finding
}

func (b *besides) add(f Finding) { b.out = append(b.out, f) }

// document names the statements of others that let somebody read, or undo what
// grants say.
func (b *besides) document(kind Kind, arn string, d *policy.Document, reading []string) {
	for i, s := range statementsOf(d) {
		if s.Effect == policy.Deny {
			continue
		}
		f := Finding{Kind: kind, Resource: arn, Index: i, Statement: &s}
		if Ours(s.Sid) != "" {
			b.named(f, s)
			continue
		}
		b.deputy(f, s)
		a := b.audience(f, s)
		if policy.Reads(s, reading) {
			b.reader(f, s, a)
		}
		b.powers(f, s, a)
	}
}

// named judges a statement that has the name of a grant: where that grant has one
// there, it is judged with it. A key may serve other buckets, whose grants are not
// known here. The policy of an access point has none of any grant.
func (b *besides) named(f Finding, s policy.Statement) {
	of := slices.ContainsFunc(b.found, func(found *Found) bool {
		return !found.Stray && found.Grant.owns(s.Sid) && (f.Kind == BucketDocument || f.Kind == KeyDocument && s.Sid == found.Grant.Sid("Decrypt"))
	})
	if of {
		return
	}
	f.Code, f.Level = "stray-statement", Fault
	f.Text, f.Remedy = "it has the name of a grant that is not there", "remove it, or grant again what it was for"
	switch {
	case f.Kind == AccessPointDocument:
		f.Text, f.Remedy = "it has the name of a grant, and no grant has a statement in the policy of an access point: somebody else wrote it", "remove it, after asking who wrote it"
	case f.Kind == KeyDocument && decrypts(b.s, s):
		f.Code, f.Level = "other-grant", Note
		f.Text = "it is of a grant on another bucket, or of one that is gone"
		f.Remedy = "if it was being taken back: crosstrail share revoke " + Ours(s.Sid) + " finishes; else look before you remove it: crosstrail share list --bucket NAME, for each bucket that the key serves"
	case f.Kind == KeyDocument:
		f.Text, f.Remedy = "it has the name of a grant, and is not as crosstrail writes one", "look before you remove it: crosstrail share list --bucket NAME, for each bucket that the key serves; grant again what it was for"
	}
	b.add(f)
}

// decrypts reports whether a statement of a key's policy is as one of some grant
// ([Grant.KeyStatement]): somebody, or one's own organisation, may decrypt through
// S3, and no more.
func decrypts(s *Surroundings, st policy.Statement) bool {
	id := Ours(st.Sid)
	if id == "" || st.Sid != (&Grant{ID: id}).Sid("Decrypt") || len(st.NotAction) > 0 || st.NotPrincipal != nil || len(st.Action) == 0 ||
		slices.ContainsFunc(st.Action, func(action string) bool { return !policy.SameName(action, "kms:Decrypt") }) {
		return false
	}
	held := func(key string, is func(value string) bool) bool {
		return slices.ContainsFunc(st.Condition.Tests(), func(t policy.Test) bool {
			fixed := t.Fixed()
			return policy.SameName(t.Key, key) && len(fixed) > 0 && !slices.ContainsFunc(fixed, func(v string) bool { return !is(v) })
		})
	}
	if !held("kms:ViaService", func(v string) bool { return strings.HasPrefix(v, "s3.") }) {
		return false
	}
	own := s.Organization != nil && held("aws:PrincipalOrgID", func(v string) bool { return v == s.Organization.ID })
	p := st.Principal
	return own || !p.Everybody() && len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0
}

// reader adds a finding for who is let read by a statement of others: a fault where
// it is another account than the owner's and those of its organisation.
func (b *besides) reader(f Finding, s policy.Statement, a audience) {
	may := " may read"
	if f.Kind == KeyDocument {
		may = " may decrypt"
	}
	f.Code, f.Level, f.Remedy = "other-reader", Note, "if nobody knows it, ask who wrote it"
	switch {
	case a.nobody:
		return
	case a.blocked:
		f.Code, f.Text = "public-blocked", "everybody of every account might read: Block Public Access alone keeps them out"
	case a.everybody:
		f.Code, f.Level, f.Text, f.Remedy = "public", Fault, "everybody of every account"+may, "remove it, and set Block Public Access"
		if len(s.Condition) > 0 {
			f.Text += ": its condition holds them to no fixed account, organisation, network or the like"
		}
	case s.NotPrincipal != nil, s.Principal.Everybody():
		f.Text = strings.Replace(a.text, "everybody who", "everybody"+may+" who", 1)
	default:
		f.Text = a.text + may + " as well"
	}
	if strangers := b.strangers(f, s); len(strangers) > 0 && f.Code == "other-reader" && b.aboutLogs(f, s) {
		f.Level, f.Text = Fault, f.Text+": "+few(strangers)+" by no grant"
		f.Remedy = "take it away, after asking who wrote it; if it is meant, let a grant say so: crosstrail share grant --to ACCOUNT"
	}
	b.add(f)
}

// keyGrants names whom grants of KMS let use a key.
func (b *besides) keyGrants(k Key) {
	for _, g := range k.Grants {
		f := Finding{
			Code: "key-grant", Level: Note, Kind: KeyGrantDocument, Resource: k.ARN, Name: g.ID, Index: -1,
			Text: "a grant of the key lets " + g.Grantee + " " + strings.Join(g.may(), ", "), Remedy: "aws kms revoke-grant, after asking what uses it",
		}
		if account := accountOf(g.Grantee); slices.Contains(g.Operations, "CreateGrant") && IsAccount(account) && account != k.Account {
			f.Code, f.Level = "may-open", Fault
		}
		b.add(f)
	}
}

// may are the operations of a grant that lay log files open, as actions.
func (g *KeyGrant) may() []string {
	out := make([]string, 0, len(g.Operations))
	for _, operation := range g.Operations {
		out = append(out, "kms:"+operation)
	}
	return out
}

// acl names who is let in by the bucket's access control list, where S3 looks at
// it at all: not with Bucket owner enforced.
func (b *besides) acl(arn string) {
	if b.s.Bucket.Ownership == Enforced {
		return
	}
	for i, g := range b.s.Bucket.ACL {
		f := Finding{Code: "other-reader", Level: Note, Kind: ACLDocument, Resource: arn, Index: -1, Name: strconv.Itoa(i + 1), Text: "the bucket's ACL gives " + g.Grantee + " " + g.Permission, Remedy: "Bucket owner enforced switches ACLs off"}
		switch {
		case strings.HasSuffix(g.Grantee, "/AllUsers") || strings.HasSuffix(g.Grantee, "/AuthenticatedUsers"):
			f.Code, f.Level = "public", Fault
		case strings.HasSuffix(g.Grantee, "/s3/LogDelivery"): // S3's own access logs
		case g.Permission == "WRITE_ACP" || g.Permission == "FULL_CONTROL":
			f.Code, f.Level = "may-open", Fault
		case g.Permission == "WRITE":
			f.Code, f.Level = "may-write", Fault
		}
		b.add(f)
	}
}
