package awstest_test

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestSessions: what a session may do, how long, and with which secret.
func TestSessions(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Put(t, awstest.Object{Key: "one", Body: []byte("1")})
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	role := stand.Account(prod).Role(t, "Reader", awstest.Trust("", dev), awstest.Allow("*", "s3:*"))
	chained := stand.Account(third).Role(t, "Next", awstest.Trust("", role), "", func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(7200) })
	_, err := iam.NewFromConfig(stand.Account(prod).Config()).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("Reader"), PolicyName: aws.String("chain"), PolicyDocument: aws.String(awstest.Allow(chained, "sts:AssumeRole")),
	})
	if err != nil {
		t.Fatal(err)
	}

	session := stand.Assume(t, kim, role)
	who, err := sts.NewFromConfig(session).GetCallerIdentity(t.Context(), nil)
	if err != nil || *who.Arn != "arn:aws:sts::"+prod+":assumed-role/Reader/awstest" {
		t.Errorf("the session is %v, %v", who, err)
	}
	read := func(what string, cfg aws.Config, want string) {
		t.Helper()
		if _, err := get(t, cfg, "logs", "one"); code(err) != want {
			t.Errorf("%s: %v, not %s", what, err, want)
		}
	}
	read("the session", session, "ok")
	if got := assume(t, session, chained); got != "ok" {
		t.Errorf("chaining: %s", got)
	}
	if got := assume(t, session, chained, seconds(3601)); got != "ValidationError" {
		t.Errorf("chaining for more than an hour: %s", got)
	}

	narrow := stand.Assume(t, kim, role, func(in *sts.AssumeRoleInput) { in.Policy = aws.String(awstest.Allow("*", "s3:ListBucket")) })
	read("a session policy without GetObject", narrow, "AccessDenied")
	if _, err := s3.NewFromConfig(narrow).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &logs.Name}); err != nil {
		t.Errorf("a session policy with ListBucket: %v", err)
	}
	wide := stand.Assume(t, kim, stand.Account(prod).Role(t, "Lister", awstest.Trust("", dev), awstest.Allow("*", "s3:ListBucket")),
		func(in *sts.AssumeRoleInput) { in.Policy = aws.String(awstest.Allow("*", "s3:*")) })
	read("a session policy that says more than the role's", wide, "AccessDenied")

	keys, err := session.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	callers, err := kim.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{callers.AccessKeyID: dev, keys.AccessKeyID: prod} {
		if got := accountIn(t, key); got != want {
			t.Errorf("the key id %s holds account %s, not %s", key, got, want)
		}
	}
	with := func(key, secret, token string) aws.Config {
		changed := session
		changed.Credentials = credentials.NewStaticCredentialsProvider(key, secret, token)
		return changed
	}
	read("a wrong secret", with(keys.AccessKeyID, "x"+keys.SecretAccessKey[1:], keys.SessionToken), "SignatureDoesNotMatch")
	read("a wrong token", with(keys.AccessKeyID, keys.SecretAccessKey, "x"), "InvalidToken")
	read("no token", with(keys.AccessKeyID, keys.SecretAccessKey, ""), "InvalidAccessKeyId")
	read("an unknown key", with("AKIA2222222222222222", keys.SecretAccessKey, ""), "InvalidAccessKeyId")

	stand.Expire(t, role)
	read("an ended session", session, "ExpiredToken")
	read("another session, ended too", narrow, "ExpiredToken")

	stand.SessionLife(t, time.Second)
	short := stand.Assume(t, kim, role)
	read("a session of a second", short, "ok")
	time.Sleep(1100 * time.Millisecond)
	read("a session of a second, after it", short, "ExpiredToken")
}

// TestMFA: a role that wants a device's code.
func TestMFA(t *testing.T) {
	stand := stack.Start(t)
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	device, another := stand.Account(dev).MFA(t, "kim"), stand.Account(dev).MFA(t, "lee")
	role := stand.Account(prod).Role(t, "Admin", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"`+dev+`"},"Action":"sts:AssumeRole",
		"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`, "")
	shown := func(serial, code string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.SerialNumber, in.TokenCode = &serial, &code }
	}
	used := device.Code()
	if got := assume(t, kim, role, shown(device.Serial, used)); got != "ok" {
		t.Errorf("the right code: %s", got)
	}
	for what, option := range map[string]func(*sts.AssumeRoleInput){
		"no code":               func(*sts.AssumeRoleInput) {},
		"a wrong code":          shown(device.Serial, "12345x"),
		"a code of no device":   shown(device.Serial+"x", device.Code()),
		"the device of another": shown(another.Serial, another.Code()),
		"another device's code": shown(device.Serial, another.Code()),
		"a code once more":      shown(device.Serial, used),
	} {
		if got := assume(t, kim, role, option); got != "AccessDenied" {
			t.Errorf("%s: %s", what, got)
		}
	}
	// A session that a code was shown for assumes roles without another.
	lee := stand.Account(dev).User(t, "lee", awstest.Allow("*", "sts:AssumeRole"))
	own := another
	for _, c := range []struct {
		name string
		in   sts.GetSessionTokenInput
		want string
	}{
		{"without a code", sts.GetSessionTokenInput{}, "AccessDenied"},
		{"with one", sts.GetSessionTokenInput{SerialNumber: &own.Serial, TokenCode: aws.String(own.Code())}, "ok"},
	} {
		out, err := sts.NewFromConfig(lee).GetSessionToken(t.Context(), &c.in)
		if err != nil {
			t.Fatal(c.name, err)
		}
		session := lee.Copy()
		session.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
		if got := assume(t, session, role); got != c.want {
			t.Errorf("a session %s: %s", c.name, got)
		}
	}
}

// accountIn reads the account that AWS puts into a key id.
func accountIn(t *testing.T, key string) string {
	t.Helper()
	held, err := base32.StdEncoding.DecodeString(key[4:])
	if err != nil || len(held) != 10 {
		t.Fatalf("the key id %s: %v", key, err)
	}
	return fmt.Sprintf("%012d", binary.BigEndian.Uint64(held)<<1>>24) // behind a bit that is set
}
