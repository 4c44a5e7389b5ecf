package share

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/crosstrail/crosstrail/internal/pattern"
	"github.com/crosstrail/crosstrail/share/policy"
)

// Reading is what the reader's own account has to allow one of its users or roles,
// beside what the owner grants: across accounts both must (IAM User Guide,
// Cross-account policy evaluation logic). Of a grant by role that is to assume it,
// of one by bucket policy it is to read the bucket.
type Reading struct {
	RoleARN string `json:"roleArn,omitempty"`

	Partition string   `json:"partition,omitempty"`
	Region    string   `json:"region,omitempty"` // of the bucket
	Bucket    string   `json:"bucket,omitempty"`
	List      []string `json:"list,omitempty"` // patterns of s3:prefix
	Get       []string `json:"get,omitempty"`  // patterns of keys
	Keys      []string `json:"keys,omitempty"` // ARNs of KMS keys

	GrantID string `json:"grant,omitempty"`
}

// Reading is what a reader of the grant needs, of these keys.
func (s *Surroundings) Reading(g *Grant, scope Scope) *Reading {
	if g.Means == Role {
		return &Reading{RoleARN: g.RoleARN(), GrantID: g.ID}
	}
	return &Reading{
		Partition: g.Partition, Region: g.Region, Bucket: g.Bucket, List: scope.List, Get: scope.Get, Keys: s.customerKeys(), GrantID: g.ID,
	}
}

var (
	roleForm   = pattern.Of(`^arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,575}$`)
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d{1,2}$`)
	bucketForm = pattern.Of(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// patternForm is a folder of log files, literal up to it, and what is below: no
	// pattern that came by mail lays open another. Variables are those of our grants.
	patternForm = regexp.MustCompile(`^((?:[^*?$]|\$\{[*?$]\})*/)?AWSLogs(/(?:[^$]|\$\{(?:[*?$]|aws:PrincipalAccount)\})*)?$`)
	keyForm     = pattern.Of(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]{1,64}$`)
)

// mostKey is how long a key of an object can be, twice over for what is escaped.
const mostKey = 2048

// ReadingOf is that of a role, of which nothing else is known.
func ReadingOf(roleARN string) (*Reading, error) {
	r := &Reading{RoleARN: roleARN}
	return r, r.Check()
}

// Check refuses what is no reading: it may have come by mail.
func (r *Reading) Check() error {
	if r.RoleARN != "" {
		if !roleForm().MatchString(r.RoleARN) {
			return fmt.Errorf("%q is no ARN of a role", r.RoleARN)
		}
		return nil
	}
	switch {
	case !bucketForm().MatchString(r.Bucket):
		return fmt.Errorf("%q is no name of a bucket", r.Bucket)
	case !regionForm.MatchString(r.Region):
		return fmt.Errorf("%q is no region", r.Region)
	case !strings.HasPrefix(r.Partition, "aws") || strings.Trim(r.Partition, "abcdefghijklmnopqrstuvwxyz-") != "":
		return fmt.Errorf("%q is no partition", r.Partition)
	case r.GrantID != "" && Ours(sidPrefix+r.GrantID+"X") != r.GrantID:
		return fmt.Errorf("%q is no id of a grant", r.GrantID)
	case len(r.Get) == 0 || len(r.List) == 0:
		return errors.New("it does not say which keys may be read")
	}
	for _, p := range slices.Concat(r.List, r.Get) {
		if len(p) > mostKey || !patternForm.MatchString(p) || strings.ContainsFunc(p, func(c rune) bool { return !unicode.IsPrint(c) }) {
			return fmt.Errorf("%q is no pattern of keys of log files: these are below a folder AWSLogs, with no * or ? before", p)
		}
	}
	for _, k := range r.Keys {
		if !keyForm().MatchString(k) {
			return fmt.Errorf("%q is no ARN of a KMS key", k)
		}
	}
	return nil
}

// CheckFor refuses what no other account can have granted to this one: its own roles
// and keys. Who is let into such by a text that came by mail is let into more than
// log files.
func (r *Reading) CheckFor(account string) error {
	const hint = "what is in your own account needs no grant, and no such policy: ask who sent you this what it is for"
	if r.Account() == account {
		return refuse(hint, "%s is a role of your own account, and none that another granted you", r.RoleARN)
	}
	for _, k := range r.Keys {
		if accountOf(k) == account {
			return refuse(hint, "%s is a key of your own account, and none that another account's log files are granted with", k)
		}
	}
	return nil
}

// grantRole is the ARN of a role that a grant made, with the reader's account.
var grantRole = regexp.MustCompile(`:role` + Path + `crosstrail-(\d{12})-[a-z2-7]{12}$`)

// Doubt is what is odd about a reading of an account, to be told; empty: nothing.
func (r *Reading) Doubt(account string) string {
	switch m := grantRole.FindStringSubmatch(r.RoleARN); {
	case r.RoleARN == "":
	case m == nil:
		return "the role " + r.RoleARN + " is not named as crosstrail names one that it grants: be sure that its owner told you this very one"
	case m[1] != account:
		return "the role " + r.RoleARN + " is named for account " + m[1] + ", and you are in " + account
	}
	return ""
}

