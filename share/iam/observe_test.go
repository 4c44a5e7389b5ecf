package iam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// reads are what an observation calls.
var reads = []string{
	"cloudtrail:DescribeTrails", "organizations:DescribeOrganization", "organizations:ListAccounts",
	"s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock",
	"s3:GetEncryptionConfiguration", "s3:GetBucketAcl", "s3:ListBucket", "s3:GetObject", "s3:ListAccessPoints", "s3:GetAccessPointPolicy",
	"kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants",
}

// TestObserve: all that there is, read by a user who may do just that.
func TestObserve(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(owner)
	key := account.Key(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+owner+`:root"},"Action":"kms:*","Resource":"*"}]}`)
	foreign := stand.Account(third).Key(t, "")
	org := account.Organization(t, "logs", map[string]string{reader: "dev"})
	b := account.Bucket(t, "acme-logs", awstest.In("eu-central-1"))
	b.Owner = s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.Region = "eu-central-1" })
	b.Ownership(t, types.ObjectOwnershipBucketOwnerPreferred)
	folder := "pfx/AWSLogs/" + org + "/" + reader
	b.Put(t,
		awstest.Object{Key: folder + "/CloudTrail/us-east-1/2026/10/31/old.json.gz", KMSKey: key},
		awstest.Object{Key: folder + "/CloudTrail/us-east-1/2026/11/02/new.json.gz", KMSKey: foreign},
		awstest.Object{Key: folder + "/CloudTrail/us-west-1/2026/11/03/elsewhere.json.gz"},
		awstest.Object{Key: "pfx/AWSLogs/" + owner + "/CloudTrail/us-east-1/2026/11/02/new.json.gz"},
		awstest.Object{Key: "pfx/AWSLogs/tmp/one"}, awstest.Object{Key: "AWSLogs/" + third + "/not-below-the-prefix"})
	b.Policy(t, `{"Version":"2012-10-17","Statement":[`+delivery+`]}`)
	_, err := b.Owner.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &b.Name})
	if err == nil {
		_, err = b.Owner.PutBucketAcl(t.Context(), &s3.PutBucketAclInput{Bucket: &b.Name, ACL: types.BucketCannedACLPublicRead})
	}
	if err != nil {
		t.Fatal(err)
	}
	opened(t, account, key)
	control, points := iam.Open(account.Config()).Control("eu-central-1"), aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"Open","Effect":"Allow","Principal":{"AWS":"`+reader+`"},"Action":"s3:GetObject","Resource":"arn:aws:s3:eu-central-1:`+owner+`:accesspoint/open/object/*"}]}`)
	for _, name := range []string{"open", "plain"} {
		if _, err := control.CreateAccessPoint(t.Context(), &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Bucket: &b.Name, Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := control.PutAccessPointPolicy(t.Context(), &s3control.PutAccessPointPolicyInput{AccountId: aws.String(owner), Name: aws.String("open"), Policy: points}); err != nil {
		t.Fatal(err)
	}
	trail := account.Trail(t, "main", b.Name, func(in *awscloudtrail.CreateTrailInput) {
		in.S3KeyPrefix, in.KmsKeyId, in.IsOrganizationTrail = aws.String("pfx"), &key, aws.Bool(true)
	})

	s := observed(t, account.User(t, "operator", awstest.Allow("*", reads...)), iam.Ask{})
	want := &share.Surroundings{
		Caller: share.Caller{Account: owner, ARN: "arn:aws:iam::" + owner + ":user/operator", Partition: "aws"},
		Trail:  share.Trail{ARN: trail, Name: "main", Account: owner, Region: "us-east-1", Bucket: b.Name, Prefix: "pfx", Organization: true, KeyID: key},
		Bucket: share.Bucket{
			Name: b.Name, Account: owner, Region: "eu-central-1", Ownership: share.Preferred, Public: true,
			Folders: []string{owner, org + "/" + reader}, ACL: []share.ACLGrant{{Grantee: "http://acs.amazonaws.com/groups/global/AllUsers", Permission: "READ"}},
		},
		Organization: &share.Organization{ID: org, Management: owner, Members: []string{owner, reader}},
	}
	slices.Sort(s.Organization.Members)
	keys, grants := s.Keys, []share.KeyGrant{}
	if len(keys) > 0 {
		grants = keys[0].Grants
	}
	if !strings.Contains(s.Bucket.Text, "AWSCloudTrailWrite") || s.Bucket.Policy == nil || s.Bucket.Policy.Statements[0].Sid != "AWSCloudTrailWrite" {
		t.Errorf("the bucket's policy: %q, %v", s.Bucket.Text, s.Bucket.Policy)
	}
	open := s.Bucket.AccessPoints
	if len(open) != 2 || open[0].Name != "open" || open[0].ARN != "arn:aws:s3:eu-central-1:"+owner+":accesspoint/open" || open[0].Policy == nil || open[0].Policy.Statements[0].Sid != "Open" || open[1].Policy != nil {
		t.Errorf("access points: %+v", open)
	}
	unread := s.Unread
	s.Bucket.AccessPoints, s.Bucket.Text, s.Bucket.Policy, s.Keys, s.Unread = nil, "", nil, nil, nil
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(keys) != 2 || keys[0].ARN != key || keys[0].AWSManaged || keys[0].Policy == nil || !may(grants, "CreateGrant", "Decrypt", "ReEncryptFrom") || grants[0].Grantee != "arn:aws:iam::"+reader+":root" {
		t.Errorf("keys: %+v", keys)
	} else if keys[1].ARN != foreign || keys[1].Account != third || keys[1].Policy != nil {
		t.Errorf("the key of another account: %+v", keys[1])
	}
	if len(unread) == 0 || !slices.ContainsFunc(unread, func(u share.Unread) bool { return u.Action == "kms:GetKeyPolicy" && u.Resource == foreign }) {
		t.Errorf("unread: %+v", unread)
	}
}

// opened gives the reader a grant of a key for each of what opens it, and for what
// does not.
func opened(t *testing.T, account awstest.Account, key string) {
	t.Helper()
	for _, may := range []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt, kmstypes.GrantOperationReEncryptFrom, kmstypes.GrantOperationCreateGrant, kmstypes.GrantOperationEncrypt} {
		if _, err := kms.NewFromConfig(account.Config()).CreateGrant(t.Context(), &kms.CreateGrantInput{
			KeyId: &key, GranteePrincipal: aws.String("arn:aws:iam::" + reader + ":root"), Operations: []kmstypes.GrantOperation{may, kmstypes.GrantOperationDescribeKey},
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// may reports whether grants are for just these operations, one each.
func may(grants []share.KeyGrant, operations ...string) bool {
	var all []string
	for _, g := range grants {
		all = append(all, strings.Join(g.Operations, " "))
	}
	slices.Sort(all)
	return slices.Equal(all, operations)
}

// TestObservePlain: a bucket without any setting, of an account without an
// organisation.
func TestObservePlain(t *testing.T) {
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	if _, err := b.Owner.DeleteBucketOwnershipControls(t.Context(), &s3.DeleteBucketOwnershipControlsInput{Bucket: &b.Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Owner.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &b.Name}); err != nil {
		t.Fatal(err)
	}
	s := observed(t, stand.Account(owner).Config(), iam.Ask{Bucket: b.Name})
	if s.Bucket.Ownership != share.Writer || s.Bucket.Policy != nil || s.Bucket.Text != "" || s.Organization != nil || s.Bucket.ACL != nil || s.Bucket.Others != nil || s.Trail.Name != "main" {
		t.Errorf("%+v", s)
	}
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	if s := observed(t, stand.Account(owner).Config(), iam.Ask{Bucket: b.Name}); s.Bucket.Ownership != share.Enforced || len(s.Unread) > 0 {
		t.Errorf("%+v", s)
	}
}

// TestObserveDenied: what can be done without is noted, what cannot is told, with
// what the caller needs.
func TestObserveDenied(t *testing.T) {
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipObjectWriter)
	stand.Account(owner).Organization(t, "logs", nil)
	for action, told := range map[string]string{
		"cloudtrail:DescribeTrails":          "cannot look for trails: refused: arn:aws:iam::" + owner + ":user/",
		"s3:GetBucketOwnershipControls":      "cannot read the Object Ownership of the bucket acme-logs: refused: ",
		"s3:GetBucketPolicy":                 "cannot read the policy of the bucket acme-logs: refused: ",
		"s3:GetBucketAcl":                    "",
		"s3:ListBucket":                      "",
		"s3:GetObject":                       "",
		"s3:GetEncryptionConfiguration":      "",
		"organizations:DescribeOrganization": "",
		"organizations:ListAccounts":         "",
	} {
		name := strings.ReplaceAll(action, ":", "-")
		may := slices.DeleteFunc(slices.Clone(reads), func(a string) bool { return a == action })
		cfg := stand.Account(owner).User(t, name, awstest.Allow("*", may...))
		s, err := iam.Open(cfg).Observe(t.Context(), iam.Ask{})
		if told == "" {
			if err != nil || !slices.ContainsFunc(s.Unread, func(u share.Unread) bool { return u.Action == action && u.Text != "" }) {
				t.Errorf("without %s: %v, %+v", action, err, s)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), told) || !strings.Contains(err.Error(), " needs "+action+" on ") {
			t.Errorf("without %s: %v", action, err)
		}
	}
	// Who names the bucket need not see trails.
	may := slices.DeleteFunc(slices.Clone(reads), func(a string) bool { return a == "cloudtrail:DescribeTrails" })
	s := observed(t, stand.Account(owner).User(t, "no-trails", awstest.Allow("*", may...)), iam.Ask{Bucket: b.Name})
	if s.Trail != (share.Trail{}) || s.Bucket.Policy == nil || len(s.Unread) != 1 || s.Unread[0].Action != "cloudtrail:DescribeTrails" {
		t.Errorf("by the bucket: %+v", s)
	}
	// Another account's bucket: S3 refuses who expects to be its owner, and not who
	// does not say. The stand-in does not look at that header.
	faults := stand.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetBucketOwnershipControls", Error: "AccessDenied", Times: 1})
	_, err := iam.Open(faults.Through(stand.Account(owner).User(t, "other", awstest.Allow("*", "*")))).Observe(t.Context(), iam.Ask{Bucket: b.Name})
	if err == nil || !strings.Contains(err.Error(), "it belongs to another account than "+owner) {
		t.Errorf("another account's: %v", err)
	}
}

// TestObserveThrottled: AWS is asked again, and at last believed.
func TestObserveThrottled(t *testing.T) {
	stand := stack.Start(t)
	_, _ = logged(t, stand)
	faults := stand.Faults(t)
	cfg := faults.Through(stand.Account(owner).User(t, "operator", awstest.Allow("*", reads...)))
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetBucketPolicy", Error: "SlowDown", Times: 2})
	if s, err := iam.Open(cfg).Observe(t.Context(), iam.Ask{}); err != nil || s.Bucket.Policy == nil {
		t.Errorf("two refusals: %v", err)
	}
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetBucketPolicy", Error: "SlowDown"})
	cfg.RetryMaxAttempts = 2
	if _, err := iam.Open(cfg).Observe(t.Context(), iam.Ask{}); err == nil || !strings.Contains(err.Error(), "too many requests") {
		t.Errorf("for ever: %v", err)
	}
}

// TestObserveOthers: log files that another account owns, which no bucket policy
// opens to a third.
func TestObserveOthers(t *testing.T) {
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipObjectWriter)
	b.Policy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+third+`"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/*"}]}`)
	const key = "AWSLogs/" + reader + "/CloudTrail/us-east-1/2026/11/02/theirs.json.gz"
	writer := awstest.Bucket{Name: b.Name, Owner: s3.NewFromConfig(stand.Account(third).User(t, "writer", awstest.Allow("*", "s3:PutObject")))}
	writer.Put(t, awstest.Object{Key: key, Body: []byte("theirs")})
	s := observed(t, stand.Account(owner).User(t, "operator", awstest.Allow("*", reads...)), iam.Ask{})
	if !slices.Equal(s.Bucket.Others, []string{key}) || s.Bucket.Ownership != share.Writer {
		t.Errorf("%+v, unread %+v", s.Bucket, s.Unread)
	}
}
