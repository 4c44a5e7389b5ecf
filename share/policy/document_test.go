package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

func parse(t testing.TB, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestKept: what others wrote stays as they wrote it, known or not.
func TestKept(t *testing.T) {
	const theirs = `{"Effect":"Allow","Sid":"b","Principal":{"Service":["x.amazonaws.com"]},"Action":["s3:PutObject"],"Resource":"arn:aws:s3:::b/<&>é","Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":1e2}},"Later":{"new":[1,2]}}`
	d := parse(t, `{"Version":"2008-10-17","Id":"Policy1","Statement":[{"Sid":"a","Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"},`+theirs+`]}`)
	ours := policy.Statement{Sid: "a", Effect: policy.Allow, Principal: &policy.Principal{Everyone: true}, Action: policy.Strings{"s3:GetObject"}}
	is := func(sid string) bool { return sid == "a" }
	got := d.With(is, ours).String()
	want := `{"Version":"2008-10-17","Id":"Policy1","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"},` + theirs + `]}`
	if got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
	if got = d.With(is).String(); got != `{"Version":"2008-10-17","Id":"Policy1","Statement":[`+theirs+`]}` {
		t.Error(got)
	}
	var none *policy.Document
	if got = none.With(is, ours).String(); !strings.HasPrefix(got, `{"Version":"2012-10-17","Statement":[{"Sid":"a"`) {
		t.Error(got)
	}
	if c := d.Statements[1].Condition["Bool"]["aws:SecureTransport"]; len(c) != 1 || c[0] != "false" {
		t.Error(c)
	}
}

// TestEqual: the words count, not how they are put.
func TestEqual(t *testing.T) {
	const base = `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["222222222222","333333333333"]},"Action":["s3:GetObject","s3:ListBucket"],"Resource":"b","Condition":{"StringLike":{"s3:prefix":["x","y"]}}}]}`
	for text, same := range map[string]bool{
		strings.ReplaceAll(base, `"222222222222","333333333333"`, `"arn:aws:iam::333333333333:root","arn:aws:iam::222222222222:root"`): true,
		strings.ReplaceAll(base, `"Resource":"b"`, `"Resource":["b"]`):                                                                 true,
		strings.ReplaceAll(base, `"s3:GetObject","s3:ListBucket"`, `"S3:listbucket","s3:GetObject"`):                                   true,
		strings.ReplaceAll(base, `StringLike`, `stringlike`):                                                                           true,
		strings.ReplaceAll(base, `["x","y"]`, `["y","x","x"]`):                                                                         true,
		strings.ReplaceAll(base, `["x","y"]`, `["x"]`):                                                                                 false,
		strings.ReplaceAll(base, `s3:prefix`, `s3:delimiter`):                                                                          false,
		strings.ReplaceAll(base, `"Allow"`, `"Deny"`):                                                                                  false,
		strings.ReplaceAll(base, `"Resource"`, `"NotResource"`):                                                                        false,
		strings.ReplaceAll(base, `"Principal"`, `"NotPrincipal"`):                                                                      false,
		strings.ReplaceAll(base, `2012-10-17`, `2008-10-17`):                                                                           false,
		strings.ReplaceAll(base, `{"AWS":["222222222222","333333333333"]}`, `"*"`):                                                     false,
		strings.ReplaceAll(base, `"333333333333"`, `"arn:aws:iam::333333333333:role/root"`):                                            false,
	} {
		if got := policy.Equal(parse(t, base), parse(t, text)); got != same {
			t.Errorf("equal %v: %s", got, text)
		}
	}
	if policy.Equal(nil, parse(t, base)) || !policy.Equal(nil, nil) {
		t.Error("no policy is a policy")
	}
}

// FuzzParse: what can be read is written as it is, and read again is the same.
func FuzzParse(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["a"],"Condition":{"Bool":{"x":true}}}}`)
	f.Add(`{"Statement":[{"Principal":"*"},{"NotPrincipal":{"Federated":["x"]}}]}`)
	f.Add(`{"Id":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policy.Parse(text)
		if err != nil {
			return
		}
		again, err := policy.Parse(d.String())
		if err != nil || !policy.Equal(d, again) || again.String() != d.String() {
			t.Errorf("%v: %s becomes %s", err, text, d)
		}
		if !json.Valid([]byte(d.Indented())) {
			t.Error(d.Indented())
		}
	})
}
