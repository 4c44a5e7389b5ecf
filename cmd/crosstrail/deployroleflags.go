package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
)

// roleFlags are what a role across accounts is to be. What is not given stays as it is,
// and the list of policies grows: --remove takes away.
type roleFlags struct {
	to         string
	externalID string
	mfa        bool
	session    time.Duration
	policies   []string
	remove     removals
}

func (r *roleFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(said(&r.to), "to", "who may assume it: an `ACCOUNT` id, or the ARN of a user or role")
	flags.Var(said(&r.externalID), "external-id", "only with this external `ID`")
	flags.BoolVar(&r.mfa, "require-mfa", false, "only after MFA")
	flags.DurationVar(&r.session, "session-length", 0, "how long a session may be at most, as `4h` (default 1h)")
	flags.StringArrayVar(&r.policies, "policy-arn", nil, "what may be done with it: the `ARN` of a managed policy, or the name of one of AWS's own (repeatable; default "+defaultPolicy+")")
}

const defaultPolicy = "AmazonS3ReadOnlyAccess" // as AWS's text has it

// What IAM takes as names of roles and of managed policies, and as principals.
var (
	roleName     = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	policyRef    = regexp.MustCompile(`^(arn:aws[a-z-]*:iam::(aws|\d{12}):policy/)?[\w+=,.@/-]{1,512}$`)
	principalARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:(user|role)/[\w+=,.@/-]{1,600}$`)
)

func (r *roleFlags) check(cmd *cobra.Command, name string) error {
	if !roleName.MatchString(name) {
		return usage(fmt.Errorf("%s %s: IAM takes no such name of a role", cmd.CommandPath(), quoteShell(name)), "it has 64 signs at most, letters, digits and +=,.@_- alone")
	}
	if r.to != "" && !principalARN.MatchString(r.to) && checkAccount("--to", r.to) != nil {
		return usage(fmt.Errorf("--to %s: it is neither an account nor the ARN of a user or role", quoteShell(r.to)), "for example: --to 111111111111, or --to arn:aws:iam::111111111111:user/jsmith")
	}
	if r.externalID != "" && !externalID.MatchString(r.externalID) {
		return usage(fmt.Errorf("--external-id %s: AWS takes no such external id", quoteShell(r.externalID)), "it has 2 signs or more, letters, digits and +=,.@:/_- alone")
	}
	// IAM API Reference, CreateRole: MaxSessionDuration is 3600 to 43200 seconds.
	if r.session != 0 && (r.session < time.Hour || r.session > 12*time.Hour || r.session%time.Second != 0) {
		return usage(fmt.Errorf("--session-length %s: IAM takes one hour to twelve", r.session))
	}
	for _, p := range r.policies {
		if !policyRef.MatchString(p) {
			return usage(fmt.Errorf("--policy-arn %s: it is neither the ARN of a managed policy nor the name of one", quoteShell(p)), "for example: --policy-arn "+defaultPolicy)
		}
	}
	return r.remove.check("external-id", "policy-arn")
}

// merge brings what was given into a role that is there, or a new one.
func (r *roleFlags) merge(cmd *cobra.Command, role *deploy.Role) error {
	role.To = orElse(r.to, role.To)
	if role.To == "" {
		return usage(fmt.Errorf("%s %s: who may assume it?", cmd.CommandPath(), role.Name), "--to ACCOUNT, or --to ARN")
	}
	role.ExternalID = orElse(r.externalID, r.remove.of("external-id", role.ExternalID))
	if cmd.Flags().Changed("require-mfa") {
		role.RequireMFA = r.mfa
	}
	if r.session != 0 {
		role.Session = r.session
	}
	role.Policies = r.remove.from("policy-arn", unique(append(role.Policies, r.policies...)))
	if err := r.remove.unused(); err != nil {
		return err
	}
	if len(role.Policies) == 0 {
		if len(r.remove.texts) > 0 {
			return usage(errors.New("the role would be left without a policy, and of no use"), "give another: --policy-arn")
		}
		role.Policies = []string{defaultPolicy}
	}
	return nil
}

// conditionsText says with what a role may be assumed.
func conditionsText(r *deploy.Role) string {
	var with []string
	if r.ExternalID != "" {
		with = append(with, "the external id "+r.ExternalID)
	}
	if r.RequireMFA {
		with = append(with, "MFA")
	}
	return strings.Join(with, ", ")
}
