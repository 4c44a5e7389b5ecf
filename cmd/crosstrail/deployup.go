package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
)

func newDeployUpCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "up",
		Short: "set up a hub, a spoke or a role, or change what differs",
		Long: `Set up a hub, a spoke or a role: look at what is there, say what would be changed, what is
expected to come and to cost, and which permissions it needs; ask; do it. Where something
fails, it says what, and what was rolled back.

The same command again changes only what differs, and finishes what was interrupted.
What an earlier run was given stays without being given again, and accounts, topics,
external ids and the like are added to those that are there: --remove takes one away.`,
		Example: `  crosstrail deploy up hub --account 111111111111 \
    --watch-role arn:aws:iam::999999999999:role/CrossAccountTest
  crosstrail deploy up role CrossAccountTest --to 111111111111 --external-id 3414
  crosstrail deploy up spoke --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail`,
	}, newUpHubCommand(ui), newUpSpokeCommand(ui), newUpRoleCommand(ui))
}

// changing are the flags of what changes a deployment, up and down.
type changing struct {
	ui *terminal
	deployFlags
	yes, dry, permissions bool
	form                  formValue
}

func (c *changing) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	c.addName(cmd)
	flags.BoolVar(&c.dry, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(&c.permissions, "permissions", false, "print the IAM policy that this command needs, and do nothing: AWS is not called")
	flags.BoolVar(&c.yes, "yes", false, "do it without asking")
	addForm(cmd, &c.form)
	c.addAWS(cmd)
}

// lookedAt is where a command works.
type lookedAt struct {
	cfg    aws.Config
	site   *site.Site
	caller site.Caller
	stacks *cfn.Client
}

// client drives CloudFormation, and tells what it waits for.
func (c *changing) client(cfg aws.Config) *cfn.Client {
	client := cfn.New(cfg)
	client.Note = func(text string) { c.ui.say("note", text) }
	return client
}

func (c *changing) look(ctx context.Context) (*lookedAt, error) {
	cfg, err := c.config(ctx, c.ui)
	if err != nil {
		return nil, err
	}
	s := site.New(cfg)
	caller, err := s.Caller(ctx)
	if err != nil {
		return nil, c.explain(err)
	}
	return &lookedAt{cfg, s, caller, c.client(cfg)}, nil
}

// find is what is there of a stack of ours; nil: there is none.
func (c *changing) find(ctx context.Context, at *cfn.Client, name string) (*cfn.Found, error) {
	found, err := at.Find(ctx, name)
	switch {
	case errors.Is(err, cfn.ErrNone):
		return nil, nil
	case err != nil:
		return nil, c.explain(err)
	case !found.Ours:
		return nil, hinted(fmt.Errorf("there is a stack %s that crosstrail did not make (it has no tag %s): it is not touched", name, cfn.Tag), "give the deployment another name: --name NAME")
	}
	return found, nil
}

// dealings is how often somebody else may come between what is read and what is made of
// it.
const dealings = 10

// plannedAnew reads and plans again where somebody else changed the same deployment in
// between: what they gave stays, beside what this command gives.
func (c *changing) plannedAnew(plan func() error) error {
	for try := 1; ; try++ {
		err := plan()
		if try == dealings || !errors.Is(err, cfn.ErrObsolete) {
			return err
		}
		c.ui.say("note", "somebody else changed the same deployment meanwhile: it is looked at again")
	}
}

// isLive reports whether a stack was ever made whole: one that was not has nothing to
// be kept.
func isLive(found *cfn.Found) bool {
	if found == nil {
		return false
	}
	switch found.Status {
	case "REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED":
		return false
	}
	return true
}

const permissionsHint = "--permissions prints the policy that this command needs"

// explain is an error of deploying with what to do about it.
func (c *changing) explain(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*site.Error](err); ok {
		switch {
		case e.Misread:
			return usage(err, c.reaching(e.Hints)...)
		case e.Denied:
			return hinted(err, append(c.reaching(e.Hints), permissionsHint)...)
		case len(e.Hints) > 0:
			return hinted(err, c.reaching(e.Hints)...)
		}
	}
	hints := cfn.Hints(err, c.aws.cli)
	if errors.Is(err, cfn.ErrObsolete) {
		hints = append(hints, "somebody else changes the same deployment: run it again, and look at what it would change then")
	}
	if e, ok := errors.AsType[*cfn.FailedError](err); ok {
		if strings.Contains(e.Failed.Reason, "is not authorized to perform") {
			hints = append(hints, "CloudFormation works with your permissions: --permissions prints the policy that this takes")
		}
		hints = append(hints, "when that is mended, the same command does the rest")
	}
	if _, ok := errors.AsType[*cfn.AwayError](err); ok {
		return hinted(errors.New(err.Error()), hints...) // who stopped it has to hear more than that
	}
	if strings.Contains(err.Error(), "is not authorized to perform") && len(hints) == 0 {
		hints = append(hints, permissionsHint)
	}
	if len(hints) > 0 {
		return hinted(err, hints...)
	}
	return c.aws.explained(err)
}

// reaching are hints whose aws commands reach the same place.
func (c *changing) reaching(hints []string) []string {
	all := make([]string, len(hints))
	for i, hint := range hints {
		all[i] = c.aws.reaching(hint)
	}
	return all
}

// wrongSettings says what is wrong with what a deployment is to be, on a line.
func wrongSettings(err error) error {
	if err == nil {
		return nil
	}
	return usage(errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")))
}

// unread is a stack of ours whose settings cannot be told. part is what it is of, as
// deploy down takes it.
func (c *changing) unread(err error, found *cfn.Found, part string) error {
	hint := "take it down and set it up anew: crosstrail deploy down " + part + c.flag()
	if part == "hub" {
		hint += "; its table stays"
	}
	return hinted(fmt.Errorf("the stack %s: %w", found.Name, err), hint)
}

// mostParting is how long a command that ends takes at most to tidy up.
const mostParting = time.Minute

// drop takes away what a look left on AWS, unless what was planned is being done.
func (c *changing) drop(ctx context.Context, doing *bool, drop func(context.Context) error) {
	if *doing {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostParting)
	defer cancel()
	if err := drop(ctx); err != nil {
		c.ui.warn("a change set of CloudFormation, which changes nothing, is left: %v", err)
	}
}
