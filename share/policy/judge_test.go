package policy_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

// TestBeyond: what passes one condition passes the other, or is named.
func TestConditions(t *testing.T) {
	with := func(condition string) *policy.Document {
		return parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"b/*","Condition":{`+condition+`}}]}`)
	}
	for _, c := range []struct {
		is, meant string
		covered   bool
	}{
		{`"StringEquals":{"sts:ExternalId":"a"}`, `"StringEquals":{"sts:ExternalId":"a"}`, true},
		{`"StringEquals":{"STS:externalID":["a"]}`, `"StringEquals":{"sts:ExternalId":["a","b"]}`, true},
		{`"StringEquals":{"sts:ExternalId":["a","b"]}`, `"StringEquals":{"sts:ExternalId":"a"}`, false},
		{`"StringLike":{"sts:ExternalId":"a*"}`, `"StringEquals":{"sts:ExternalId":"a*"}`, false},
		{`"StringLike":{"sts:ExternalId":"a${*}"}`, `"StringEquals":{"sts:ExternalId":"a*"}`, true},
		{`"StringEqualsIgnoreCase":{"sts:ExternalId":"a"}`, `"StringEquals":{"sts:ExternalId":"a"}`, false},
		{`"StringEqualsIfExists":{"sts:ExternalId":"a"}`, `"StringEquals":{"sts:ExternalId":"a"}`, false},
		{`"ForAllValues:StringEquals":{"sts:ExternalId":"a"}`, `"StringEquals":{"sts:ExternalId":"a"}`, false},
		{`"StringEquals":{"sts:ExternalId":"a"}`, `"StringEqualsIfExists":{"sts:ExternalId":"a"}`, true},
		{`"StringEquals":{"x":"a","y":"b"}`, `"StringEquals":{"x":"a"}`, true},
		{`"StringEquals":{"x":"a"}`, `"StringEquals":{"x":"a","y":"b"}`, false},
		{`"StringNotEquals":{"x":["a","b"]}`, `"StringNotEquals":{"x":"a"}`, true},
		{`"StringNotEquals":{"x":"a"}`, `"StringNotEquals":{"x":["a","b"]}`, false},
		{`"StringNotLike":{"x":"a*"}`, `"StringNotEquals":{"x":"ab"}`, true},
		{`"StringNotEquals":{"x":"a"}`, `"Null":{"x":"false"}`, false},
		{`"StringEquals":{"x":"a"}`, `"Null":{"x":"false"}`, true},
		{`"Bool":{"aws:MultiFactorAuthPresent":true}`, `"Bool":{"aws:MultiFactorAuthPresent":"True"}`, true},
		{`"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, false},
		{`"DateLessThan":{"aws:CurrentTime":"2026-12-29T12:00:00Z"}`, `"DateLessThan":{"aws:CurrentTime":"2026-12-29T13:00:00+01:00"}`, true},
		{`"DateLessThanEquals":{"aws:CurrentTime":"2026-12-29"}`, `"DateLessThan":{"aws:CurrentTime":"2026-12-29T00:00:00Z"}`, false},
		{`"DateLessThan":{"aws:CurrentTime":["2026-12-29","2027-12-29"]}`, `"DateLessThan":{"aws:CurrentTime":"2026-12-30"}`, false},
		{`"DateLessThan":{"aws:CurrentTime":"1700000000"}`, `"DateLessThan":{"aws:CurrentTime":"2026-12-30"}`, true},
		{`"DateLessThan":{"aws:CurrentTime":"2098"}`, `"DateLessThan":{"aws:CurrentTime":"2026-12-30"}`, false},
		{`"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}`, `"NumericLessThanEquals":{"aws:MultiFactorAuthAge":60}`, true},
		{`"NumericLessThan":{"aws:MultiFactorAuthAge":"61"}`, `"NumericLessThan":{"aws:MultiFactorAuthAge":60}`, false},
		{`"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}`, `"ArnEquals":{"aws:SourceArn":["arn:aws:s3:::b","arn:aws:s3:::c"]}`, true},
		{`"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}`, `"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}`, false},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/9"}`, `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, false},
	} {
		if got := len(with(c.is).Beyond(with(c.meant))) == 0; got != c.covered {
			t.Errorf("%s holds what %s does: %t", c.is, c.meant, got)
		}
	}
}

