package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// roleUp is one run of deploy up role.
type roleUp struct {
	changing
	flags roleFlags
}

func newUpRoleCommand(ui *terminal) *cobra.Command {
	r := &roleUp{changing: changing{ui: ui}}
	cmd := &cobra.Command{
		Use:   "role NAME",
		Short: "set up a role that is assumed from another account",
		Long: `Set up a role that is assumed from another account, as AWS's text makes CrossAccountTest:
whom it trusts, with which external id, after MFA or without, for how long, and what may
be done with it.

In the end it prints what the developer types who assumes it, ready to send.`,
		Example: `  crosstrail deploy up role CrossAccountTest --profile prod --to 111111111111 --external-id 3414
  crosstrail deploy up role Auditor --to arn:aws:iam::111111111111:user/jsmith --require-mfa \
    --policy-arn SecurityAudit --session-length 4h`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              oneArgument("NAME", "crosstrail deploy up role CrossAccountTest --to 111111111111"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd, args[0]) },
	}
	r.flags.add(cmd)
	r.flags.remove.add(cmd, "policy-arn=AmazonS3ReadOnlyAccess")
	r.add(cmd)
	return cmd
}

func roleWorks() works {
	return works{deploy: []deploy.Work{deploy.WorkRole}, stack: []cfn.Work{cfn.WorkUp, cfn.WorkFind}}
}

func (r *roleUp) run(cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	deployment, err := r.deployment()
	if err != nil {
		return err
	}
	if err := r.flags.check(cmd, name); err != nil {
		return err
	}
	if r.permissions {
		w := roleWorks()
		w.role = name
		return r.printPolicy(w)
	}
	at, err := r.look(ctx)
	if err != nil {
		return err
	}
	var found *cfn.Found
	var role *deploy.Role
	var p *cfn.Plan
	err = r.plannedAnew(func() (err error) {
		if found, err = r.find(ctx, at.stacks, deployment.RoleStack(name)); err != nil {
			return err
		}
		if role, err = r.settings(cmd, name, found); err != nil {
			return err
		}
		role.Deployment = deployment
		p, err = at.stacks.Plan(ctx, cfn.Stack{
			Name: deployment.RoleStack(name), Template: role.Template(), Tags: map[string]string{cfn.Tag: string(deployment)}, Capabilities: []string{"CAPABILITY_NAMED_IAM"},
			Basis: found.Basis(),
		})
		return r.explain(err)
	})
	if err != nil {
		return err
	}
	doing := false
	defer r.drop(ctx, &doing, func(ctx context.Context) error { return at.stacks.Drop(ctx, p) })
	print := func(outputs map[string]string, changed bool) error {
		return r.print(role, flat{
			{"deployment", string(deployment)},
			{"part", "role"},
			{"accountId", at.caller.Account},
			{"region", at.caller.Region},
			{"stack", p.Stack.Name},
			{"roleArn", outputs[deploy.OutputRoleARN]},
			{"to", role.To},
			{"externalId", role.ExternalID},
			{"requireMFA", role.RequireMFA},
			{"policies", role.Policies},
			{"changed", changed},
		}, outputs[deploy.OutputRoleARN])
	}
	if p.Kind == cfn.Unchanged {
		r.ui.say("note", "the role is as it should be: nothing to change")
		return print(found.Outputs, false)
	}
	i := roleIntent(role, p)
	i.Deployment, i.Account, i.Regions = string(deployment), at.caller.Account, []string{at.caller.Region}
	if err := r.showIntent(i); err != nil {
		return err
	}
	if err := r.agreedOn(ctx); err != nil {
		return err
	}
	doing = true
	outputs, err := at.stacks.Do(ctx, p, r.progress(""))
	if err != nil {
		return r.explain(err)
	}
	return print(outputs, true)
}

// settings are those of the role that is there, with what was given.
func (r *roleUp) settings(cmd *cobra.Command, name string, found *cfn.Found) (role *deploy.Role, err error) {
	role = &deploy.Role{Name: name}
	if isLive(found) {
		if role, err = deploy.ReadRole(found.Template); err != nil {
			return nil, r.unread(err, found, "role "+name)
		}
	}
	if err := r.flags.merge(cmd, role); err != nil {
		return nil, err
	}
	return role, wrongSettings(role.Check())
}

// roleIntent says what becomes of a role.
func roleIntent(role *deploy.Role, p *cfn.Plan) *intent {
	i := &intent{Part: "role", Steps: stackSteps(p), Permissions: roleWorks().actions()}
	i.say("role", "%s", role.Name)
	i.say("trusts", "%s", role.To)
	if text := conditionsText(role); text != "" {
		i.say("only with", "%s", text)
	} else {
		i.warn("whoever of %s may call sts:AssumeRole may assume it: an external id (--external-id) or MFA (--require-mfa) narrows that", role.To)
	}
	i.say("may do", "%s", join(role.Policies))
	i.say("costs", "nothing")
	return i
}

func (r *roleUp) print(role *deploy.Role, part flat, arn string) error {
	o := outcome{parts: []flat{part}, blank: part}
	o.lines.add("role", "%s", render.Text(arn))
	handOverRole(&o.told, role, arn)
	return r.printOutcome(&o)
}
