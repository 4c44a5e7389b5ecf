package share

import (
	"strconv"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// PermissionsName is the name of the inline policy of a grant's role.
const PermissionsName = "crosstrail"

// principalARN is the reader as a policy names it: an account is its root, which
// is everybody whom that account's own policies let (linkage.md 8.2).
func (g *Grant) principalARN() string {
	if IsAccount(g.To) {
		return "arn:" + g.Partition + ":iam::" + g.To + ":root"
	}
	return g.To
}

// until adds the grant's end to what must hold: in every statement, so that it
// ends live sessions too.
func (g *Grant) until(c policy.Condition) policy.Condition {
	if !g.Expires.IsZero() {
		c = with(c, "DateLessThan", "aws:CurrentTime", g.Expires.UTC().Format(time.RFC3339))
	}
	return c
}

func with(c policy.Condition, operator, key string, values ...string) policy.Condition {
	if c == nil {
		c = policy.Condition{}
	}
	if c[operator] == nil {
		c[operator] = map[string]policy.Strings{}
	}
	c[operator][key] = values
	return c
}

// Trust is the trust policy of the grant's role. MFA is asked for by Bool, not
// BoolIfExists, so that who has no such key at all is refused (linkage.md 8.1).
func (g *Grant) Trust() *policy.Document {
	var c policy.Condition
	if g.ExternalID != "" {
		c = with(c, "StringEquals", "sts:ExternalId", g.ExternalID)
	}
	if g.Organization != "" {
		c = with(c, "StringEquals", "aws:PrincipalOrgID", g.Organization)
	}
	if g.MFA {
		c = with(c, "Bool", "aws:MultiFactorAuthPresent", "true")
	}
	if g.SessionName != "" {
		operator := "StringEquals"
		if strings.ContainsAny(g.SessionName, "*?") {
			operator = "StringLike"
		}
		c = with(c, operator, "sts:RoleSessionName", g.SessionName)
	}
	return one(policy.Statement{
		Sid: "Assume", Effect: policy.Allow, Principal: &policy.Principal{AWS: policy.Strings{g.principalARN()}},
		Action: policy.Strings{"sts:AssumeRole"}, Condition: g.until(c),
	})
}

func one(statements ...policy.Statement) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: statements}
}

func (g *Grant) bucketARN() string { return "arn:" + g.Partition + ":s3:::" + g.Bucket }

func (g *Grant) keyARNs(scope Scope) policy.Strings {
	out := make(policy.Strings, 0, len(scope.Get))
	for _, pattern := range scope.Get {
		out = append(out, g.bucketARN()+"/"+pattern)
	}
	return out
}

// Permissions is the inline policy of the grant's role; nil where it needs none.
func (g *Grant) Permissions(s *Surroundings, scope Scope) *policy.Document {
	bucket := policy.Strings{g.bucketARN()}
	var all []policy.Statement
	allow := func(sid string, actions, resources policy.Strings, c policy.Condition) {
		all = append(all, policy.Statement{Sid: sid, Effect: policy.Allow, Action: actions, Resource: resources, Condition: g.until(c)})
	}
	switch g.Policy {
	case Seed:
		allow("ReadObjects", policy.Strings{"s3:Get*", "s3:List*"}, g.keyARNs(scope), nil)
		allow("ReadBucket", policy.Strings{"s3:Get*", "s3:List*"}, bucket, nil)
	case ManagedReadOnly:
		if !g.Expires.IsZero() { // AWS's policy takes no condition
			all = append(all, policy.Statement{
				Sid: "End", Effect: policy.Deny, Action: policy.Strings{"*"}, Resource: policy.Strings{"*"},
				Condition: with(nil, "DateGreaterThanEquals", "aws:CurrentTime", g.Expires.UTC().Format(time.RFC3339)),
			})
		}
	default:
		allow("List", policy.Strings{"s3:ListBucket"}, bucket, with(nil, "StringLike", "s3:prefix", scope.List...))
		allow("Location", policy.Strings{"s3:GetBucketLocation"}, bucket, nil)
		allow("Get", policy.Strings{"s3:GetObject"}, g.keyARNs(scope), nil)
	}
	if keys := s.customerKeys(); len(keys) > 0 {
		allow("Decrypt", policy.Strings{"kms:Decrypt"}, keys, g.viaS3())
	}
	if all == nil {
		return nil
	}
	return one(all...)
}

// viaS3 lets a key be used through S3 alone, whose own permissions say for which
// objects. The key cannot say it: with S3 Bucket Keys the encryption context is
// that of the bucket (linkage.md 8.4).
func (g *Grant) viaS3() policy.Condition {
	host := "s3." + g.Region + ".amazonaws.com"
	if g.Partition == "aws-cn" {
		host += ".cn"
	}
	return with(nil, "StringEquals", "kms:ViaService", host)
}

