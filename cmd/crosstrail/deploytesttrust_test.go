package main

import (
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestTrustRefuses: of each trust policy it is told what it wants.
func TestTrustRefuses(t *testing.T) {
	const (
		user    = "arn:aws:iam::111111111111:user/team/jsmith"
		session = "arn:aws:sts::111111111111:assumed-role/Dev/kim"
		dev     = `"Principal":{"AWS":"arn:aws:iam::111111111111:root"}`
	)
	allow := func(principal, condition string) string {
		return `{"Effect":"Allow",` + principal + `,"Action":"sts:AssumeRole","Condition":{` + condition + `}}`
	}
	for name, c := range map[string]struct {
		caller, externalID, statements string
		mfa                            bool
		want                           string // of the reasons; "?" first: perhaps; "": it lets it in
	}{
		"lets in":                {user, "3414", allow(dev, `"StringEquals":{"sts:ExternalId":"3414"}`), false, ""},
		"wants an external id":   {user, "", allow(dev, `"StringEquals":{"sts:ExternalId":"3414"}`), false, "the role wants an external id, and none was given: it wants 3414"},
		"another external id":    {user, "wrong", allow(dev, `"StringEquals":{"sts:ExternalId":["3414","15"]}`), false, "the role wants another external id than wrong: 3414"},
		"MFA":                    {user, "", allow(dev, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`), false, "the role wants MFA, and none was shown: --mfa-serial"},
		"MFA and the id":         {user, "", allow(dev, `"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"sts:ExternalId":"3414"}`), false, "the role wants an external id"},
		"MFA of a session":       {session, "", allow(dev, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`), false, "which no session of a role can show"},
		"MFA shown":              {user, "", allow(dev, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`), true, ""},
		"MFA's age":              {user, "", allow(dev, `"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}`), false, "the role wants MFA"},
		"another account":        {user, "", allow(`"Principal":{"AWS":"222222222222"}`, ""), false, "does not name " + user + ": it trusts 222222222222"},
		"another user":           {user, "", allow(`"Principal":{"AWS":"arn:aws:iam::111111111111:user/kim"}`, ""), false, "does not name " + user},
		"the user":               {user, "", allow(`"Principal":{"AWS":"`+user+`"}`, ""), false, ""},
		"a role with a path":     {session, "", allow(`"Principal":{"AWS":"arn:aws:iam::111111111111:role/a/b/Dev"}`, ""), false, ""},
		"another role":           {session, "", allow(`"Principal":{"AWS":"arn:aws:iam::111111111111:role/Ops"}`, ""), false, "does not name " + session},
		"who is gone":            {user, "", allow(`"Principal":{"AWS":"AIDAEXAMPLE"}`, ""), false, "?whether the role's trust policy names " + user},
		"a service":              {user, "", allow(`"Principal":{"Service":"lambda.amazonaws.com"}`, ""), false, "it trusts lambda.amazonaws.com"},
		"another action":         {user, "", strings.Replace(allow(dev, ""), "AssumeRole", "TagSession", 1), false, "does not name"},
		"another session name":   {user, "", allow(dev, `"StringLike":{"sts:RoleSessionName":"${aws:username}"}`), false, "the role wants another session name than that of this test, crosstrail-test-x: StringLike sts:RoleSessionName jsmith"},
		"its time is over":       {user, "", allow(dev, `"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}`), false, "may not be assumed at this time: DateLessThan"},
		"an organisation's":      {user, "", allow(dev, `"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}`), false, "?may want more than was shown: StringEquals aws:PrincipalOrgID o-a1b2c3d4e5"},
		"denied":                 {user, "", allow(dev, "") + `,{"Sid":"No","Effect":"Deny",` + dev + `,"Action":"sts:*"}`, false, "denies it: its statement No"},
		"denied without MFA":     {user, "", allow(dev, "") + `,{"Effect":"Deny",` + dev + `,"Action":"sts:*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`, false, "denies it"},
		"denied to others":       {user, "", allow(dev, "") + `,{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}}}`, false, ""},
		"the nearest of several": {user, "3414", allow(dev, `"StringEquals":{"sts:ExternalId":"1"},"Bool":{"aws:MultiFactorAuthPresent":"true"}`) + "," + allow(dev, `"StringEquals":{"sts:ExternalId":"2"}`), false, "another external id than 3414: 2"},
		"one of several":         {user, "2", allow(dev, `"StringEquals":{"sts:ExternalId":"1"}`) + "," + allow(dev, `"StringEquals":{"sts:ExternalId":"2"}`), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + c.statements + `]}`)
			if err != nil {
				t.Fatal(err)
			}
			q := asking{caller: c.caller, account: "111111111111", externalID: c.externalID, session: "crosstrail-test-x", mfa: c.mfa, now: time.Now()}
			r := q.refused(d)
			got := strings.Join(r.why, "; ")
			if len(r.why) == 0 && len(r.perhaps) > 0 {
				got = "?" + strings.Join(r.perhaps, "; ")
			}
			perhaps := strings.HasPrefix(c.want, "?")
			if perhaps != strings.HasPrefix(got, "?") || !strings.Contains(got, strings.TrimPrefix(c.want, "?")) || c.want == "" && got != "" {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestOwnSideRefuses: where the trust policy lets in, what remains is the caller's side,
// and a command for it reaches that.
func TestOwnSideRefuses(t *testing.T) {
	const message = "User: arn:aws:iam::111111111111:user/kim is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::999999999999:role/R"
	side := &awsFlags{o: awscfg.Options{Profile: "dev", RoleARN: "arn:aws:iam::999999999999:role/R"}}
	own := side.o.OwnHints(message)
	if len(own) != 2 || !strings.Contains(own[0], "user/kim needs sts:AssumeRole") || !strings.Contains(own[1], "SCP of account 111111111111") {
		t.Errorf("%q", own)
	}
	if got := side.reachingOwn(own[0]); !strings.Contains(got, "crosstrail share reader-policy --profile dev arn:aws:iam::999999999999:role/R --attach user/kim") {
		t.Error(got)
	}
	if awscfg.NamesPolicy(message) || !awscfg.NamesPolicy(message+" because no identity-based policy allows the sts:AssumeRole action") {
		t.Error("which refusals name a policy")
	}
}

// TestFailuresSaid: lines of the function's log say which message, of one text the last,
// and long ones are cut.
func TestFailuresSaid(t *testing.T) {
	line := func(id, reason string) site.LogLine {
		return site.LogLine{Text: `{"message":"a message was not kept","messageId":"` + id + `","reason":"` + reason + `"}`}
	}
	got := failuresIn([]site.LogLine{line("m1", "no leave"), {Text: `{"message":"failed"}`}, line("m2", "no leave"), line("m3", strings.Repeat("é", 1000)), {Text: strings.Repeat("x", 1000)}})
	if len(got) != 3 || got[0].Text != "a message was not kept: no leave (message m2)" || !strings.HasSuffix(got[1].Text, "é… (message m3)") || len([]rune(got[2].Text)) != mostSaid+1 {
		t.Errorf("%d: %q", len(got), got)
	}
	letters := lettersByReason([]site.DeadLetter{{ID: "m1", By: site.ByFunction, Reason: strings.Repeat("y", 1000)}})
	if len([]rune(letters[0].reason)) != mostSaid+1 {
		t.Errorf("%q", letters[0].reason)
	}
}
