package share

import (
	"cmp"
	"strings"
)

// controlTower is how AWS Control Tower names the bucket of its log archive,
// whose policy a guardrail keeps from being changed.
const controlTower = "aws-controltower-logs-"

// means chooses between a role and the bucket's policy: by what the bucket is
// like, and by what only one of the two can do.
func (c *choice) means(g *Grant) error {
	w, b := c.w, c.s.Bucket
	tower := strings.HasPrefix(b.Name, controlTower)
	why, only := c.roleOnly(g)
	switch {
	case w.Organization:
		g.Means, c.why = BucketPolicy, "one pair of statements in the bucket's policy serves every account of the organisation"
	case w.Via == Role:
		g.Means, c.why = Role, "you said so"
	case w.Via == BucketPolicy && only:
		return refuse("--via role, or leave it away", "the bucket's policy cannot do that: %s", why)
	case w.Via == BucketPolicy:
		g.Means, c.why = BucketPolicy, "you said so"
	case only:
		g.Means, c.why = Role, why
	case tower:
		g.Means, c.why = Role, "the bucket is of AWS Control Tower, which lets nobody change its policy"
	default:
		g.Means, c.why = BucketPolicy, "the bucket's owner owns every object (Bucket owner enforced), so its policy can grant them: the reader needs no role"
	}
	if g.Means == Role {
		g.Policy = cmp.Or(w.Policy, Minimal)
		return nil
	}
	if tower {
		c.warn("control-tower", "the bucket is of AWS Control Tower, whose service control policy is likely to refuse a change of the bucket's policy: --to ACCOUNT --via role does without")
	}
	return c.possible(g)
}

// roleOnly tells what only a role can do.
func (c *choice) roleOnly(g *Grant) (why string, only bool) {
	inside, known := c.s.Inside(g.account())
	switch {
	case c.w.Organization:
		return "", false
	case c.s.Bucket.Ownership != Enforced:
		return "Object Ownership is " + string(cmp.Or(c.s.Bucket.Ownership, Writer)) + ": objects may belong to other accounts, and a bucket's policy grants only those of its owner", true
	case c.w.roleOnly() != "":
		return c.w.roleOnly(), true
	case known && !inside:
		return "the reader is outside the organisation: it shows its external id when it assumes a role", true
	case c.awsManaged() != "":
		return "log files are encrypted with " + c.awsManaged() + ", an AWS managed key, which no other account can use: only a role of your own account can", true
	}
	return "", false
}

// possible refuses what the bucket's policy cannot do for anybody.
func (c *choice) possible(g *Grant) error {
	switch {
	case c.s.Bucket.Ownership != Enforced:
		return refuse("make it so (aws s3api put-bucket-ownership-controls …, after reading what that does to ACLs), or --to ACCOUNT for a role each",
			"Object Ownership of %s is %s: objects may belong to other accounts, and the bucket's policy grants only those of its owner", g.Bucket, cmp.Or(c.s.Bucket.Ownership, Writer))
	case c.awsManaged() != "":
		return refuse("--to ACCOUNT for a role each, or encrypt with a key of your own", "log files are encrypted with %s, an AWS managed key, which no other account can use", c.awsManaged())
	}
	return nil
}

func (c *choice) awsManaged() string {
	for _, k := range c.s.Keys {
		if k.AWSManaged {
			return k.ARN
		}
	}
	return ""
}
