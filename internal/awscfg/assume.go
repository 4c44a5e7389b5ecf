package awscfg

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// refusal is how AWS says that somebody may not assume a role: who, and of some
// policies which it was (IAM User Guide, Troubleshoot access denied error
// messages). Most often it keeps which to itself, and sometimes the resource.
var refusal = regexp.MustCompile(`User: (arn:\S+) is not authorized to perform: sts:AssumeRole(?: on resource: \S+)?(?: (?:because no|with an explicit deny in (?:an?|the)) (.+?) ?(?:policy|policies|boundary)(?: |$|\.))?`)

// refused is what is known of who was refused.
type refused struct {
	who     string // its ARN; empty: not told
	account string
	session bool   // of a role: it can show no MFA
	attach  string // as reader-policy takes it: user/kim, role/LogReader; empty: nothing to attach to
	center  bool   // a role of Identity Center: its policy is the permission set's
	denied  bool   // by a Deny, and not for want of an Allow
	policy  string // which AWS says that it was: "identity-based", "service control", …; empty: not told
}

func readRefusal(message string) refused {
	m := refusal.FindStringSubmatch(message)
	if m == nil {
		return refused{}
	}
	r := refused{who: m[1], policy: m[2], denied: strings.Contains(message, "with an explicit deny")}
	parts := strings.SplitN(r.who, ":", 6)
	if len(parts) < 6 {
		return r
	}
	r.account = parts[4]
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "user":
		r.attach = "user/" + rest[strings.LastIndexByte(rest, '/')+1:]
	case "assumed-role":
		role, _, _ := strings.Cut(rest, "/")
		r.session, r.center = true, strings.HasPrefix(role, "AWSReservedSSO_")
		if !r.center {
			r.attach = "role/" + role
		}
	}
	return r
}

// AssumeHints are the likely causes why a role could not be assumed, the likeliest
// first, with what each would need and who has to do it. Where AWS names the
// policy, it is that one.
func (o *Options) AssumeHints(message string) []string {
	r := readRefusal(message)
	if hint := o.named(&r); hint != "" {
		if r.policy != "role trust" && r.policy != "resource-based" {
			return []string{hint}
		}
		return append([]string{hint}, o.trustHints(&r)...)
	}
	return append(append([]string{o.identityHint(&r)}, o.trustHints(&r)...), fmt.Sprintf(
		"or an SCP of the organisation of %s may forbid it, which its management account would have to change: STS tells none of these apart", r.its()))
}

// OwnHints are AssumeHints where the role's trust policy was read, and lets the caller in:
// what refused is on the caller's side.
func (o *Options) OwnHints(message string) []string {
	r := readRefusal(message)
	return []string{o.identityHint(&r), fmt.Sprintf("or a Deny, a permissions boundary or an SCP of %s forbids it", r.its())}
}

// NamesPolicy reports whether AWS says of a refusal that another policy than the role's
// trust was it.
func NamesPolicy(message string) bool {
	r := readRefusal(message)
	return r.policy != "" && r.policy != "role trust" && r.policy != "resource-based"
}

// named is the hint where AWS names the policy that refused.
func (o *Options) named(r *refused) string {
	does := "allows it in no"
	if r.denied {
		does = "denies it in a"
	}
	switch r.policy {
	case "identity-based":
		if r.denied {
			return fmt.Sprintf("AWS says that it is a Deny in a policy of %s: an administrator of %s has to except sts:AssumeRole on %s from it%s", r.caller(), r.its(), o.RoleARN, o.orMFA(r))
		}
		return "AWS says that it is this: " + o.identityHint(r)
	case "service control":
		return fmt.Sprintf("AWS says that the organisation of %s %s service control policy: its management account has to let %s call sts:AssumeRole on %s", r.its(), does, r.caller(), o.RoleARN)
	case "resource control":
		return fmt.Sprintf("AWS says that the organisation of account %s %s resource control policy: its management account has to let account %s in", o.owner(), does, cmp.Or(r.account, "of the caller"))
	case "permissions":
		return fmt.Sprintf("AWS says that it is the permissions boundary of %s: an administrator of %s has to allow sts:AssumeRole on %s there too", r.caller(), r.its(), o.RoleARN)
	case "session":
		return fmt.Sprintf("AWS says that it is the session policy that %s was signed in with: sign in without it, or with one that allows sts:AssumeRole on %s", r.caller(), o.RoleARN)
	case "VPC endpoint":
		return "AWS says that it is the policy of the VPC endpoint for STS: it has to allow sts:AssumeRole on " + o.RoleARN + "; or call from elsewhere"
	case "role trust", "resource-based":
		return fmt.Sprintf("AWS says that it is the role's trust policy, which account %s has to change, or which wants more than was shown:", o.owner())
	}
	return ""
}

// identityHint is what the caller lacks in its own account.
func (o *Options) identityHint(r *refused) string {
	statement := fmt.Sprintf(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":%q}`, o.RoleARN)
	hint := fmt.Sprintf("%s needs sts:AssumeRole on %s in a policy of its own, which an administrator of %s adds: %s", r.caller(), o.RoleARN, r.its(), statement)
	switch {
	case r.center:
		hint += ", in the permission set of Identity Center that the role is of"
	case r.attach != "":
		hint += "; crosstrail share reader-policy " + o.RoleARN + " --attach " + r.attach + " does it"
	}
	if r.account != "" && r.account == o.owner() {
		hint += "; within one account a trust policy that names the caller itself is enough too"
	}
	return hint
}

// trustHints are what a role's trust policy may want.
func (o *Options) trustHints(r *refused) []string {
	var hints []string
	switch {
	case o.ExternalID != "":
		hints = append(hints, "the external id may be another: ask the role's owner, account "+o.owner())
	case r.account == "" || r.account != o.owner():
		hints = append(hints, "the role may want an external id: --external-id, as its owner has it in the trust policy")
	}
	switch {
	case o.MFASerial != "": // it was shown
	case r.session:
		hints = append(hints, "the role may want MFA, which no session of a role can show: then assume it with an IAM user's own keys and --mfa-serial, or have its owner do without")
	default:
		hints = append(hints, "the role may want MFA: --mfa-serial, the ARN of your device (aws iam list-mfa-devices)")
	}
	session := "its owner may have pinned the session's name: --session-name"
	if o.SessionName != "" {
		session = "its owner may have pinned another session name than " + o.SessionName
	}
	return append(hints, session, fmt.Sprintf("the role's trust policy may not name %s, or its time may have ended, or the role may not be there: account %s, its owner, can tell (crosstrail share verify)",
		cmp.Or(r.who, "the caller"), o.owner()))
}

// orMFA is for a Deny that goes where MFA was shown, as many users have one.
func (o *Options) orMFA(r *refused) string {
	if r.session || o.MFASerial != "" {
		return ""
	}
	return "; such a Deny often ends with MFA: --mfa-serial"
}

// owner is the account that the role is of.
func (o *Options) owner() string {
	parts := strings.Split(o.RoleARN, ":")
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

func (r *refused) caller() string { return cmp.Or(r.who, "the caller") }

func (r *refused) its() string {
	if r.account == "" {
		return "the caller's account"
	}
	return "account " + r.account
}
