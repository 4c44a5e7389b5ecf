package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

func newDeployDownCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "down",
		Short: "take a hub, a spoke or a role down",
		Long: `Take a hub, a spoke or a role down: show what would be removed, ask, and remove it. Nothing
is removed that crosstrail did not make: of a bucket's notices the hub's own alone, of
stacks those with crosstrail's tag. A run that is stopped on the way is finished by the
next.

A hub's table stays, with all that is in it, unless --delete-table.`,
		Example: `  crosstrail deploy down spoke --profile dev
  crosstrail deploy down role CrossAccountTest --profile prod
  crosstrail deploy down hub --profile prod`,
	}, newDownHubCommand(ui), newDownSpokeCommand(ui), newDownRoleCommand(ui))
}

// addDown are the flags of what takes down.
func (c *changing) addDown(cmd *cobra.Command) {
	c.add(cmd)
	cmd.Flags().Lookup("dry-run").Usage = "say what would be removed, and remove nothing"
}

// gone is that there is nothing to take down.
func (c *changing) gone(what string, hints ...string) error {
	return &failure{err: fmt.Errorf("there is no %s", what), status: exitFinding, hints: append(hints, "another deployment: --name; another account or region: --profile, --aws-region")}
}

// resourceSteps are the resources of a stack that would be removed.
func resourceSteps(found *cfn.Found, keeps func(cfn.Resource) bool) []step {
	var all []step
	for _, r := range found.Resources {
		if r.Status == "DELETE_COMPLETE" || keeps != nil && keeps(r) {
			continue
		}
		what, name := resourceText(r.Type, r.LogicalID, r.PhysicalID)
		all = append(all, step{"stack " + found.Name, toRemove, what, name, ""})
	}
	if len(all) == 0 {
		all = []step{{"stack " + found.Name, toRemove, "the stack, which has nothing in it", "", ""}}
	}
	return all
}

// printRemoved prints for programs what is gone.
func (c *changing) printRemoved(parts ...flat) error {
	if render.Form(c.form) == render.Table {
		return nil
	}
	return c.ui.print(func(w io.Writer) error { return printList(w, render.Form(c.form), parts[0], parts) })
}

func newDownRoleCommand(ui *terminal) *cobra.Command {
	c := &changing{ui: ui}
	cmd := &cobra.Command{
		Use:   "role NAME",
		Short: "take a role down",
		Long: `Take a role down that crosstrail deploy up role set up: nobody assumes it any more, and
sessions in it that still run can do nothing.`,
		Example:           `  crosstrail deploy down role CrossAccountTest --profile prod`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              oneArgument("NAME", "crosstrail deploy down role CrossAccountTest"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := deploy.RoleName.Check(args[0]); err != nil {
				return usage(fmt.Errorf("%s: %w", cmd.CommandPath(), err))
			}
			return c.downRole(cmd.Context(), args[0])
		},
	}
	c.addDown(cmd)
	return cmd
}

func (c *changing) downRole(ctx context.Context, role string) error {
	name, err := c.deployment()
	if err != nil {
		return err
	}
	if c.permissions {
		return c.printPolicy(works{deploy: []deploy.Work{deploy.WorkRole}, stack: []cfn.Work{cfn.WorkDown, cfn.WorkFind}, role: role, down: true})
	}
	at, err := c.look(ctx)
	if err != nil {
		return err
	}
	found, err := c.find(ctx, at.stacks, name.RoleStack(role))
	if err != nil {
		return err
	}
	if found == nil {
		return c.gone(fmt.Sprintf("role %s of the deployment %s in account %s, %s", role, name, at.caller.Account, at.caller.Region))
	}
	i := &intent{Deployment: string(name), Part: "role", Account: at.caller.Account, Regions: []string{at.caller.Region}, Steps: resourceSteps(found, nil)}
	if err := c.showIntent(i); err != nil {
		return err
	}
	if err := c.agreedOn(ctx); err != nil {
		return err
	}
	if err := at.stacks.Delete(ctx, found.Name, c.progress("")); err != nil && !errors.Is(err, cfn.ErrNone) {
		return c.explain(err)
	}
	return c.printRemoved(flat{{"deployment", string(name)}, {"part", "role"}, {"accountId", at.caller.Account}, {"region", at.caller.Region}, {"stack", found.Name}})
}

