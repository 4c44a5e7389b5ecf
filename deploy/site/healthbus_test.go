package site_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/share/policy"
)

// Whom a bus lets put a spoke's events is what its policy says, denials and conditions
// too.
func TestBusLets(t *testing.T) {
	const bus, dev = "arn:aws:events:us-east-1:999999999999:event-bus/crosstrail", "111111111111"
	allow := func(who, more string) string {
		return `{"Effect":"Allow","Principal":` + who + `,"Action":"events:PutEvents","Resource":"` + bus + `"` + more + `}`
	}
	const named, everybody = `{"AWS":"arn:aws:iam::111111111111:root"}`, `"*"`
	const org, forwarded = `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, `,"Condition":{"StringEquals":{"events:source":["aws.sts","aws.sso"]},"Bool":{"events:eventBusInvocation":"true"}}`
	for name, c := range map[string]struct {
		statements []string
		want       policy.Answer
		who        string
	}{
		"nothing":               {nil, policy.No, ""},
		"the account":           {[]string{allow(named, "")}, policy.Yes, dev},
		"by its number":         {[]string{allow(`{"AWS":["222222222222","111111111111"]}`, "")}, policy.Yes, dev + " 222222222222"},
		"what rules forward":    {[]string{allow(named, forwarded)}, policy.Yes, dev},
		"another source":        {[]string{allow(named, `,"Condition":{"StringEquals":{"events:source":"aws.sso"}}`)}, policy.No, ""},
		"another action":        {[]string{strings.Replace(allow(named, ""), "PutEvents", "PutRule", 1)}, policy.No, ""},
		"another bus":           {[]string{strings.Replace(allow(named, ""), "event-bus/crosstrail", "event-bus/other", 1)}, policy.No, ""},
		"every action":          {[]string{strings.Replace(allow(named, ""), "PutEvents", "*", 1)}, policy.Yes, dev},
		"another account":       {[]string{allow(`{"AWS":"222222222222"}`, "")}, policy.No, "222222222222"},
		"an organisation":       {[]string{allow(everybody, org)}, policy.Perhaps, "o-1"},
		"everybody":             {[]string{allow(everybody, "")}, policy.Yes, "anybody"},
		"denied":                {[]string{allow(named, ""), strings.Replace(allow(named, ""), "Allow", "Deny", 1)}, policy.No, dev},
		"denied, before":        {[]string{strings.Replace(allow(everybody, ""), "Allow", "Deny", 1), allow(named, "")}, policy.No, dev},
		"denied to outsiders":   {[]string{allow(named, ""), strings.Replace(allow(everybody, strings.Replace(org, "StringEquals", "StringNotEquals", 1)), "Allow", "Deny", 1)}, policy.Perhaps, dev},
		"denied to another one": {[]string{allow(named, ""), strings.Replace(allow(`{"AWS":"222222222222"}`, ""), "Allow", "Deny", 1)}, policy.Yes, dev},
	} {
		text := ""
		if c.statements != nil {
			text = `{"Version":"2012-10-17","Statement":[` + strings.Join(c.statements, ",") + `]}`
		}
		b, err := site.BusOf("crosstrail", bus, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		who := strings.Join(append(b.Accounts, b.Organizations...), " ")
		if b.Anybody {
			who = "anybody"
		}
		if got := b.Lets(dev); got != c.want || who != c.who {
			t.Errorf("%s: %v of %q, want %v of %q", name, got, who, c.want, c.who)
		}
	}
	if b, err := site.BusOf("crosstrail", bus, ""); err != nil || b.Lets("999999999999") != policy.Yes {
		t.Error("its own account may not")
	}
	if _, err := site.BusOf("crosstrail", bus, "no policy"); err == nil {
		t.Error("what is no policy was read")
	}
}
