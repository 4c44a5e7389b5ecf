package share_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

var stack awstest.Stack

const (
	logBucket = "acme-logs"
	elsewhere = "acme-payroll" // another bucket of the owner
	spare     = "audit/AWSLogs/" + member + "/spare"
)

func object(account, day string) string {
	return "audit/AWSLogs/" + account + "/CloudTrail/us-east-1/" + day + "/x.json.gz"
}

var (
	ownKey    = object(member, "2026/11/20")
	ownOldKey = object(member, "2026/10/20")
	othersKey = object(owner, "2026/11/20")
	orgKey    = "audit/AWSLogs/" + org + "/" + member + "/CloudTrail/us-east-1/2026/11/20/x.json.gz"
	managedS3 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}`
)

// court asks both engines that are not ours: AWS's stand-in by a signed call, and
// iam-simulate.
type court struct {
	t      *testing.T
	stand  *awstest.AWS
	oracle awstest.Simulator
	s      *share.Surroundings
	asked  int
	org    string
}

// suitor is who calls, as both engines know him.
type suitor struct {
	cfg       aws.Config
	principal string // ARN
	account   string
	identity  []string
	context   map[string]any
}

// decide compares both verdicts on one request with what is meant.
func (c *court) decide(name string, want bool, real error, q awstest.Question) {
	c.t.Helper()
	c.asked++
	if got := c.oracle.Judge(c.t, q) == awstest.Allowed; got != want {
		c.t.Errorf("%s: allowed is %v in iam-simulate", name, got)
	}
	if got := real == nil; got != want {
		c.t.Errorf("%s: allowed is %v by a signed call: %v", name, got, real)
	}
	if e, ok := errors.AsType[smithy.APIError](real); real != nil && (!ok || !strings.HasPrefix(e.ErrorCode(), "AccessDenied")) {
		c.t.Errorf("%s: it is no verdict: %v", name, real)
	}
}

// request is one call to S3.
type request struct {
	action, resource string
	context          map[string]any
	call             func(*s3.Client) error
}

func (c *court) requests() map[string]request {
	ctx := c.t.Context()
	list := func(prefix string) request {
		var with map[string]any
		in := &s3.ListObjectsV2Input{Bucket: aws.String(logBucket)}
		if prefix != "" {
			in.Prefix, with = &prefix, map[string]any{"s3:prefix": prefix}
		}
		return request{"s3:ListBucket", "arn:aws:s3:::" + logBucket, with, func(a *s3.Client) error {
			_, err := a.ListObjectsV2(ctx, in)
			return err
		}}
	}
	get := func(bucket, key string) request {
		return request{"s3:GetObject", "arn:aws:s3:::" + bucket + "/" + key, nil, func(a *s3.Client) error {
			_, err := a.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
			return err
		}}
	}
	return map[string]request{
		"list own":           list("audit/AWSLogs/" + member + "/"),
		"list own by name":   list("audit/AWSLogs/" + member),
		"list own's folder":  list("audit/AWSLogs/" + member + "/CloudTrail/us-east-1/2026/11/"),
		"list all":           list(""),
		"list log files":     list("audit/AWSLogs/"),
		"list like own":      list("audit/AWSLogs/22222222222"),
		"list another's":     list("audit/AWSLogs/" + owner + "/"),
		"get own":            get(logBucket, ownKey),
		"get own of before":  get(logBucket, ownOldKey),
		"get another's":      get(logBucket, othersKey),
		"get organisation's": get(logBucket, orgKey),
		"get elsewhere":      get(elsewhere, "x"),
		"put own": {"s3:PutObject", "arn:aws:s3:::" + logBucket + "/" + spare, nil, func(a *s3.Client) error {
			_, err := a.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(logBucket), Key: aws.String(spare), Body: strings.NewReader("x")})
			return err
		}},
		"delete own": {"s3:DeleteObject", "arn:aws:s3:::" + logBucket + "/" + spare, nil, func(a *s3.Client) error {
			_, err := a.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(logBucket), Key: aws.String(spare)})
			return err
		}},
		"location": {"s3:GetBucketLocation", "arn:aws:s3:::" + logBucket, nil, func(a *s3.Client) error {
			_, err := a.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String(logBucket)})
			return err
		}},
		"bucket policy": {"s3:GetBucketPolicy", "arn:aws:s3:::" + logBucket, nil, func(a *s3.Client) error {
			_, err := a.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(logBucket)})
			return err
		}},
		"list buckets": {"s3:ListAllMyBuckets", "*", nil, func(a *s3.Client) error {
			_, err := a.ListBuckets(ctx, nil)
			return err
		}},
	}
}

// reads decides every request of a caller: those named may be, all others not.
func (c *court) reads(grant string, who suitor, allowed ...string) {
	c.t.Helper()
	may := map[string]bool{}
	for _, name := range allowed {
		may[name] = true
	}
	for name, r := range c.requests() {
		if name == "list buckets" && who.account != owner {
			continue // of his own account: no grant has a say
		}
		c.one(grant+": "+name, may[name], who, r)
		delete(may, name)
	}
	for name := range may {
		c.t.Errorf("%s: no request is named %s", grant, name)
	}
}

func (c *court) one(name string, want bool, who suitor, r request) {
	c.t.Helper()
	with := maps.Clone(who.context)
	maps.Copy(with, r.context)
	q := awstest.Question{Principal: who.principal, Action: r.action, Resource: r.resource, Account: owner, Identity: who.identity, Context: with}
	if r.action == "s3:ListAllMyBuckets" || strings.Contains(r.resource, elsewhere) {
		q.ResourcePolicy = ""
	} else {
		q.ResourcePolicy = c.s.Bucket.Policy.String()
	}
	c.decide(name, want, r.call(s3.NewFromConfig(who.cfg)), q)
}

// assume asks for a session in a grant's role.
func (c *court) assume(name string, want bool, g *share.Grant, who suitor, change ...func(*sts.AssumeRoleInput)) (session suitor) {
	c.t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: aws.String(g.RoleARN()), RoleSessionName: aws.String("awstest")}
	if g.ExternalID != "" {
		in.ExternalId = &g.ExternalID
	}
	if g.SessionName != "" {
		in.RoleSessionName = &g.SessionName
	}
	for _, f := range change {
		f(in)
	}
	out, err := sts.NewFromConfig(who.cfg).AssumeRole(c.t.Context(), in)
	with := maps.Clone(who.context)
	with["sts:RoleSessionName"] = *in.RoleSessionName
	if in.ExternalId != nil {
		with["sts:ExternalId"] = *in.ExternalId
	}
	c.decide(name, want, err, awstest.Question{
		Principal: who.principal, Action: "sts:AssumeRole", Resource: g.RoleARN(), Account: owner, Identity: who.identity, Context: with, ResourcePolicy: g.Trust().String(),
	})
	if err != nil {
		return suitor{}
	}
	cfg := who.cfg.Copy()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		k := out.Credentials
		return aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey, SessionToken: *k.SessionToken}, nil
	})
	return suitor{cfg: cfg, principal: *out.AssumedRoleUser.Arn, account: owner, context: map[string]any{"aws:CurrentTime": time.Now().UTC().Format(time.RFC3339)}}
}

// user makes a user with this policy of its own, none if it is nil.
func (c *court) user(account, name string, own *policy.Document) suitor {
	c.t.Helper()
	who := suitor{principal: "arn:aws:iam::" + account + ":user/" + name, account: account, context: map[string]any{
		"aws:CurrentTime": time.Now().UTC().Format(time.RFC3339), "aws:PrincipalAccount": account,
	}}
	if account != outside {
		who.context["aws:PrincipalOrgID"] = c.org
	}
	text := ""
	if own != nil {
		text = own.String()
		who.identity = []string{text}
	}
	who.cfg = c.stand.Account(account).User(c.t, name, text)
	return who
}

// may gives a user a policy of its own.
func (c *court) may(who suitor, own *policy.Document) suitor {
	c.t.Helper()
	name := who.principal[strings.LastIndexByte(who.principal, '/')+1:]
	_, err := iam.NewFromConfig(c.stand.Account(who.account).Config()).PutUserPolicy(c.t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: aws.String(own.String())})
	if err != nil {
		c.t.Fatal(err)
	}
	who.identity = []string{own.String()}
	return who
}

// shown is the user once he has shown his MFA device.
func (c *court) shown(who suitor) suitor {
	c.t.Helper()
	name := who.principal[strings.LastIndexByte(who.principal, '/')+1:]
	device := c.stand.Account(who.account).MFA(c.t, name)
	out, err := sts.NewFromConfig(who.cfg).GetSessionToken(c.t.Context(), &sts.GetSessionTokenInput{SerialNumber: &device.Serial, TokenCode: aws.String(device.Code())})
	if err != nil {
		c.t.Fatal(err)
	}
	cfg := who.cfg.Copy()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		k := out.Credentials
		return aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey, SessionToken: *k.SessionToken}, nil
	})
	who.cfg, who.context = cfg, maps.Clone(who.context)
	who.context["aws:MultiFactorAuthPresent"] = "true"
	return who
}

// granted makes what a want wants. NewGrant has no clock: a grant may have ended.
func (c *court) granted(w share.Want, grant ...func(*share.Grant)) *share.Grant {
	c.t.Helper()
	g, _, _, err := share.NewGrant(w, c.s)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, change := range grant {
		change(g)
	}
	scope := c.s.Scope(g, share.Days)
	if g.Means == share.BucketPolicy {
		is := func(sid string) bool { return share.Ours(sid) != "" }
		c.s.Bucket.Policy = c.s.Bucket.Policy.With(is, g.BucketStatements(scope)...)
		_, err = s3.NewFromConfig(c.stand.Account(owner).Config()).PutBucketPolicy(c.t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(logBucket), Policy: aws.String(c.s.Bucket.Policy.String())})
		if err != nil {
			c.t.Fatal(err)
		}
		return g
	}
	permissions := ""
	if d := g.Permissions(c.s, scope); d != nil {
		permissions = d.String()
	}
	c.stand.Account(owner).Role(c.t, g.RoleName(), g.Trust().String(), permissions, func(in *iam.CreateRoleInput) { in.Path = aws.String(share.Path) })
	if g.Policy == share.ManagedReadOnly {
		_, err = iam.NewFromConfig(c.stand.Account(owner).Config()).AttachRolePolicy(c.t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(g.RoleName()), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
		if err != nil {
			c.t.Fatal(err)
		}
	}
	return g
}

// in is the session with the role's policies, for iam-simulate.
func (c *court) in(g *share.Grant, session suitor) suitor {
	if d := g.Permissions(c.s, c.s.Scope(g, share.Days)); d != nil {
		session.identity = append(session.identity, d.String())
	}
	if g.Policy == share.ManagedReadOnly {
		session.identity = append(session.identity, managedS3)
	}
	return session
}

// trust gives a grant's role another trust policy.
func (c *court) trust(g *share.Grant, d *policy.Document) {
	c.t.Helper()
	_, err := iam.NewFromConfig(c.stand.Account(owner).Config()).UpdateAssumeRolePolicy(c.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(g.RoleName()), PolicyDocument: aws.String(d.String())})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) keyPolicy(arn, text string) {
	c.t.Helper()
	_, err := kms.NewFromConfig(c.stand.Account(owner).Config()).PutKeyPolicy(c.t.Context(), &kms.PutKeyPolicyInput{KeyId: &arn, Policy: &text})
	if err != nil {
		c.t.Fatal(err)
	}
}

// decrypt reads an object that S3 keeps under a key: as iam-simulate has it, S3
// asks KMS in the caller's name.
func (c *court) decrypt(name string, want bool, who suitor, key, arn, keyPolicy string) {
	c.t.Helper()
	_, err := s3.NewFromConfig(who.cfg).GetObject(c.t.Context(), &s3.GetObjectInput{Bucket: aws.String(logBucket), Key: &key})
	with := maps.Clone(who.context)
	with["kms:ViaService"] = "s3." + awstest.Region + ".amazonaws.com"
	q := awstest.Question{Principal: who.principal, Action: "kms:Decrypt", Resource: arn, Account: owner, Identity: who.identity, Context: with, ResourcePolicy: keyPolicy}
	c.decide(name, want, err, q)
	with = maps.Clone(who.context)
	with["kms:ViaService"] = "dynamodb." + awstest.Region + ".amazonaws.com"
	if q.Context = with; c.oracle.Judge(c.t, q) == awstest.Allowed {
		c.t.Errorf("%s: the key can be used without S3", name)
	}
}

func parsed(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
