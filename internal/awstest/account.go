package awstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Account is an account of an AWS. It needs no making.
type Account struct {
	ID  string
	aws *AWS
}

// Account is the account with these twelve digits.
func (a *AWS) Account(id string) Account { return Account{ID: id, aws: a} }

// Config calls as the account's root, which may do everything there. The
// stand-in checks no signature of root: what a test is about, a user does.
func (c Account) Config() aws.Config { return c.aws.config(c.ID, "test", "") }

// ConfigIn is Config for the calls of another region.
func (c Account) ConfigIn(region string) aws.Config {
	cfg := c.Config()
	cfg.Region = region
	return cfg
}

// User makes an IAM user with a policy of its own, none if that is empty, and an
// access key. One that is there gets the policy in the place of that, and one key more.
func (c Account) User(t testing.TB, name, policy string) aws.Config {
	t.Helper()
	client := iam.NewFromConfig(c.Config())
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	if _, there := errors.AsType[*iamtypes.EntityAlreadyExistsException](err); !there {
		must(t, err)
	}
	if policy != "" {
		_, err = client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: &policy})
		must(t, err)
	}
	made, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	must(t, err)
	return c.aws.config(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")
}

// Role makes a role with a trust policy and a policy of its own, none if that is
// empty, and gives its ARN.
func (c Account) Role(t testing.TB, name, trust, policy string, options ...func(*iam.CreateRoleInput)) (arn string) {
	t.Helper()
	client := iam.NewFromConfig(c.Config())
	input := &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}
	for _, option := range options {
		option(input)
	}
	made, err := client.CreateRole(t.Context(), input)
	must(t, err)
	if policy != "" {
		_, err = client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: &policy})
		must(t, err)
	}
	return *made.Role.Arn
}

// Grant gives a role this policy in the place of the one that it was made with.
func (c Account) Grant(t testing.TB, role, policy string) {
	t.Helper()
	_, err := iam.NewFromConfig(c.Config()).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("own"), PolicyDocument: &policy,
	})
	must(t, err)
}

// Key makes a KMS key of the account, in Region, and gives its ARN. Its policy is
// who may use it; if that is empty, who the account's IAM lets.
func (c Account) Key(t testing.TB, policy string) (arn string) {
	t.Helper()
	c.aws.ask(t, "kms-key", map[string]string{"account": c.ID, "region": Region, "policy": policy}, &arn)
	return arn
}

// SCP puts a service control policy over the account, beside FullAWSAccess and any
// that it has: what the policy denies, its users and roles may not, as in an
// account of Control Tower. Its root stays free, to make things ready.
func (c Account) SCP(t testing.TB, policy string) {
	t.Helper()
	c.aws.ask(t, "control-policy", map[string]string{"account": c.ID, "policy": policy}, nil)
}

// Regions are those that the account has enabled, in place of the seventeen that AWS
// enables by itself: ListRegions says so, and calls to others fail. One of AWS's own
// seventeen can be left out here, which AWS allows nobody.
func (c Account) Regions(t testing.TB, enabled ...string) {
	t.Helper()
	c.aws.ask(t, "regions", map[string]any{"account": c.ID, "regions": enabled}, nil)
}

// Environment is for a program that is started as this caller: what leads it to
// this AWS, with these credentials, and to nothing else.
func (a *AWS) Environment(t testing.TB, caller aws.Config) []string {
	t.Helper()
	c, err := caller.Credentials.Retrieve(t.Context())
	must(t, err)
	return append(a.environment(), "AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken)
}

// must is for what is only made ready: the test has not begun.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("making AWS ready: %v", err)
	}
}

// root is a call of the JSON protocol by the account's root, whose signature is not
// looked at: for a service whose SDK nothing else needs.
func (c Account) root(ctx context.Context, service, operation string, question, answer any) error {
	return call(ctx, http.MethodPost, c.aws.Endpoint+"/", question, answer, func(r *http.Request) {
		r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260303/%s/%s/aws4_request, SignedHeaders=host, Signature=0", c.ID, Region, service))
		r.Header.Set("X-Amz-Target", operation)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	})
}