// Account is whose role it is; empty of a bucket, whose name does not tell.
func (r *Reading) Account() string { return accountOf(r.RoleARN) }

// ID names the reading: the grant's id, else one made of the role or bucket. Of a
// role its ARN alone tells: what is said beside it may be another's.
func (r *Reading) ID() string {
	switch at := len(r.RoleARN) - idLength; {
	case r.RoleARN == "" && Ours(sidPrefix+r.GrantID+"X") == r.GrantID && r.GrantID != "":
		return r.GrantID
	case grantRole.MatchString(r.RoleARN):
		return r.RoleARN[at:]
	}
	sum := sha256.Sum256([]byte("crosstrail reading\x00" + r.RoleARN + "\x00" + r.Bucket))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:idLength]
}

// Statements are what the policy of the user or role needs.
//
// They want no MFA of their own: the trust policy is asked with the same request
// and is the owner's to write, so a condition here would add nothing where it has
// one, and where it has none it would shut out roles for nobody's sake (IAM User
// Guide, Configuring MFA-protected API access: across accounts MFA belongs in the
// trust policy).
func (r *Reading) Statements() []policy.Statement {
	sid := func(what string) string { return sidPrefix + r.ID() + what }
	if r.RoleARN != "" {
		return []policy.Statement{{Sid: sid("Assume"), Effect: policy.Allow, Action: policy.Strings{"sts:AssumeRole"}, Resource: policy.Strings{r.RoleARN}}}
	}
	bucket := "arn:" + r.Partition + ":s3:::" + r.Bucket
	keys := make(policy.Strings, 0, len(r.Get))
	for _, p := range r.Get {
		keys = append(keys, bucket+"/"+p)
	}
	out := []policy.Statement{
		{
			Sid: sid("List"), Effect: policy.Allow, Action: policy.Strings{"s3:ListBucket"}, Resource: policy.Strings{bucket},
			Condition: with(nil, "StringLike", "s3:prefix", r.List...),
		},
		{Sid: sid("Get"), Effect: policy.Allow, Action: policy.Strings{"s3:GetObject"}, Resource: keys},
	}
	if len(r.Keys) > 0 {
		out = append(out, policy.Statement{Sid: sid("Decrypt"), Effect: policy.Allow, Action: policy.Strings{"kms:Decrypt"}, Resource: policy.Strings(r.Keys), Condition: (&Grant{Partition: r.Partition, Region: r.Region}).viaS3()})
	}
	return out
}

// Document is a policy of these statements and no others.
func (r *Reading) Document() *policy.Document {
	return one(r.Statements()...)
}

// about reports whether a statement is of the same role or bucket.
func (r *Reading) about(s *policy.Statement) bool {
	bucket := "arn:" + r.Partition + ":s3:::" + r.Bucket
	for _, resource := range s.Resource {
		switch {
		case r.RoleARN != "" && resource == r.RoleARN:
		case r.RoleARN == "" && (resource == bucket || strings.HasPrefix(resource, bucket+"/") || keyForm().MatchString(resource)):
		default:
			return false
		}
	}
	return true
}

// In is a policy with these statements in the place of those of the same grant; all
// others stay. nil is none. One of the same name that is about something else is
// another's: it is refused.
func (r *Reading) In(d *policy.Document) (*policy.Document, error) {
	if d == nil {
		d = &policy.Document{Version: policy.Version2012}
	}
	for _, s := range d.Named(func(sid string) bool { return Ours(sid) == r.ID() }) {
		if !r.about(&s) {
			return nil, refuse("take another policy (--policy-name NAME), and be sure that this is what its owner told you",
				"the policy's statement %s would be replaced, and it is about something else: %s", s.Sid, strings.Join(s.Resource, ", "))
		}
	}
	out := d.With(func(sid string) bool { return Ours(sid) == r.ID() }, r.Statements()...)
	if d.Version != policy.Version2012 && strings.Contains(r.Document().String(), "${") {
		return nil, refuse("take another policy", "the policy is of version %s, in which ${…} is text: with another version its statements might mean something else", cmp.Or(d.Version, "2008-10-17"))
	}
	return out, CheckManaged(out)
}

// CheckManaged refuses a managed policy that is too long.
func CheckManaged(d *policy.Document) error {
	if n := Characters(d); n > MostManaged {
		return refuse("take another policy, or remove statements from it first", "the policy would have %d characters, and IAM takes %d of a managed one", n, MostManaged)
	}
	return nil
}

// sharing are all roles that grants can have.
var sharing = policy.Wild("arn:*:iam::*:role"+Path+"*", false)

// OtherRoles are what else a policy lets its principal assume that shares log
// files, or may: roles of other grants, and patterns that hold such. A principal
// of its own for each keeps what is known of one reader from opening the other.
func (r *Reading) OtherRoles(d *policy.Document) []string {
	if d == nil {
		return nil
	}
	var out []string
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect == policy.Deny || !allowsAction(s, "sts:AssumeRole") {
			continue
		}
		if s.NotResource != nil {
			out = append(out, "all but "+strings.Join(s.NotResource, ", "))
		}
		id := Ours(s.Sid)
		for _, resource := range s.Resource {
			if resource != r.RoleARN && (id != "" && id != r.ID() || policy.Wild(resource, true).Meets(sharing)) {
				out = append(out, resource)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
