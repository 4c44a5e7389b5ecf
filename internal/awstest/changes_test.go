package awstest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	malformed = "MalformedPolicyDocument"
	tooLarge  = "LimitExceeded"
)

// TestRoleDocuments: documents that IAM takes and refuses.
func TestRoleDocuments(t *testing.T) {
	account := stack.Start(t).Account(prod)
	client := iam.NewFromConfig(account.Config())
	account.Role(t, "R", awstest.Trust("", dev), "")
	long := awstest.Trust(strings.Repeat("x", 2000), dev)
	arns := func(n int) string {
		var list []string
		for range n {
			list = append(list, `"arn:aws:s3:::`+strings.Repeat("x", 500)+`"`)
		}
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":[` + strings.Join(list, ",") + `]}]}`
	}
	for what, c := range map[string]struct{ trust, want string }{
		"whole":                {awstest.Trust("", dev) + strings.Repeat(" ", 3000), "ok"},
		"no JSON":              {`{"`, malformed},
		"a role that is not":   {awstest.Trust("", "arn:aws:iam::"+dev+":role/ghost"), malformed},
		"an account too short": {awstest.Trust("", "12345"), malformed},
		"with a resource":      {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + dev + `"},"Action":"sts:AssumeRole","Resource":"*"}]}`, malformed},
		"no principal":         {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`, malformed},
		"not of STS":           {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + dev + `"},"Action":"s3:GetObject"}]}`, malformed},
		"an unknown operator":  {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + dev + `"},"Action":"sts:AssumeRole","Condition":{"StringIs":{"sts:ExternalId":"a"}}}]}`, malformed},
		"more than 2048":       {long, tooLarge},
	} {
		name := strings.ReplaceAll(what, " ", "-")
		_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &c.trust})
		if code(err) != c.want {
			t.Errorf("CreateRole, %s: %v, not %s", what, err, c.want)
		}
		_, err = client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("R"), PolicyDocument: &c.trust})
		if code(err) != c.want {
			t.Errorf("UpdateAssumeRolePolicy, %s: %v, not %s", what, err, c.want)
		}
	}
	for _, c := range []struct{ what, policy, want string }{
		{"whole", awstest.Allow("*", "s3:GetObject"), "ok"},
		{"no JSON", `{"`, malformed},
		{"with a principal", `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Principal":"*"}]}`, malformed},
		{"an action of no service", awstest.Allow("*", "GetObject"), malformed},
		{"a resource that is no ARN", awstest.Allow("logs", "s3:GetObject"), malformed},
		{"more than 10240", arns(20), tooLarge},
		{"half", arns(11), "ok"},
		{"the other half", arns(11), tooLarge},
	} {
		_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("R"), PolicyName: aws.String(strings.ReplaceAll(c.what, " ", "-")), PolicyDocument: &c.policy})
		if code(err) != c.want {
			t.Errorf("PutRolePolicy, %s: %v, not %s", c.what, err, c.want)
		}
	}
	_, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("large"), PolicyDocument: aws.String(arns(13))})
	if code(err) != tooLarge {
		t.Errorf("CreatePolicy, more than 6144: %v", err)
	}
	for arn, want := range map[string]string{"arn:aws:iam::" + prod + ":policy/ghost": "NoSuchEntity", "arn:aws:iam::aws:policy/Ghost": "NoSuchEntity", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess": "ok"} {
		_, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("R"), PolicyArn: &arn})
		if code(err) != want {
			t.Errorf("attaching %s: %v, not %s", arn, err, want)
		}
	}
	_, err = client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(awstest.Trust("", dev))})
	if code(err) != "EntityAlreadyExists" {
		t.Errorf("a name in other case: %v", err)
	}
	if _, err = client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("R")}); code(err) != "DeleteConflict" {
		t.Errorf("deleting a role with policies: %v", err)
	}
	limited := iam.NewFromConfig(account.User(t, "limited", awstest.Allow("arn:aws:iam::"+prod+":role/crosstrail/*", "iam:CreateRole")))
	for path, want := range map[string]string{"/crosstrail/": "ok", "/": "AccessDenied"} {
		_, err := limited.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("New"), Path: &path, AssumeRolePolicyDocument: aws.String(awstest.Trust("", dev))})
		if code(err) != want {
			t.Errorf("who may make roles below /crosstrail/, at %s: %v, not %s", path, err, want)
		}
	}
}

