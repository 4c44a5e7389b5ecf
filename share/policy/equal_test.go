package policy_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

// TestEqualWords: AWS's own ways to write the same, and what looks alike and is not.
func TestEqualWords(t *testing.T) {
	const base = `{"Version":"2012-10-17","Statement":[
		{"Sid":"a","Effect":"Allow","Principal":{"AWS":["222222222222","arn:aws:iam::333333333333:role/R"]},"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*",
		 "Condition":{"StringLike":{"s3:prefix":["p/*","p"]},"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
		{"Sid":"b","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}]}`
	for _, c := range []struct {
		name, other string
		same        bool
	}{
		{"AWS's words", `{"Version":"2012-10-17","Statement":[
			{"Sid":"a","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::333333333333:role/R","arn:aws:iam::222222222222:root"]},"Action":["S3:listbucket","s3:GetObject"],"Resource":["arn:aws:s3:::b/*"],
			 "Condition":{"bool":{"aws:multifactorauthpresent":["true"]},"StringLike":{"s3:prefix":["p","p/*"]}}},
{"Sid":"b","Effect":"Deny","Principal":{"AWS":"*"},"Action":["s3:*"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, true},
		{"a condition less", `{"Version":"2012-10-17","Statement":[
			{"Sid":"a","Effect":"Allow","Principal":{"AWS":["222222222222","arn:aws:iam::333333333333:role/R"]},"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*",
			 "Condition":{"StringLike":{"s3:prefix":["p/*","p"]}}},
			{"Sid":"b","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}]}`, false},
	} {
		if got := policy.Equal(parsed(t, base), parsed(t, c.other)); got != c.same {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	one := func(with string) *policy.Document { return parsed(t, `{"Statement":[{"Effect":"Allow",`+with+`}]}`) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`"Principal":{"AWS":"222222222222"}`, `"Principal":{"AWS":"arn:aws-cn:iam::222222222222:root"}`, true},
		{`"Principal":{"AWS":"222222222222"}`, `"Principal":{"AWS":"arn:aws:iam::222222222222:role/root"}`, false},
		{`"Principal":{"AWS":"222222222222"}`, `"Principal":{"Service":"222222222222"}`, false},
		{`"Principal":{"AWS":"222222222222"}`, `"NotPrincipal":{"AWS":"222222222222"}`, false},
		{`"Principal":"*"`, `"Principal":{"AWS":"222222222222"}`, false},
		{`"Action":"s3:Get*"`, `"NotAction":"s3:Get*"`, false},
		{`"Action":["a","a","b"]`, `"Action":["b","a"]`, true},
		{`"Resource":"arn:aws:s3:::b"`, `"Resource":"arn:aws:s3:::B"`, false},
		{`"Condition":{"StringEquals":{"k":["1","2"]}}`, `"Condition":{"StringEquals":{"k":"1"}}`, false},
		{`"Condition":{"StringEquals":{"k":"v"}}`, `"Condition":{"StringEquals":{"k":"V"}}`, false},
	} {
		if got := policy.Equal(one(c.a), one(c.b)); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
	// Without a version, ${…} is text.
	if policy.Equal(parsed(t, `{"Statement":[]}`), parsed(t, `{"Version":"2012-10-17","Statement":[]}`)) {
		t.Error("of two versions, and equal")
	}
	if policy.Equal(nil, parsed(t, `{"Statement":[]}`)) || !policy.Equal(nil, nil) {
		t.Error("none is equal to none alone")
	}
	// As often as in the other.
	if policy.Equal(one(`"Sid":"x"`).With(func(string) bool { return false }, policy.Statement{Sid: "y", Effect: policy.Allow}),
		one(`"Sid":"x"`).With(func(string) bool { return false }, policy.Statement{Sid: "x", Effect: policy.Allow})) {
		t.Error("x y is not x x")
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
