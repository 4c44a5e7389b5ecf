package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestGivesNothing: nobody is handed a grant by which nothing can be read.
func TestGivesNothing(t *testing.T) {
	now := time.Date(2026, 3, 3, 15, 0, 0, 0, time.UTC)
	open := &policy.Document{Statements: []policy.Statement{{Effect: policy.Allow}}}
	role := &share.RoleState{Trust: open, Inline: map[string]*policy.Document{"crosstrail": open}}
	for name, c := range map[string]struct {
		f    share.Found
		want string
	}{
		"in force":       {share.Found{Grant: &share.Grant{ID: "aaaaaaaaaaaa", Expires: now.Add(time.Hour)}, Role: role}, ""},
		"no role":        {share.Found{Grant: &share.Grant{ID: "aaaaaaaaaaaa"}}, ""},
		"ended":          {share.Found{Grant: &share.Grant{ID: "aaaaaaaaaaaa", Expires: now}, Role: role}, "ended at 2026-03-03T15:00:00Z"},
		"no permissions": {share.Found{Grant: &share.Grant{ID: "aaaaaaaaaaaa"}, Role: &share.RoleState{Trust: open}}, "its role has no permissions"},
		"shut":           {share.Found{Grant: &share.Grant{ID: "aaaaaaaaaaaa"}, Role: &share.RoleState{Trust: &policy.Document{}, Inline: role.Inline}}, "is being revoked"},
	} {
		err := givesNothing(&c.f, now)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, wanted %q", name, err, c.want)
		}
		if f, ok := errors.AsType[*failure](err); err != nil && (!ok || len(f.hints) == 0) {
			t.Errorf("%s: what is to be done about it?", name)
		}
	}
}

// TestLetterNames: what has to be a user is told so, and the session has a name
// that the grant takes.
func TestLetterNames(t *testing.T) {
	const account, user = "222222222222", "arn:aws:iam::222222222222:user/team/kim"
	for name, c := range map[string]struct {
		g    share.Grant
		want []string
		not  string
	}{
		"to an account":       {share.Grant{To: account}, []string{"Session name: any", "attach-role-policy --role-name YOUR-ROLE", "--attach role/YOUR-ROLE"}, "role_session_name"},
		"with MFA":            {share.Grant{To: account, MFA: true}, []string{"attach-user-policy --user-name YOUR-USER", "--attach user/YOUR-USER", "who calls as a role has none to show"}, "YOUR-ROLE"},
		"pinned to the user":  {share.Grant{To: account, SessionName: "${aws:username}"}, []string{"Session name: the name of the IAM user that calls, as it stands", "role_session_name = YOUR-USER\n", "--session-name YOUR-USER ", "attach-user-policy", "which no role has"}, "YOUR-ROLE"},
		"and that is one":     {share.Grant{To: user, SessionName: "audit-${aws:username}"}, []string{"Session name: audit-${aws:username}, where ${aws:username} is", "role_session_name = audit-kim\n", "--session-name audit-kim "}, "YOUR-" + "USER"},
		"pinned to a pattern": {share.Grant{To: account, SessionName: "audit-*"}, []string{"Session name: audit-*, where * is any text", "role_session_name = A-NAME-THAT-FITS\n"}, "YOUR-USER"},
		"pinned to a name":    {share.Grant{To: account, SessionName: "audit"}, []string{"Session name: audit; any other is refused", "role_session_name = audit\n"}, "YOUR-USER"},
	} {
		c.g.ID, c.g.Means, c.g.Partition, c.g.Owner, c.g.Bucket = "aaaaaaaaaaaa", share.Role, "aws", "999999999999", "logs"
		var b strings.Builder
		if err := printHandover(&b, &share.Handover{Grant: &c.g, Region: "us-east-1", Folders: []string{"AWSLogs/" + account + "/"}, Policy: &policy.Document{}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, &b)
			}
		}
		if strings.Contains(b.String(), c.not) {
			t.Errorf("%s: has %q\n%s", name, c.not, &b)
		}
	}
}