// customerKeys are the keys that log files are encrypted with, but for AWS's own,
// which every role of the account may use through S3.
func (s *Surroundings) customerKeys() policy.Strings {
	var out policy.Strings
	for _, k := range s.Keys {
		if !k.AWSManaged {
			out = append(out, k.ARN)
		}
	}
	return out
}

// reader is whom a statement of the bucket or of a key is about, and what must
// hold of it.
func (g *Grant) reader() (*policy.Principal, policy.Condition) {
	var c policy.Condition
	if g.MFA {
		c = with(c, "Bool", "aws:MultiFactorAuthPresent", "true")
	}
	if g.Organization != "" {
		c = with(c, "StringEquals", "aws:PrincipalOrgID", g.Organization)
	}
	if g.To == g.Organization {
		return &policy.Principal{Everyone: true}, g.until(c)
	}
	return &policy.Principal{AWS: policy.Strings{g.principalARN()}}, g.until(c)
}

// BucketStatements are the grant's in the bucket's policy (linkage.md 8.3). The
// days are in a Sid, so that they can be read back, and the seal in both.
func (g *Grant) BucketStatements(scope Scope) []policy.Statement {
	who, list := g.reader()
	_, get := g.reader()
	return []policy.Statement{
		{
			Sid: g.Sid("List" + g.sealSid()), Effect: policy.Allow, Principal: who, Action: policy.Strings{"s3:ListBucket"},
			Resource: policy.Strings{g.bucketARN()}, Condition: with(list, "StringLike", "s3:prefix", scope.List...),
		},
		{Sid: g.Sid("Get" + g.daysSid() + g.sealSid()), Effect: policy.Allow, Principal: who, Action: policy.Strings{"s3:GetObject"}, Resource: g.keyARNs(scope), Condition: get},
	}
}

func (g *Grant) sealSid() string { return "Seal" + g.seal() }

func (g *Grant) daysSid() string {
	text := ""
	if !g.Since.IsZero() {
		text += "Since" + g.Since.Format("20060102")
	}
	if !g.Until.IsZero() {
		text += "Until" + g.Until.Format("20060102")
	}
	return text
}

// KeyStatement is the grant's in the policy of a key. A role of the key's account
// needs none where the policy leaves that to IAM.
func (g *Grant) KeyStatement() policy.Statement {
	who, c := g.reader()
	if g.Means == Role {
		who, c = &policy.Principal{AWS: policy.Strings{g.RoleARN()}}, g.until(nil)
	}
	for operator, keys := range g.viaS3() {
		for key, values := range keys {
			c = with(c, operator, key, values...)
		}
	}
	return policy.Statement{Sid: g.Sid("Decrypt"), Effect: policy.Allow, Principal: who, Action: policy.Strings{"kms:Decrypt"}, Resource: policy.Strings{"*"}, Condition: c}
}

// needsKeyStatement reports whether the policy of a key has to name the reader:
// always one of another account, and a role where the key's policy does not
// leave to IAM who may decrypt (KMS Developer Guide, Default key policy).
func (g *Grant) needsKeyStatement(k *Key) bool {
	return !k.AWSManaged && k.Account == g.Owner && k.Policy != nil && (g.Means == BucketPolicy || !leavesToIAM(k.Policy, g.Owner))
}

func leavesToIAM(d *policy.Document, account string) bool {
	for _, s := range d.Statements {
		if s.Effect != policy.Allow || len(s.Condition) > 0 || s.Principal == nil || s.NotAction != nil {
			continue
		}
		root := s.Principal.Everyone
		for _, p := range s.Principal.AWS {
			root = root || p == account || strings.HasSuffix(p, ":iam::"+account+":root")
		}
		for _, a := range s.Action {
			if root && (a == "*" || strings.EqualFold(a, "kms:*") || strings.EqualFold(a, "kms:Decrypt")) {
				return true
			}
		}
	}
	return false
}

// managedARN is AmazonS3ReadOnlyAccess.
func (g *Grant) managedARN() string {
	return "arn:" + g.Partition + ":iam::aws:policy/AmazonS3ReadOnlyAccess"
}

// sessionSeconds is how long a session of a role lasts: what AWS gives where
// nothing is said, and the most that a chained one has.
const sessionSeconds = 3600

func (g *Grant) description() string {
	text := "crosstrail: log files (" + g.Logs.String() + ") of " + g.Bucket + " for " + g.To
	if len(text) > 1000 { // IAM takes 1,000, of Latin-1 alone (CreateRole)
		text = text[:970] + "... (" + strconv.Itoa(len(g.Logs.Accounts)) + " accounts)"
	}
	return text
}
