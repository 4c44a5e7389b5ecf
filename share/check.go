package share

import (
	"regexp"
	"strings"
)

// principal is an ARN that a policy can name: of an account, a user or a role (IAM
// User Guide, AWS JSON policy elements: Principal).
var principal = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):(root$|(?:user|role)/[\w+=,.@/-]+$)`)

// Check refuses what makes no sense wherever it is asked for: nothing of AWS is read
// for it. The error is a [*Refusal].
func (w *Want) Check() error {
	if !w.Since.IsZero() && !w.Until.IsZero() && w.Until.Before(w.Since.Time) {
		return misread("", "--until %s is before --since %s", w.Until, w.Since)
	}
	if err := w.checkForms(); err != nil {
		return err
	}
	if w.Organization {
		return w.checkOrganization()
	}
	if err := w.checkReader(); err != nil {
		return err
	}
	if why := w.roleOnly(); w.Via == BucketPolicy && why != "" {
		return misread("--via role, or leave it away", "the bucket's policy cannot do that: %s", why)
	}
	return nil
}

// roleOnly tells what of a want the policy of a bucket cannot do, whatever the bucket;
// empty: nothing.
func (w *Want) roleOnly() string {
	switch {
	case w.ExternalID != "":
		return "requests to S3 carry no external id: only who assumes a role shows one"
	case w.SessionName != "":
		return "a session has a name only in a role"
	case w.Policy != "" && w.Policy != Minimal:
		return "--policy " + string(w.Policy) + " is a policy of a role"
	}
	return ""
}

func (w *Want) checkOrganization() error {
	switch why := w.roleOnly(); {
	case w.To != "":
		return misread("a grant for each", "it is for the organisation, and for %q", w.To)
	case w.Via == Role:
		return misread("leave --via away", "--to-organization is done by the bucket's policy: in a role's session ${aws:PrincipalAccount} would be your own account")
	case why != "":
		return misread("a role for one account: --to ACCOUNT", "--to-organization is done by the bucket's policy, which cannot do that: %s", why)
	case w.Logs.All || len(w.Logs.Accounts) > 0:
		return misread("one account that reads all: --to ACCOUNT --logs all", "--to-organization lets each account read its own log files, and no others")
	}
	return nil
}

// checkReader is about the forms of an account id and of ARNs.
func (w *Want) checkReader() error {
	const forms = "an account id has twelve digits, zeros in front included; an ARN is that of a user or role, as arn:aws:iam::222222222222:role/Audit"
	switch {
	case IsAccount(w.To), principal.MatchString(w.To):
		return nil
	case !strings.HasPrefix(w.To, "arn:"):
		return misread(forms, "%q is no account id and no ARN", w.To)
	case strings.Contains(w.To, ":assumed-role/"):
		return misread("give the role's own ARN, arn:aws:iam::ACCOUNT:role/NAME; which: aws iam get-role --role-name NAME", "%s is a session, and ends", w.To)
	case strings.Contains(w.To, ":group/"):
		return misread("name its users one by one, or their account", "%s is a group, and no policy can name one", w.To)
	}
	return misread(forms, "%s is the ARN of nobody who can read: it has to be that of a user or role", w.To)
}
