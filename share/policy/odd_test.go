package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

// TestOddStatements: what AWS does not write, and might one day take, is never
// believed to be narrow, nor to deny; or it is refused as a whole.
func TestOddStatements(t *testing.T) {
	meant := parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"b/x","Condition":{"StringEquals":{"sts:ExternalId":"acme-1"},"DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"}}}]}`)
	const effect, who, what, where = `"Effect":"Allow"`, `"Principal":{"AWS":"222222222222"}`, `"Action":"s3:GetObject"`, `"Resource":"b/x"`
	const holds = `"Condition":{"StringEquals":{"sts:ExternalId":"acme-1"},"DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"}}`
	const wide = `"Principal":"*","Action":"*","Resource":"*"`
	said := func(elements ...string) string {
		return `{"Version":"2012-10-17","Statement":[{` + strings.Join(elements, ",") + `}]}`
	}
	if e := parse(t, said(effect, who, what, where, holds)).Beyond(meant); len(e) > 0 {
		t.Fatal(e)
	}
	for _, text := range []string{
		said(`"Effect":"allow"`, wide), said(`"Effect":"deny"`, wide), said(`"Effect":"DENY"`, wide), said(wide), said(`"Effect":""`, wide),
		said(effect, `"Principal":{}`, what, where, holds), said(effect, `"Principal":{"AWS":[]}`, what, where, holds), said(effect, what, where, holds),
		said(effect, `"Principal":{"Everyone":"*"}`, what, where, holds), said(effect, `"Principal":{"AWS":"222222222222","Later":"*"}`, what, where, holds),
		said(effect, `"Principal":{"aws":"*"}`, what, where, holds), said(effect, `"Principal":null`, what, where, holds),
		said(effect, who, where, holds), said(effect, who, `"Action":[]`, where, holds), said(effect, who, what, holds), said(effect, who, what, `"Resource":[]`, holds),
		said(effect, who, what, where, strings.Replace(holds, "sts:E", "ſts:E", 1)),
		said(effect, who, what, where, strings.Replace(holds, "StringEquals", "ſtringEquals", 1)),
		said(effect, who, what, where, strings.Replace(holds, "sts:ExternalId", "sts:Externalİd", 1)),
		said(effect, who, what, where, strings.Replace(holds, "acme-1", "${sts:ExternalId}", 1)),
		said(effect, who, what, where, strings.Replace(holds, "2026-12-01T00:00:00Z", "202612", 1)),
		said(effect, who, what, where, strings.Replace(holds, "2026-12-01T00:00:00Z", "02027", 1)),
		said(effect, who, what, where, strings.Replace(holds, "2026-12-01T00:00:00Z", "0000000001", 1)),
		said(effect, who, what, where, strings.Replace(holds, "2026-12-01T00:00:00Z", "-200000000", 1)),
		said(effect, who, what, where, strings.Replace(holds, "Condition", "condition", 1), `"Condition":{}`),
		said(effect, who, what, where, holds, `"Condition":{}`), said(effect, who, what, where, `"Condition":null`),
		said(effect, wide, `"effect":"Deny"`), said(`"Effect":"Deny"`, `"Effect":"Allow"`, wide),
		`{"Statement":[{"Effect":"Allow",` + wide + `}],"statement":[]}`, `{"Statement":[{"Effect":"Allow",` + wide + `}],"Statement":[]}`,
	} {
		d, err := policy.Parse(text)
		if err == nil && len(d.Beyond(meant)) == 0 {
			t.Errorf("nothing wide is seen in %s", text)
		}
	}
	later := parse(t, said(effect, who, what, where, strings.Replace(holds, "2026-12-01T00:00:00Z", "1700000000", 1)))
	if e := later.Beyond(meant); len(e) > 0 {
		t.Errorf("seconds since 1970: %v", e)
	}
	odd := parse(t, said(`"Effect":"Allow"`, `"Principal":{}`, what, where)).Statements[0]
	if !odd.Principal.Everybody() || !policy.Reads(policy.Statement{}, []string{"s3:GetObject"}) {
		t.Error("nobody, or nothing")
	}
}

// TestFixed: which tests keep a policy from being public.
func TestFixed(t *testing.T) {
	for text, want := range map[string]bool{
		`"StringEquals":{"k":"a"}`: true, `"StringEquals":{"k":["a","b"]}`: true, `"ArnLike":{"k":"arn:aws:iam::222222222222:role/r"}`: true, `"ForAnyValue:StringEquals":{"k":"a"}`: true,
		`"StringEquals":{"k":["a","*"]}`: false, `"StringLike":{"k":"a*"}`: false, `"StringLike":{"k":"?"}`: false, `"StringEquals":{"k":"${k}"}`: false, `"StringEquals":{"k":""}`: false, `"StringEquals":{"k":[]}`: false,
		`"StringEqualsIfExists":{"k":"a"}`: false, `"ForAllValues:StringEquals":{"k":"a"}`: false, `"StringNotEquals":{"k":"a"}`: false, `"Null":{"k":"false"}`: false, `"Bool":{"k":"true"}`: false, `"NumericLessThan":{"k":"9"}`: false,
		`"ArnLike":{"k":"arn:aws:iam::*:*"}`:  false,
		`"IpAddress":{"k":"198.51.100.0/24"}`: true, `"IpAddress":{"k":"198.51.100.1"}`: true, `"IpAddress":{"k":["10.0.0.0/8","2001:db8::/32"]}`: true,
		`"IpAddress":{"k":"0.0.0.0/0"}`: false, `"IpAddress":{"k":["0.0.0.0/1","128.0.0.0/1"]}`: false, `"IpAddress":{"k":"16.0.0.0/7"}`: false, `"IpAddress":{"k":"2001::/31"}`: false,
		`"IpAddress":{"k":"::ffff:0.0.0.0/96"}`: false, `"IpAddress":{"k":"all"}`: false, `"NotIpAddress":{"k":"198.51.100.0/24"}`: false,
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Condition":{`+text+`}}]}`)
		if got := len(d.Statements[0].Condition.Tests()[0].Fixed()) > 0; got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// FuzzWide: no text makes it panic, and what is read covers itself; a wide statement
// behind whatever else is always seen.
func FuzzWide(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"s3:*","Resource":"\xff"}]}`, "\xff", "Allow")
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":["a?"],"NotResource":"${x","Condition":{"StringLike":{"k":["*",true,1]}}}}`, "a${\xc3*", "deny")
	f.Fuzz(func(t *testing.T, text, pattern, effect string) {
		wild := policy.Wild(pattern, true)
		if !wild.Within(wild) || !wild.Within(policy.Wild("*", true)) || !slices.Equal(wild, policy.Wild(pattern, true)) {
			t.Errorf("%q is not within itself", pattern)
		}
		d, err := policy.Parse(text)
		if err != nil {
			return
		}
		d.Statements = append(d.Statements, policy.Statement{Effect: policy.Effect(effect), Principal: &policy.Principal{}, Action: policy.Strings{"*"}, Resource: policy.Strings{pattern}})
		meant := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Effect: policy.Allow, Principal: &policy.Principal{AWS: policy.Strings{"222222222222"}}, Action: policy.Strings{"*"}, Resource: policy.Strings{"*"}}}}
		beyond := d.Beyond(meant)
		if effect != "Deny" && (len(beyond) == 0 || beyond[len(beyond)-1].Index != len(d.Statements)-1) {
			t.Errorf("effect %q: everybody is not seen behind %s", effect, text)
		}
	})
}
