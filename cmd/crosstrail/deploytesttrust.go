package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/share/policy"
)

// asking is who asked a role for a session, and what was shown.
type asking struct {
	caller, account     string // its ARN, as STS tells it
	externalID, session string
	mfa                 bool // a code was given
	temporary           bool // the caller's keys are those of a session
	now                 time.Time
}

// refusedBy are the hints of a refusal, by the role's trust policy as the owner's profile
// reads it; nil where it may not be read, or AWS names another policy.
func (t *trial) refusedBy(ctx context.Context, message string) []string {
	if t.roleAccount() != t.seen.caller.Account || awscfg.NamesPolicy(message) {
		return nil
	}
	name := t.d.role[strings.LastIndexByte(t.d.role, '/')+1:]
	trust, arn, err := site.New(t.hub).Trust(ctx, name)
	if err != nil {
		return nil
	}
	up := "crosstrail deploy up role " + quoteShell(name) + " --to " + t.asAccount + t.d.flag()
	see := "its trust policy: aws iam get-role --role-name " + quoteShell(name) + t.d.aws.cli("")
	switch {
	case arn == "":
		return []string{"there is no role " + name + " in account " + t.roleAccount(), "to make it: " + up}
	case arn != t.d.role:
		return []string{"there is no such role, but one with another path: --role-arn " + quoteShell(arn)}
	}
	document, err := policy.Parse(trust)
	if err != nil {
		return []string{"the role's trust policy cannot be read: " + err.Error(), see}
	}
	q := asking{caller: t.asName, account: t.asAccount, externalID: t.d.externalID, session: t.session, mfa: t.d.mfa != "", now: time.Now()}
	if c, err := t.as.Credentials.Retrieve(ctx); err == nil {
		q.temporary = c.SessionToken != ""
	}
	r := q.refused(document)
	if len(r.why) > 0 {
		if r.untrusted {
			see = "to let it in, where crosstrail made the role: " + up + "; " + see
		}
		return append(r.why, see)
	}
	all := r.perhaps
	if len(all) == 0 {
		all = []string{"the role's trust policy lets it in as it was asked: what refuses is of account " + t.asAccount}
	}
	side := t.d.otherSide(t.session)
	for _, own := range side.o.OwnHints(message) {
		all = append(all, side.reachingOwn(own))
	}
	return all
}

// reachingOwn is a hint whose crosstrail command reaches the other side.
func (a *awsFlags) reachingOwn(hint string) string {
	reach := (&awsFlags{o: awscfg.Options{Profile: a.o.Profile, Region: a.o.Region, Endpoint: a.o.Endpoint}}).flag()
	return strings.Replace(hint, "; crosstrail share reader-policy ", "; crosstrail share reader-policy"+reach+" ", 1)
}

// refusal is why a trust policy does not let the caller in; empty: it does.
type refusal struct {
	why       []string // certain
	untrusted bool     // because it names somebody else
	perhaps   []string // what may be it, where nothing is certain
}

// refused judges a trust policy.
func (q *asking) refused(d *policy.Document) (r refusal) {
	var trusted, denied []string
	var nearest []policy.Test // that fail, of the statement that fails least
	near := false
	for i := range d.Statements {
		s := &d.Statements[i]
		bare := q.about(d.Version, s)
		if s.Effect == policy.Allow && s.Principal != nil {
			trusted = append(append(append(trusted, s.Principal.AWS...), s.Principal.Service...), s.Principal.Federated...)
		}
		if bare == policy.No {
			continue
		}
		failed, unsure := q.tests(d.Version, s)
		sure := bare == policy.Yes && len(unsure) == 0
		switch {
		case s.Effect == policy.Deny && len(failed) > 0:
		case s.Effect == policy.Deny && sure:
			return refusal{why: []string{"the role's trust policy denies it" + sidText(s)}}
		case s.Effect == policy.Deny:
			denied = append(denied, "the role's trust policy may deny it"+sidText(s))
		case len(failed) == 0 && sure:
			near, nearest, r.perhaps = true, nil, nil
		case !near || len(failed) < len(nearest):
			near, nearest, r.perhaps = true, failed, q.uncertain(s, bare, unsure)
		}
	}
	if !near {
		return refusal{why: []string{"the role's trust policy does not name " + q.caller + ": it trusts " + orElse(someOf(unique(trusted)), "nobody")}, untrusted: true}
	}
	for _, test := range nearest {
		r.why = append(r.why, q.wanted(test))
	}
	r.perhaps = append(r.perhaps, denied...)
	return r
}

// uncertain is what cannot be told of a statement.
func (q *asking) uncertain(s *policy.Statement, bare policy.Answer, unsure []policy.Test) (all []string) {
	if bare == policy.Perhaps && s.Principal != nil {
		all = append(all, "whether the role's trust policy names "+q.caller+" is not certain: it names "+someOf(s.Principal.AWS))
	}
	for _, test := range unsure {
		all = append(all, "the role's trust policy may want more than was shown: "+test.String())
	}
	return all
}

