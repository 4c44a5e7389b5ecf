package share

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// readsBucket and readsKey are the actions that lay log files or their names open.
// Who may encrypt again from a key reads by another of its own.
var (
	readsBucket = []string{"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:GetObjectTorrent"}
	readsKey    = []string{"kms:Decrypt", "kms:ReEncryptFrom"}
)

// power is what somebody may do beside reading that undoes what grants say.
type power struct {
	code    string
	text    string
	actions []string
	objects bool // the actions are about objects, and not about the bucket
}

// The powers over a bucket, its access points and keys (Service Authorization
// Reference, Actions of Amazon S3 and of AWS KMS).
var (
	bucketPowers = []power{
		{"may-open", "may open it to others, or to themselves", []string{
			"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock", "s3:PutAccessPointPolicy",
			"s3:DeleteAccessPointPolicy", "s3:CreateAccessPoint", "s3:PutReplicationConfiguration", "s3:PutInventoryConfiguration",
		}, false},
		{"may-open", "may open log files to others, or to themselves", []string{"s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:ObjectOwnerOverrideToBucketOwner"}, true},
		{"may-write", "may forge or delete log files", []string{
			"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateObject", "s3:ReplicateDelete", "s3:BypassGovernanceRetention",
		}, true},
		{"may-write", "may have log files deleted", []string{"s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:DeleteBucket"}, false},
	}
	keyPowers = []power{
		{"may-open", "may let others, or themselves, use the key", []string{"kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReplicateKey"}, false},
		{"may-write", "may make log files unreadable for ever", []string{"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial"}, false},
	}
)

// powers names who may open, forge or delete log files.
func (b *besides) powers(f Finding, s policy.Statement, a audience) {
	all := bucketPowers
	if f.Kind == KeyDocument {
		all = keyPowers
	}
	told := map[string]bool{}
	for _, p := range all {
		may := slices.DeleteFunc(slices.Clone(p.actions), func(action string) bool { return !policy.Reads(s, []string{action}) })
		if delivers(s) {
			may = slices.DeleteFunc(may, func(action string) bool { return action == "s3:PutObject" })
		}
		if len(may) == 0 || told[p.code] || a.nobody {
			continue
		}
		told[p.code] = true
		f.Code, f.Level, f.Text = p.code, Fault, a.text+" "+p.text+": "+few(may)
		f.Remedy = "ask who wrote it, and take that away"
		held, _ := heldBy(s)
		switch {
		case a.own:
			f.Level = Note
		case a.services && (p.code == "may-write" || held != ""): // config, flow logs, … write here too
			f.Level = Note
		case p.objects && !b.onLogs(f, s):
			f.Level, f.Text = Note, f.Text+", but not where CloudTrail writes"
		case a.blocked && !slices.ContainsFunc(may, func(action string) bool { return !blockable(action) }):
			f.Code, f.Level, f.Text = "public-blocked", Note, f.Text+": Block Public Access alone keeps them out"
		}
		b.add(f)
	}
}

// delivers reports whether a statement is about CloudTrail alone, which has to
// write (CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail). Whom it
// may do that for is told by [besides.deputy].
func delivers(s policy.Statement) bool {
	p := s.Principal
	if s.NotPrincipal != nil || p.Everybody() || len(p.AWS)+len(p.Federated)+len(p.CanonicalUser) > 0 {
		return false
	}
	return !slices.ContainsFunc(p.Service, func(name string) bool {
		return name != "cloudtrail.amazonaws.com" && name != "cloudtrail.amazonaws.com.cn"
	})
}

// blockable reports whether Block Public Access keeps the public from an action
// (Amazon S3 API Reference, PublicAccessBlockConfiguration: the actions that could
// expose a bucket to reads or writes).
func blockable(action string) bool {
	return slices.ContainsFunc([]string{"s3:Get", "s3:List", "s3:Put", "s3:Delete"}, func(begin string) bool { return strings.HasPrefix(action, begin) })
}

// onLogs reports whether a statement of the bucket is, in part at least, about keys
// of log files. Other services write below AWSLogs/, too.
func (b *besides) onLogs(f Finding, s policy.Statement) bool {
	if f.Kind != BucketDocument || len(s.Resource) == 0 || b.s.Trail.ARN == "" {
		return true
	}
	base := f.Resource + "/" + b.s.base(&Grant{Prefix: b.s.Trail.Prefix})
	own, org := policy.Wild(base+"????????????/CloudTrail*", true), policy.Wild(base+"o-*/????????????/CloudTrail*", true)
	return slices.ContainsFunc(s.Resource, func(r string) bool {
		is := policy.Wild(r, true)
		return is.Meets(own) || is.Meets(org)
	})
}

// aboutLogs reports whether a statement is about log files, or the bucket itself. A
// key by itself lays nothing open.
func (b *besides) aboutLogs(f Finding, s policy.Statement) bool {
	bucket := policy.Exactly(f.Resource, false)
	return f.Kind != KeyDocument && (b.onLogs(f, s) || slices.ContainsFunc(s.Resource, func(r string) bool { return policy.Wild(r, true).Meets(bucket) }))
}