// TestVersions: the five versions of a managed policy.
func TestVersions(t *testing.T) {
	account := stack.Start(t).Account(prod)
	client := iam.NewFromConfig(account.Config())
	policy := aws.String(awstest.Allow("*", "s3:GetObject"))
	made, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: policy})
	if err != nil {
		t.Fatal(err)
	}
	arn := made.Policy.Arn
	add := func() string {
		out, err := client.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: policy})
		if err != nil {
			return code(err)
		}
		return *out.PolicyVersion.VersionId
	}
	remove := func(version string) string {
		_, err := client.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: &version})
		return code(err)
	}
	use := func(version string) string {
		_, err := client.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: &version})
		return code(err)
	}
	var got []string
	for range 5 {
		got = append(got, add())
	}
	got = append(got, remove("v5"), add(), use("v3"), use("v5"), remove("v3"), remove("v1"), add())
	want := []string{"v2", "v3", "v4", "v5", tooLarge, "ok", "v6", "ok", "NoSuchEntity", "DeleteConflict", "ok", "v7"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if found, err := client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn}); err != nil || *found.Policy.DefaultVersionId != "v3" {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := client.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: arn}); code(err) != "DeleteConflict" {
		t.Errorf("deleting a policy with versions: %v", err)
	}
}

// TestGone: a principal that is deleted is shown by its id, and one of the same
// name is somebody else.
func TestGone(t *testing.T) {
	stand := stack.Start(t)
	reader := stand.Account(dev).Role(t, "Reader", awstest.Trust("", dev), awstest.Allow("*", "*"))
	ids := iam.NewFromConfig(stand.Account(dev).Config())
	first, err := ids.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Reader")})
	if err != nil {
		t.Fatal(err)
	}
	shared := stand.Account(prod).Role(t, "Shared", awstest.Trust("", reader), "")
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Put(t, awstest.Object{Key: "one"})
	logs.Policy(t, `{"Version":"2012-10-17","Statement":[{"Sid":"Account","Effect":"Allow","Principal":{"AWS":"`+third+`"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs"},
		{"Effect":"Allow","Principal":{"AWS":["`+reader+`"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`)
	policy := func() string {
		out, err := logs.Owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &logs.Name})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}
	if text := policy(); !strings.Contains(text, reader) || !strings.Contains(text, "arn:aws:iam::"+third+":root") {
		t.Errorf("before: %s", text)
	}
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	if got := assume(t, stand.Assume(t, kim, reader), shared); got != "ok" {
		t.Errorf("before: %s", got)
	}
	_, err = ids.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("Reader"), PolicyName: aws.String("own")})
	if err == nil {
		_, err = ids.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("Reader")})
	}
	if err != nil {
		t.Fatal(err)
	}
	stand.Account(dev).Role(t, "Reader", awstest.Trust("", dev), awstest.Allow("*", "*"))
	session := stand.Assume(t, kim, reader)
	if text := policy(); strings.Contains(text, reader) || !strings.Contains(text, *first.Role.RoleId) {
		t.Errorf("the bucket's policy: %s", text)
	}
	if got := assume(t, session, shared); got != "AccessDenied" {
		t.Errorf("another of the same name assumes: %s", got)
	}
	if _, err := get(t, session, "logs", "one"); code(err) != "AccessDenied" {
		t.Errorf("another of the same name reads: %v", err)
	}
	_, err = logs.Owner.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &logs.Name, Policy: aws.String(policy())})
	if code(err) != "MalformedPolicy" || !strings.Contains(err.Error(), "Invalid principal in policy") {
		t.Errorf("the same policy again: %v", err)
	}
}
