package awscfg_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/internal/awscfg"
)

// TestWhyNot: what AWS says is told first, and else what is likeliest of who asked.
// The words are those of the IAM User Guide, Troubleshoot access denied error
// messages.
func TestWhyNot(t *testing.T) {
	const role = "arn:aws:iam::999999999999:role/log-reader"
	const kim, ci, sso = "arn:aws:iam::222222222222:user/team/kim", "arn:aws:sts::222222222222:assumed-role/ci/build", "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/kim"
	for _, c := range []struct {
		name, who, why string
		o              awscfg.Options
		want           []string // of each hint, in order
	}{
		{"a user of another account, who shows nothing", kim, "", awscfg.Options{}, []string{
			kim + ` needs sts:AssumeRole on ` + role + ` in a policy of its own, which an administrator of account 222222222222 adds: {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + role + `"}; crosstrail share reader-policy ` + role + ` --attach user/kim`,
			"may want an external id: --external-id", "may want MFA: --mfa-serial", "--session-name", "trust policy may not name " + kim, "an SCP of the organisation of account 222222222222",
		}},
		{"one who shows all", kim, "", awscfg.Options{ExternalID: "3414", MFASerial: "arn:aws:iam::222222222222:mfa/kim", SessionName: "kim"}, []string{
			"--attach user/kim", "the external id may be another: ask the role's owner, account 999999999999", "pinned another session name than kim", "trust policy", "SCP",
		}},
		{"a session", ci, "", awscfg.Options{}, []string{"--attach role/ci", "external id", "no session of a role can show", "--session-name", "trust policy", "SCP"}},
		{"single sign-on", sso, "", awscfg.Options{}, []string{"permission set of Identity Center", "external id", "no session of a role", "--session-name", "trust policy", "SCP"}},
		{"the role's own account", strings.Replace(kim, "2", "9", 12), "", awscfg.Options{}, []string{"names the caller itself is enough too", "may want MFA", "--session-name", "trust policy", "SCP"}},
		{"no identity-based policy", kim, " because no identity-based policy allows the sts:AssumeRole action", awscfg.Options{}, []string{"AWS says that it is this: " + kim + " needs sts:AssumeRole"}},
		{"a Deny", kim, " with an explicit deny in an identity-based policy", awscfg.Options{}, []string{"it is a Deny in a policy of " + kim + ": an administrator of account 222222222222 has to except"}},
		{"an SCP that denies", kim, " with an explicit deny in a service control policy", awscfg.Options{}, []string{"organisation of account 222222222222 denies it in a service control policy: its management account"}},
		{"no SCP that allows", kim, " because no service control policy allows the sts:AssumeRole action", awscfg.Options{}, []string{"allows it in no service control policy"}},
		{"a resource control policy", kim, " with an explicit deny in a resource control policy", awscfg.Options{}, []string{"organisation of account 999999999999 denies it in a resource control policy"}},
		{"a boundary", kim, " because no permissions boundary allows the sts:AssumeRole action", awscfg.Options{}, []string{"permissions boundary of " + kim}},
		{"a session policy", ci, " because no session policy allows the sts:AssumeRole action", awscfg.Options{}, []string{"the session policy that " + ci}},
		{"an endpoint", kim, " because no VPC endpoint policy allows the sts:AssumeRole action", awscfg.Options{}, []string{"VPC endpoint for STS"}},
		{"the trust policy", kim, " because no role trust policy allows the sts:AssumeRole action", awscfg.Options{}, []string{"the role's trust policy, which account 999999999999 has to change", "external id", "MFA", "--session-name", "trust policy may not name " + kim}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.RoleARN = role
			message := "User: " + c.who + " is not authorized to perform: sts:AssumeRole on resource: " + role + c.why
			hints := hintsOf(&c.o, message)
			if short := hintsOf(&c.o, strings.Replace(message, " on resource: "+role, "", 1)); strings.Join(short, "\n") != strings.Join(hints, "\n") {
				t.Errorf("where AWS names no resource, it is told otherwise:\n%s", strings.Join(short, "\n"))
			}
			if len(hints) != len(c.want) {
				t.Fatalf("%d hints of %d:\n%s", len(hints), len(c.want), strings.Join(hints, "\n"))
			}
			for i, want := range c.want {
				if !strings.Contains(hints[i], want) {
					t.Errorf("%d is not %q: %s", i, want, hints[i])
				}
			}
		})
	}
}

func hintsOf(o *awscfg.Options, message string) []string {
	return o.Hints(fmt.Errorf("fetching: %w", &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: errors.Join(&smithy.GenericAPIError{Code: "AccessDenied", Message: message})}))
}
