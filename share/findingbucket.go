package share

import (
	"cmp"
	"path"
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
	b := &besides{s: s}
	arn := "arn:" + s.Caller.Partition + ":s3:::" + s.Bucket.Name
	known := func(sid string) bool {
		id := Ours(sid)
		return id != "" && slices.ContainsFunc(found, func(f *Found) bool { return f.Grant.ID == id })
	}
	b.document(BucketDocument, arn, s.Bucket.Policy, known, readsBucket)
	b.acl(arn)
	for _, p := range s.Bucket.AccessPoints {
		b.document(AccessPointDocument, p.ARN, p.Policy, known, readsBucket)
	}
	for _, k := range s.Keys {
		b.document(KeyDocument, k.ARN, k.Policy, known, []string{"kms:decrypt"})
		for _, g := range k.Grants {
			b.add(Finding{
				Code: "key-grant", Level: Note, Kind: KeyGrantDocument, Resource: k.ARN, Name: g.ID, Index: -1,
				Text: "a grant of the key lets " + g.Grantee + " decrypt", Remedy: "aws kms revoke-grant, after asking what uses it",
			})
		}
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

// readsBucket are the actions that lay log files or their names open, or let
// somebody have them laid open.
var readsBucket = []string{
	"s3:getobject", "s3:getobjectversion", "s3:listbucket", "s3:listbucketversions", "s3:getobjecttorrent",
	"s3:putbucketpolicy", "s3:putbucketacl", "s3:putobjectacl", "s3:putobjectversionacl", "s3:putreplicationconfiguration",
}

type besides struct {
	s   *Surroundings
	out []Finding
}

func (b *besides) add(f Finding) { b.out = append(b.out, f) }

// document names the statements of others that let somebody read.
func (b *besides) document(kind Kind, arn string, d *policy.Document, known func(sid string) bool, reading []string) {
	for i, s := range statementsOf(d) {
		if s.Effect == policy.Deny || known(s.Sid) {
			continue
		}
		f := Finding{Kind: kind, Resource: arn, Index: i, Statement: &s}
		if Ours(s.Sid) != "" {
			f.Code, f.Level = "stray-statement", Fault
			f.Text, f.Remedy = "it has the name of a grant that is not there", "remove it, or grant again what it was for"
			b.add(f)
			continue
		}
		if deputy(s) {
			f.Code, f.Level = "confused-deputy", Fault
			f.Text = "CloudTrail may act on it for anybody's trail: no aws:SourceArn (or aws:SourceAccount) holds it to yours"
			f.Remedy = b.deputyRemedy()
			b.add(f)
		}
		if policy.Reads(s, reading) {
			b.reader(f, s)
		}
	}
}

// deputy reports whether a statement lets CloudTrail act for somebody else's trail
// (IAM User Guide, "The confused deputy problem").
func deputy(s policy.Statement) bool {
	if s.Principal == nil || !slices.ContainsFunc(s.Principal.Service, func(name string) bool { return strings.HasPrefix(name, "cloudtrail.amazonaws.com") }) {
		return false
	}
	return !heldTo(s, "aws:sourcearn") && !heldTo(s, "aws:sourceaccount") && !heldTo(s, "aws:sourceorgid")
}

// deputyRemedy is what to add. Of a trail that is not known nothing is made up: a
// value that fits no trail would stop the delivery of log files.
func (b *besides) deputyRemedy() string {
	if b.s.Trail.ARN == "" {
		return `add "StringEquals": {"aws:SourceArn": …} to its condition, with the ARN of the trail that writes here, which this account does not see: ask its owner (CloudTrail User Guide, S3 bucket policy)`
	}
	return `add "StringEquals": {"aws:SourceArn": "` + b.s.Trail.ARN + `"} to its condition (CloudTrail User Guide, S3 bucket policy)`
}

// heldTo reports whether a condition holds a key to some values: with an operator
// that fails where the key is not there, and with no value that takes all.
func heldTo(s policy.Statement, key string) bool {
	return slices.ContainsFunc(s.Condition.Tests(), func(t policy.Test) bool { return strings.EqualFold(t.Key, key) && t.Restricts() })
}

// identity are the keys that hold a statement to somebody, or to somewhere.
var identity = []string{
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:userid", "aws:username", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid",
	"aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "aws:vpcsourceip", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "kms:calleraccount",
}

// reader adds a finding for who is let read by a statement of others: a fault where
// it is another account than the owner's and those of its organisation.
func (b *besides) reader(f Finding, s policy.Statement) {
	owner, may := cmp.Or(b.s.Bucket.Account, b.s.Caller.Account), " may read"
	if f.Kind == KeyDocument {
		owner, may = accountOf(f.Resource), " may decrypt"
	}
	f.Code, f.Level, f.Remedy = "other-reader", Note, "if nobody knows it, ask who wrote it"
	p := s.Principal
	switch {
	case s.NotPrincipal != nil, p == nil, p.Everyone:
		by := slices.IndexFunc(identity, func(key string) bool { return heldTo(s, key) })
		switch {
		case by >= 0:
			f.Text = "everybody" + may + " who passes its condition on " + identity[by]
		case f.Kind == BucketDocument && !b.s.Bucket.Public && !b.unread("s3:GetBucketPublicAccessBlock"):
			f.Code, f.Text = "public-blocked", "everybody of every account might read: Block Public Access alone keeps them out"
		default:
			f.Code, f.Level, f.Text, f.Remedy = "public", Fault, "everybody of every account"+may, "remove it, and set Block Public Access"
		}
	default:
		others := slices.Concat(outside(p.AWS, owner), p.Service, p.Federated, p.CanonicalUser)
		if len(others) == 0 {
			return
		}
		f.Text = few(others) + may + " as well"
	}
	if strangers := b.strangers(s, owner); len(strangers) > 0 && f.Code == "other-reader" && b.aboutLogs(f, s) {
		f.Level, f.Text = Fault, f.Text+": "+few(strangers)+" by no grant"
		f.Remedy = "take it away, after asking who wrote it; if it is meant, let a grant say so: crosstrail share grant --to ACCOUNT"
	}
	b.add(f)
}

// strangers are whom a statement lets in of other accounts than an owner's and those
// of its organisation, as far as it names them.
func (b *besides) strangers(s policy.Statement, owner string) []string {
	var named []string
	if s.Principal != nil {
		named = slices.Clone(s.Principal.AWS)
	}
	for _, t := range s.Condition.Tests() {
		key := strings.ToLower(t.Key)
		switch {
		case !t.Restricts():
		case key == "aws:principalorgid" && b.s.Organization != nil && !slices.ContainsFunc(t.Values, func(id string) bool { return id != b.s.Organization.ID }):
			return nil
		case slices.Contains([]string{"aws:principalorgid", "aws:principalaccount", "aws:principalarn", "kms:calleraccount"}, key):
			named = append(named, t.Values...)
		}
	}
	return slices.DeleteFunc(named, func(who string) bool {
		account := cmp.Or(policy.AccountOf(who), accountOf(who))
		if strings.HasPrefix(who, "o-") {
			return b.s.Organization != nil && who == b.s.Organization.ID
		}
		inside, _ := b.s.Inside(account)
		return account == "" || account == owner || inside
	})
}

// aboutLogs reports whether a statement is about log files, or the bucket itself. A
// key by itself lays nothing open.
func (b *besides) aboutLogs(f Finding, s policy.Statement) bool {
	switch {
	case f.Kind == KeyDocument:
		return false
	case f.Kind != BucketDocument || b.s.Trail.ARN == "" || len(s.Resource) == 0:
		return true
	}
	logs := policy.Wild(f.Resource+"/"+policy.Literal(path.Join(b.s.Trail.Prefix, "AWSLogs"))+"/*", true)
	return slices.ContainsFunc(s.Resource, func(text string) bool {
		r := policy.Wild(text, true)
		return r.Meets(logs) || r.Meets(policy.Exactly(f.Resource, false))
	})
}

func (b *besides) unread(action string) bool {
	return slices.ContainsFunc(b.s.Unread, func(u Unread) bool { return u.Action == action })
}

// outside are the principals of other accounts.
func outside(principals []string, owner string) []string {
	return slices.DeleteFunc(slices.Clone(principals), func(p string) bool { return accountOf(p) == owner })
}

// acl names who is let in by the bucket's access control list, where S3 looks at
// it at all: not with Bucket owner enforced.
func (b *besides) acl(arn string) {
	if b.s.Bucket.Ownership == Enforced {
		return
	}
	for i, g := range b.s.Bucket.ACL {
		f := Finding{Code: "other-reader", Level: Note, Kind: ACLDocument, Resource: arn, Index: -1, Name: strconv.Itoa(i + 1), Text: "the bucket's ACL gives " + g.Grantee + " " + g.Permission, Remedy: "Bucket owner enforced switches ACLs off"}
		if strings.HasSuffix(g.Grantee, "/AllUsers") || strings.HasSuffix(g.Grantee, "/AuthenticatedUsers") {
			f.Code, f.Level = "public", Fault
		}
		b.add(f)
	}
}
