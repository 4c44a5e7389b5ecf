package awstest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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

// config is one caller's.
func (a *AWS) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &a.Endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, token),
		HTTPClient:   a.client,
	}
}

// newClient takes no proxy, and holds a connection for each of many calls at once.
func newClient() aws.HTTPClient {
	return plainBodies{awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.MaxIdleConnsPerHost = 64
	})}
}

// plainBodies sends bodies that can only be read. smithy-go closes a body when the
// answer is there, and its WriteTo then fails with io.EOF: where an answer comes
// within microseconds, as here, net/http is still looking whether the body ended,
// takes that for a failed request, and closes the connection under the answer. One
// of five hundred calls, which the SDK would make again: a user made twice.
type plainBodies struct{ client aws.HTTPClient }

func (p plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.client.Do(r)
}

// User makes an IAM user with a policy of its own, none if that is empty, and an
// access key.
func (c Account) User(t testing.TB, name, policy string) aws.Config {
	t.Helper()
	client := iam.NewFromConfig(c.Config())
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	must(t, err)
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

// Assume takes a role as caller and calls with the session's credentials.
func (a *AWS) Assume(t testing.TB, caller aws.Config, roleARN string, options ...func(*sts.AssumeRoleInput)) aws.Config {
	t.Helper()
	input := &sts.AssumeRoleInput{RoleArn: &roleARN, RoleSessionName: aws.String("awstest")}
	for _, option := range options {
		option(input)
	}
	issued, err := sts.NewFromConfig(caller).AssumeRole(t.Context(), input)
	must(t, err)
	return a.config(*issued.Credentials.AccessKeyId, *issued.Credentials.SecretAccessKey, *issued.Credentials.SessionToken)
}

// SessionLife makes every session that is issued from now on end after so long,
// whatever was asked for: no test waits the fifteen minutes that are AWS's least.
// Zero ends that.
func (a *AWS) SessionLife(t testing.TB, life time.Duration) {
	t.Helper()
	a.ask(t, "session-life", map[string]float64{"seconds": life.Seconds()}, nil)
}

// Expire ends all sessions of a role that were issued so far. Their clients still
// think that they go on.
func (a *AWS) Expire(t testing.TB, roleARN string) {
	t.Helper()
	a.ask(t, "expire", map[string]string{"roleArn": roleARN}, nil)
}

// Key makes a KMS key of the account, in Region, and gives its ARN. Its policy is
// who may use it; if that is empty, who the account's IAM lets.
func (c Account) Key(t testing.TB, policy string) (arn string) {
	t.Helper()
	c.aws.ask(t, "kms-key", map[string]string{"account": c.ID, "region": Region, "policy": policy}, &arn)
	return arn
}

// MFA is a device that shows a new code every thirty seconds.
type MFA struct {
	Serial string `json:"serial"` // its ARN
	Seed   []byte `json:"seed"`
}

// MFA gives a user of the account a device.
func (c Account) MFA(t testing.TB, user string) (device MFA) {
	t.Helper()
	c.aws.ask(t, "mfa-device", map[string]string{"account": c.ID, "user": user}, &device)
	return device
}

// Code is what the device shows now: RFC 6238.
func (m MFA) Code() string {
	hash := hmac.New(sha1.New, m.Seed)
	_ = binary.Write(hash, binary.BigEndian, time.Now().Unix()/30)
	sum := hash.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// Environment is for a program that is started as this caller: what leads it to
// this AWS, with these credentials, and to nothing else.
func (a *AWS) Environment(t testing.TB, caller aws.Config) []string {
	t.Helper()
	c, err := caller.Credentials.Retrieve(t.Context())
	must(t, err)
	return append(a.environment(), "AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken)
}

// Allow is a policy of one statement: these actions on this resource.
func Allow(resource string, actions ...string) string {
	return document(map[string]any{"Effect": "Allow", "Action": actions, "Resource": resource})
}

// Trust is a trust policy for these principals (ARNs, or account ids), which must
// show the external id, if it is not empty.
func Trust(externalID string, principals ...string) string {
	statement := map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"AWS": principals}}
	if externalID != "" {
		statement["Condition"] = map[string]any{"StringEquals": map[string]string{"sts:ExternalId": externalID}}
	}
	return document(statement)
}

// document is a policy of some statements.
func document(statements ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // maps of strings
	}
	return string(text)
}

// must is for what is only made ready: the test has not begun.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("making AWS ready: %v", err)
	}
}