func newDownSpokeCommand(ui *terminal) *cobra.Command {
	c, where := &changing{ui: ui}, regionFlags{}
	cmd := &cobra.Command{
		Use:   "spoke",
		Short: "take a spoke down, in every region where it is",
		Long: `Take a spoke down in every region that is enabled, or in those that --region names: nothing
is sent to the hub from there any more. With --organization it is the StackSet, with what
it made in every account.

The hub is not touched: crosstrail deploy up hub --remove account=ID there.`,
		Example: `  crosstrail deploy down spoke --profile dev
  crosstrail deploy down spoke --profile dev --region eu-west-1`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := where.check(); err != nil {
				return err
			}
			return c.downSpoke(cmd.Context(), where)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&where.regions, "region", nil, "only in this `REGION` (repeatable; default: in every one that is enabled)")
	flags.BoolVar(&where.organization, "organization", false, "the StackSet of an organisation")
	c.addDown(cmd)
	return cmd
}

func (c *changing) downSpoke(ctx context.Context, where regionFlags) error {
	name, err := c.deployment()
	if err != nil {
		return err
	}
	if c.permissions {
		w := works{deploy: []deploy.Work{deploy.WorkSpoke}, stack: []cfn.Work{cfn.WorkDown, cfn.WorkFind}, more: []string{"account:ListRegions"}, down: true}
		if where.organization {
			w = works{deploy: []deploy.Work{deploy.WorkStackSet}, stack: []cfn.Work{cfn.WorkSetDown, cfn.WorkSetFind}, down: true}
		}
		return c.printPolicy(w)
	}
	at, err := c.look(ctx)
	if err != nil {
		return err
	}
	if where.organization {
		return c.downSet(ctx, at, name)
	}
	regions, err := c.regionsOf(ctx, at, where.regions)
	if err != nil {
		return err
	}
	in, err := c.findIn(ctx, at, regions, name.SpokeStack())
	if err != nil {
		return err
	}
	i := &intent{Deployment: string(name), Part: "spoke", Account: at.caller.Account}
	var there []*regional
	for _, r := range in {
		if r.found == nil {
			continue
		}
		there = append(there, r)
		i.Regions = append(i.Regions, r.region)
		for _, one := range resourceSteps(r.found, nil) {
			one.Where += " in " + r.region
			i.Steps = append(i.Steps, one)
		}
	}
	if len(there) == 0 {
		return c.gone(fmt.Sprintf("spoke of the deployment %s in account %s, %s", name, at.caller.Account, join(regions)), "where an organisation's StackSet made it: --organization, from the management account or the delegated administrator")
	}
	if err := c.showIntent(i); err != nil {
		return err
	}
	if err := c.agreedOn(ctx); err != nil {
		return err
	}
	c.each(there, func(r *regional) {
		if r.err = r.stacks.Delete(ctx, r.found.Name, c.failures(r.region)); errors.Is(r.err, cfn.ErrNone) {
			r.err = nil // another took it down meanwhile
		}
		if r.err == nil {
			fmt.Fprintln(c.ui.stderr, render.Text(r.region+": removed"))
		}
	})
	if ctx.Err() != nil {
		return c.interrupted(ctx, there)
	}
	var parts []flat
	for _, r := range there {
		if r.err == nil {
			parts = append(parts, flat{{"deployment", string(name)}, {"part", "spoke"}, {"accountId", at.caller.Account}, {"region", r.region}, {"stack", r.found.Name}})
		}
	}
	if len(parts) > 0 {
		if err := c.printRemoved(parts...); err != nil {
			return err
		}
	}
	return c.inPart(there, "removed")
}

// downSet takes a StackSet down.
func (c *changing) downSet(ctx context.Context, at *lookedAt, name deploy.Name) error {
	delegated, err := c.isDelegated(ctx, at)
	if err != nil {
		return err
	}
	found, err := at.stacks.FindSet(ctx, name.SpokeStack(), delegated)
	switch {
	case errors.Is(err, cfn.ErrNone):
		return c.gone(fmt.Sprintf("StackSet %s in account %s, %s", name.SpokeStack(), at.caller.Account, at.caller.Region))
	case err != nil:
		return c.explain(err)
	}
	i := &intent{Deployment: string(name), Part: "spoke", Account: at.caller.Account, Regions: found.Regions}
	i.say("StackSet", "%s, with %s in %s", found.Name, number(len(found.Instances), "stack"), strings.Join(found.OUs, ", "))
	i.Steps = []step{{"StackSet " + found.Name, toRemove, "all of them, and the StackSet", "", ""}}
	if err := c.showIntent(i); err != nil {
		return err
	}
	if err := c.agreedOn(ctx); err != nil {
		return err
	}
	told := setProgress{ui: c.ui}
	if err := at.stacks.DeleteSet(ctx, found.Name, delegated, told.tell); err != nil && !errors.Is(err, cfn.ErrNone) {
		return c.setFailed(err, told.done)
	}
	return c.printRemoved(flat{{"deployment", string(name)}, {"part", "spoke"}, {"accountId", at.caller.Account}, {"stackSet", found.Name}})
}
