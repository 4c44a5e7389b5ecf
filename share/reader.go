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
	roleForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,575}$`)
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d{1,2}$`)
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyForm    = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]{1,64}$`)
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
		if !roleForm.MatchString(r.RoleARN) {
			return fmt.Errorf("%q is no ARN of a role", r.RoleARN)
		}
		return nil
	}
	switch {
	case !bucketForm.MatchString(r.Bucket):
		return fmt.Errorf("%q is no name of a bucket", r.Bucket)
	case !regionForm.MatchString(r.Region):
		return fmt.Errorf("%q is no region", r.Region)
	case !strings.HasPrefix(r.Partition, "aws") || strings.Trim(r.Partition, "abcdefghijklmnopqrstuvwxyz-") != "":
		return fmt.Errorf("%q is no partition", r.Partition)
	case len(r.Get) == 0 || len(r.List) == 0:
		return errors.New("it does not say which keys may be read")
	}
	for _, p := range slices.Concat(r.List, r.Get) {
		if len(p) > mostKey || strings.Trim(p, "*?") == "" || strings.ContainsFunc(p, func(c rune) bool { return !unicode.IsPrint(c) }) {
			return fmt.Errorf("%q is no pattern of keys of log files", p)
		}
	}
	for _, k := range r.Keys {
		if !keyForm.MatchString(k) {
			return fmt.Errorf("%q is no ARN of a KMS key", k)
		}
	}
	return nil
}

// Account is whose role it is; empty of a bucket, whose name does not tell.
func (r *Reading) Account() string { return accountOf(r.RoleARN) }

// ID names the reading: the grant's id, where it can be told, else one made of the
// role or bucket.
func (r *Reading) ID() string {
	if r.GrantID != "" && Ours(sidPrefix+r.GrantID+"X") == r.GrantID {
		return r.GrantID
	}
	if at := len(r.RoleARN) - idLength; strings.Contains(r.RoleARN, ":role"+Path) && Ours(sidPrefix+r.RoleARN[at:]+"X") != "" {
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

// In is a policy with these statements in the place of those of the same grant; all
// others stay. nil is none.
func (r *Reading) In(d *policy.Document) (*policy.Document, error) {
	if d == nil {
		d = &policy.Document{Version: policy.Version2012}
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
		if s.Effect != policy.Allow || !allowsAction(s, "sts:AssumeRole") {
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
