package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Do brings about what a plan says, and gives the stack's outputs. told hears every
// step, and may be nil. A creation that fails leaves nothing, an update nothing changed.
// Errors: [*FailedError], [ErrObsolete], [*AwayError].
func (c *Client) Do(ctx context.Context, p *Plan, told func(Event)) (map[string]string, error) {
	if p.Kind == Unchanged {
		s, err := c.describe(ctx, p.Stack.Name)
		if err != nil {
			return nil, err
		}
		return outputs(s), nil
	}
	if p.Leftover {
		if err := c.again(ctx, p); err != nil {
			return nil, err
		}
	}
	t, err := c.execute(ctx, p, told)
	if err != nil {
		parting, cancel := whole(ctx)
		defer cancel()
		if drop := c.Drop(parting, p); drop != nil {
			err = fmt.Errorf("%w (and its change set stays: %w)", err, drop)
		}
		return nil, err
	}
	if err := t.follow(ctx); err != nil {
		return nil, err
	}
	if t.end == types.ResourceStatusCreateComplete || t.end == types.ResourceStatusUpdateComplete {
		s, err := c.describe(ctx, p.stackID)
		if err != nil {
			return nil, err
		}
		return outputs(s), nil
	}
	return nil, c.failed(ctx, p, t)
}

// again deletes what a creation left that failed, and plans it anew.
func (c *Client) again(ctx context.Context, p *Plan) error {
	c.note(p.Stack.Name + " could not be made an earlier time: what is left of it is deleted first")
	if err := c.deleteStack(ctx, p.Stack.Name, p.stackID, nil); err != nil {
		return err
	}
	if _, err := c.prepare(ctx, p, types.ChangeSetTypeCreate); err != nil {
		if overtaken(err) {
			return fmt.Errorf("%s: %w", p.Stack.Name, ErrObsolete)
		}
		return err
	}
	p.Leftover = false
	return nil
}

// execute begins the change, unless another's came between.
func (c *Client) execute(ctx context.Context, p *Plan, told func(Event)) (*trail, error) {
	token := fresh()
	t, err := c.begin(ctx, p.Stack.Name, p.stackID, token, told)
	if err != nil {
		if says(err, "ValidationError", "does not exist") {
			return nil, fmt.Errorf("%s: %w", p.Stack.Name, ErrObsolete)
		}
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: nothing was done: %w", p.Stack.Name, err)
	}
	ctx, cancel := whole(ctx)
	defer cancel()
	_, err = c.api.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: &p.changeSet, StackName: &p.stackID, ClientRequestToken: &token,
		// What this run makes goes with it if it fails, whatever its deletion policy.
		RetainExceptOnCreate: aws.Bool(true),
	})
	switch {
	case err == nil || c.executed(ctx, p) || t.look(ctx) == nil && len(t.events) != 0:
		// The answer may have been lost, and the SDK have asked again.
		return t, nil
	case overtaken(err) || isGone(err):
		return nil, fmt.Errorf("%s: %w", p.Stack.Name, ErrObsolete)
	}
	return nil, c.cannot(err, "begin the change of the stack", p.Stack.Name)
}

// executed reports whether the plan's change set was begun, which nobody does but us.
func (c *Client) executed(ctx context.Context, p *Plan) bool {
	set, err := c.api.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &p.changeSet, StackName: &p.stackID})
	return err == nil && strings.HasPrefix(string(set.ExecutionStatus), "EXECUTE_")
}

// failed says what failed, and removes the empty stack of a creation, which nothing
// could be made of any longer.
func (c *Client) failed(ctx context.Context, p *Plan, t *trail) error {
	e := &FailedError{
		Name: p.Stack.Name, Region: c.config.Region, Doing: p.Kind, Failed: t.cause(ctx), Events: t.events, Status: string(t.end),
		RolledBack: strings.HasSuffix(string(t.end), "ROLLBACK_COMPLETE"),
	}
	if t.end == types.ResourceStatusRollbackComplete {
		// Where that fails the next plan has a leftover.
		e.Removed = c.deleteStack(ctx, p.Stack.Name, p.stackID, nil) == nil
	}
	return e
}

// Delete takes a stack down. told hears every step, and may be nil: [Event.Retained]
// are resources that stay. [ErrNone] where there is none, [*FailedError] where something
// could not be deleted.
func (c *Client) Delete(ctx context.Context, name string, told func(Event)) error {
	for try := 1; ; try++ {
		s, gone, err := c.settled(ctx, name)
		if gone {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.ours(ctx, s, ""); err != nil {
			return err
		}
		err = c.deleteStack(ctx, name, aws.ToString(s.StackId), told)
		if err == nil || try == tries || !overtaken(err) {
			return err
		}
	}
}

// deleteStack takes this very stack down. Another operator may do the same: then both
// see it end.
func (c *Client) deleteStack(ctx context.Context, name, stackID string, told func(Event)) error {
	t, err := c.begin(ctx, name, stackID, "", told)
	if err != nil {
		if says(err, "ValidationError", "does not exist") {
			return nil
		}
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: nothing was done: %w", name, err)
	}
	call, cancel := whole(ctx)
	defer cancel()
	token := fresh()
	if _, err := c.api.DeleteStack(call, &cloudformation.DeleteStackInput{StackName: &stackID, ClientRequestToken: &token}); err != nil {
		return c.cannot(err, "take down the stack", name)
	}
	if s, err := c.describe(ctx, stackID); err == nil && s.StackStatus == types.StackStatusDeleteComplete || errors.Is(err, ErrNone) {
		_ = t.look(ctx) // it was quick, or somebody else's: what it did is told all the same
		return nil
	}
	if err := t.follow(ctx); err != nil {
		return err
	}
	if t.end == types.ResourceStatusDeleteFailed {
		return &FailedError{Name: name, Region: c.config.Region, Doing: Delete, Failed: t.cause(ctx), Events: t.events, Status: string(t.end)}
	}
	return nil
}
