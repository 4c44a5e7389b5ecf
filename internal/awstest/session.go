package awstest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

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