// TestBeyondNames: which statement, and what of it.
func TestBeyondNames(t *testing.T) {
	meant := parse(t, `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["b","b/*"]},
		{"Sid":"d","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"b/*"}]}`)
	for statement, want := range map[string]string{
		`"Principal":{"AWS":"222222222222"},"Action":"S3:getobject","Resource":"b/x"`:                           "",
		`"Principal":{"AWS":"arn:aws:iam::222222222222:role/x"},"Action":"s3:GetObject","Resource":"b/x"`:       "",
		`"Principal":{"AWS":"arn:aws:sts::222222222222:assumed-role/x/:root"},"Action":"s3:*","Resource":"b/x"`: "Action s3:*",
		`"Principal":{"AWS":["222222222222","333333333333"]},"Action":"s3:GetObject","Resource":"b/x"`:          "Principal 333333333333",
		`"Principal":{"Federated":"222222222222"},"Action":"s3:GetObject","Resource":"b/x"`:                     "Principal 222222222222",
		`"Principal":{"Later":"222222222222"},"Action":"s3:GetObject","Resource":"b/x"`:                         "Principal ?",
		`"Principal":{"AWS":"arn:aws:iam::2222*:root"},"Action":"s3:GetObject","Resource":"b/x"`:                "Principal arn:aws:iam::2222*:root",
		`"NotPrincipal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"b/x"`:                        "NotPrincipal everyone else",
		`"Principal":{"AWS":"222222222222"},"NotAction":"s3:Put*","Resource":"b/x"`:                             "NotAction s3:Put*",
		`"Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","NotResource":"c"`:                          "NotResource c",
		`"Principal":{"AWS":"222222222222"},"Action":"s3:GetObject*","Resource":"bb"`:                           "Action s3:GetObject*; Resource bb",
	} {
		var got []string
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Allow",`+statement+`}}`)
		for _, e := range d.Beyond(meant) {
			for _, p := range e.Parts {
				got = append(got, p.Element+" "+p.Value)
			}
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s: %q, not %q", statement, text, want)
		}
		if gone := d.Undenied(meant); len(gone) != 1 || gone[0].Statement.Sid != "d" {
			t.Errorf("%s: the Deny is there", statement)
		}
	}
	var none *policy.Document
	if e := meant.Beyond(none); len(e) != 1 || e[0].Nearest != nil || e[0].Index != 0 {
		t.Errorf("%v", e)
	}
	if e := none.Beyond(meant); e != nil {
		t.Errorf("%v", e)
	}
}

// TestAnswer: is a statement about a request?
func TestAnswer(t *testing.T) {
	q := policy.Request{
		Principals: []string{"arn:aws:iam::222222222222:role/x"}, Account: "222222222222", Action: "s3:GetObject", Resource: policy.Wild("b/AWSLogs/2/*", true),
		Known: map[string][]string{"aws:securetransport": {"true"}, "aws:currenttime": {"2026-11-29T12:00:00Z"}, "aws:principalorgid": {"o-a"}, "s3:dataaccesspointarn": nil},
	}
	for statement, want := range map[string]policy.Answer{
		`"Principal":"*","Action":"s3:*","Resource":"*"`:                                                                                      policy.Yes,
		`"Principal":"*","Action":"s3:*","Resource":"b"`:                                                                                      policy.No,
		`"Principal":"*","Action":"s3:*","Resource":"b/AWSLogs/2/x"`:                                                                          policy.Perhaps,
		`"Principal":"*","Action":"s3:*","NotResource":"b/AWSLogs/*"`:                                                                         policy.No,
		`"Principal":"*","Action":"s3:*","NotResource":"b/AWSLogs/1/*"`:                                                                       policy.Yes,
		`"Principal":"*","NotAction":"s3:Get*","Resource":"*"`:                                                                                policy.No,
		`"Principal":"*","Action":"s3:Put*","Resource":"*"`:                                                                                   policy.No,
		`"Principal":{"AWS":"222222222222"},"Action":"*","Resource":"*"`:                                                                      policy.Yes,
		`"Principal":{"AWS":"arn:aws:iam::222222222222:role/x"},"Action":"*","Resource":"*"`:                                                  policy.Yes,
		`"Principal":{"AWS":"arn:aws:iam::222222222222:role/y"},"Action":"*","Resource":"*"`:                                                  policy.No,
		`"Principal":{"AWS":"AROAX"},"Action":"*","Resource":"*"`:                                                                             policy.Perhaps,
		`"NotPrincipal":{"AWS":"111111111111"},"Action":"*","Resource":"*"`:                                                                   policy.Yes,
		`"NotPrincipal":{"AWS":"222222222222"},"Action":"*","Resource":"*"`:                                                                   policy.No,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`:                                    policy.No,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}}`:                            policy.No,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-b"}}`:                            policy.Yes,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`:                             policy.Perhaps,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"s3:DataAccessPointArn":"x"}}`:                   policy.Yes,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:DataAccessPointArn":"x"}}`:                              policy.No,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"Null":{"s3:DataAccessPointArn":"true"}}`:                                   policy.Yes,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-29T11:59:59Z"}}`:              policy.Yes,
		`"Principal":"*","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2027-01-01"},"StringLike":{"x":"y"}}`: policy.No,
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny",`+statement+`}}`)
		if got := d.Answer(0, q); got != want {
			t.Errorf("%s: %d", statement, got)
		}
	}
}
