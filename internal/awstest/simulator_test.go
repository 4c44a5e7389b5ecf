package awstest_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestSimulator: verdicts that the IAM User Guide gives, each of another rule.
func TestSimulator(t *testing.T) {
	var oracle awstest.Simulator
	const (
		role = "arn:aws:iam::999999999999:role/Reader"
		kim  = "arn:aws:iam::111111111111:user/kim"
		key  = "arn:aws:s3:::logs/AWSLogs/111111111111/one"
		all  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
		none = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}`
		mfa  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole",
			"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`
	)
	assume := awstest.Question{
		Principal: kim, Action: "sts:AssumeRole", Resource: role, Account: prod,
		Identity: []string{awstest.Allow(role, "sts:AssumeRole")}, ResourcePolicy: awstest.Trust("3414", "arn:aws:iam::111111111111:root"),
	}
	read := awstest.Question{
		Principal: "arn:aws:sts::999999999999:assumed-role/Reader/x", Action: "s3:GetObject", Resource: key, Account: prod,
		Identity: []string{awstest.Allow("arn:aws:s3:::logs/AWSLogs/${aws:PrincipalTag/account}/*", "s3:GetObject")},
		Context:  map[string]any{"aws:PrincipalTag/account": dev},
	}
	for _, c := range []struct {
		what   string
		q      awstest.Question
		change func(*awstest.Question)
		want   string
	}{
		{"the external id", assume, func(q *awstest.Question) { q.Context = map[string]any{"sts:ExternalId": "3414"} }, awstest.Allowed},
		{"another", assume, func(q *awstest.Question) { q.Context = map[string]any{"sts:ExternalId": "3415"} }, awstest.ImplicitlyDenied},
		{"none", assume, func(*awstest.Question) {}, awstest.ImplicitlyDenied},
		{"no policy of its own", assume, func(q *awstest.Question) {
			q.Context, q.Identity = map[string]any{"sts:ExternalId": "3414"}, nil
		}, awstest.ImplicitlyDenied},
		{"MFA", assume, func(q *awstest.Question) {
			q.ResourcePolicy, q.Context = mfa, map[string]any{"aws:MultiFactorAuthPresent": "true"}
		}, awstest.Allowed},
		{"no MFA", assume, func(q *awstest.Question) { q.ResourcePolicy = mfa }, awstest.ImplicitlyDenied},
		{"an SCP that denies", assume, func(q *awstest.Question) {
			q.Context, q.ServiceControl = map[string]any{"sts:ExternalId": "3414"}, [][]string{{all, none}}
		}, awstest.ExplicitlyDenied},
		{"an SCP that leaves it out", read, func(q *awstest.Question) { q.ServiceControl = [][]string{{all}, {awstest.Allow("*", "sts:*")}} }, awstest.ImplicitlyDenied},
		{"a variable", read, func(*awstest.Question) {}, awstest.Allowed},
		{"a variable with another value", read, func(q *awstest.Question) { q.Context = map[string]any{"aws:PrincipalTag/account": third} }, awstest.ImplicitlyDenied},
		{"a session policy without it", read, func(q *awstest.Question) { q.SessionPolicy = awstest.Allow("*", "s3:ListBucket") }, awstest.ImplicitlyDenied},
		{"a boundary without it", read, func(q *awstest.Question) { q.Boundary = awstest.Allow("*", "s3:ListBucket") }, awstest.ImplicitlyDenied},
	} {
		c.change(&c.q)
		if got := oracle.Judge(t, c.q); got != c.want {
			t.Errorf("%s: %s, not %s", c.what, got, c.want)
		}
	}
}