func sidText(s *policy.Statement) string {
	if s.Sid == "" {
		return ""
	}
	return ": its statement " + s.Sid
}

// about tells whether a statement is about who calls, whatever its condition. STS tells a
// session's role without its path, so any path is taken.
func (q *asking) about(version string, s *policy.Statement) policy.Answer {
	names := []string{q.caller}
	if parts := strings.SplitN(q.caller, ":", 6); len(parts) == 6 && strings.HasPrefix(parts[5], "assumed-role/") {
		role := strings.Split(parts[5], "/")[1]
		own := strings.Join(parts[:2], ":") + ":iam::" + q.account + ":role/"
		names = append(names, own+role)
		if s.Principal != nil {
			for _, name := range s.Principal.AWS {
				if strings.HasPrefix(name, own) && strings.HasSuffix(name, "/"+role) {
					names = append(names, name)
				}
			}
		}
	}
	bare := &policy.Document{Version: version, Statements: []policy.Statement{{
		Effect: s.Effect, Principal: s.Principal, NotPrincipal: s.NotPrincipal, Action: s.Action, NotAction: s.NotAction,
	}}}
	return bare.Answer(0, policy.Request{Principals: names, Account: q.account, Action: "sts:AssumeRole"})
}

// tests are the lines of a condition that do not hold, and those that cannot be told.
func (q *asking) tests(version string, s *policy.Statement) (failed, unsure []policy.Test) {
	for _, test := range s.Condition.Tests() {
		values := slices.Clone(test.Values)
		if _, user, ok := strings.Cut(q.caller, ":user/"); ok {
			for i := range values {
				values[i] = strings.ReplaceAll(values[i], "${aws:username}", user[strings.LastIndexByte(user, '/')+1:])
			}
		}
		one := &policy.Document{Version: version, Statements: []policy.Statement{{
			Effect: s.Effect, Action: s.Action, NotAction: s.NotAction, Condition: policy.Condition{test.Operator: {test.Key: values}},
		}}}
		test.Values = values
		switch one.Answer(0, policy.Request{Principals: []string{q.caller}, Account: q.account, Action: "sts:AssumeRole", Known: q.known()}) {
		case policy.No:
			failed = append(failed, test)
		case policy.Perhaps:
			unsure = append(unsure, test)
		}
	}
	return failed, unsure
}

// known are the context keys that are known of the call (IAM User Guide, "AWS global
// condition context keys" and "Keys available for AWS STS"): MFA's are not there with a
// user's own keys, and false in a session of a role.
func (q *asking) known() map[string][]string {
	known := map[string][]string{
		"sts:externalid": nil, "sts:rolesessionname": {q.session}, "sts:sourceidentity": nil,
		"aws:principalaccount": {q.account}, "aws:currenttime": {q.now.UTC().Format(time.RFC3339)},
	}
	if q.externalID != "" {
		known["sts:externalid"] = []string{q.externalID}
	}
	switch user := strings.Contains(q.caller, ":user/"); {
	case q.mfa:
		known["aws:multifactorauthpresent"] = []string{"true"}
	case user && !q.temporary:
		known["aws:multifactorauthpresent"], known["aws:multifactorauthage"] = nil, nil
	case !user:
		known["aws:multifactorauthpresent"], known["aws:multifactorauthage"] = []string{"false"}, nil
	}
	if strings.Contains(q.caller, ":user/") {
		known["aws:principalarn"] = []string{q.caller}
	}
	return known
}

// wanted says what a test that fails wants.
func (q *asking) wanted(test policy.Test) string {
	values := someOf(test.Values)
	switch key := policy.Fold(test.Key); {
	case key == "sts:externalid" && q.externalID == "":
		return "the role wants an external id, and none was given: it wants " + values + " (--external-id)"
	case key == "sts:externalid":
		return fmt.Sprintf("the role wants another external id than %s: %s (--external-id)", q.externalID, values)
	case strings.HasPrefix(key, "aws:multifactorauth") && strings.Contains(q.caller, ":assumed-role/"):
		return "the role wants MFA, which no session of a role can show: take an IAM user's own keys and --mfa-serial, or let its owner do without"
	case strings.HasPrefix(key, "aws:multifactorauth"):
		return "the role wants MFA, and none was shown: --mfa-serial, the ARN of the device"
	case key == "sts:rolesessionname":
		return fmt.Sprintf("the role wants another session name than that of this test, %s: %s; let its owner allow crosstrail-test-* too", q.session, test)
	case key == "aws:currenttime":
		return "the role may not be assumed at this time: " + test.String()
	}
	return "the role's trust policy wants what does not hold: " + test.String()
}
