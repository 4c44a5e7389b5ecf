package main

import (
	"cmp"
	"errors"
	"fmt"
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
	flags.StringArrayVar(&r.policies, "policy-arn", nil, "what may be done with it: the `ARN` of a managed policy, or the name of one of AWS's own (repeatable; default "+deploy.DefaultPolicy+")")
}

func (r *roleFlags) check(cmd *cobra.Command, name string) error {
	if err := deploy.RoleName.Check(name); err != nil {
		return usage(fmt.Errorf("%s: %w", cmd.CommandPath(), err))
	}
	if err := cmp.Or(checkFlag("to", deploy.Principal, r.to), checkFlag("external-id", deploy.ExternalID, r.externalID), checkFlags("policy-arn", deploy.Policy, r.policies)); err != nil {
		return err
	}
	if r.session != 0 {
		if err := deploy.CheckSession(r.session); err != nil {
			return usage(fmt.Errorf("--session-length: %w", err))
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
		role.Policies = []string{deploy.DefaultPolicy}
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
