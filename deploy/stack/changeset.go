package stack

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func ourChangeSet(name string) bool { return strings.HasPrefix(name, mine) }

// prepare makes the plan's change set and reads it. Where that fails nothing is left.
func (c *Client) prepare(ctx context.Context, p *Plan, as types.ChangeSetType) (*Plan, error) {
	made, err := c.makeChangeSet(ctx, p, as)
	if err != nil {
		return nil, c.cannot(err, "plan the stack", p.Stack.Name)
	}
	p.stackID, p.changeSet = aws.ToString(made.StackId), aws.ToString(made.Id)
	none, err := c.readChangeSet(ctx, p)
	if err == nil && !none {
		return p, nil
	}
	parting, cancel := whole(ctx)
	defer cancel()
	if drop := c.Drop(parting, p); err == nil && drop != nil {
		return nil, drop
	}
	if none {
		p.Kind = Unchanged
		return p, nil
	}
	return nil, err
}

func (c *Client) makeChangeSet(ctx context.Context, p *Plan, as types.ChangeSetType) (*cloudformation.CreateChangeSetOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Whether it is there has to be known, or it would be left behind.
	ctx, cancel := whole(ctx)
	defer cancel()
	name := fresh()
	input := &cloudformation.CreateChangeSetInput{
		StackName: &p.Stack.Name, ChangeSetName: &name, ClientToken: &name, ChangeSetType: as,
		TemplateBody: aws.String(string(p.Stack.Template)),
		Description:  aws.String("by crosstrail deploy"),
	}
	if as == types.ChangeSetTypeUpdate {
		input.StackName = &p.stackID // and no other of that name
		// What was changed by hand is put back (User Guide, "Using drift-aware change sets").
		input.DeploymentMode = types.DeploymentModeRevertDrift
	}
	input.Parameters, input.Tags, input.Capabilities = p.Stack.asked()
	made, err := c.api.CreateChangeSet(ctx, input)
	if says(err, "ValidationError", "DeploymentMode") { // a partition that does not have it
		input.DeploymentMode = ""
		made, err = c.api.CreateChangeSet(ctx, input)
	}
	return made, err
}

// readChangeSet waits until CloudFormation has compared, and takes the changes over.
// none: there are none.
func (c *Client) readChangeSet(ctx context.Context, p *Plan) (none bool, err error) {
	// The stack is named so that a policy may be on it alone.
	input := &cloudformation.DescribeChangeSetInput{ChangeSetName: &p.changeSet, StackName: &p.stackID, IncludePropertyValues: aws.Bool(true)}
	p.Changes = nil
	again := c.patience()
	for {
		page, err := c.api.DescribeChangeSet(ctx, input)
		if err != nil {
			return false, c.cannot(err, "read the change set of the stack", p.Stack.Name)
		}
		switch page.Status {
		case types.ChangeSetStatusFailed:
			reason := aws.ToString(page.StatusReason)
			if unchanged(reason) {
				return true, nil
			}
			return false, &RefusedError{p.Stack.Name, reason, c.details(ctx, &cloudformation.DescribeEventsInput{ChangeSetName: &p.changeSet, StackName: &p.stackID})}
		case types.ChangeSetStatusCreateComplete:
			p.take(page.Changes)
			if page.NextToken == nil {
				return false, nil
			}
			input.NextToken = page.NextToken
			continue
		}
		if err := again.next(ctx, nil); err != nil {
			return false, fmt.Errorf("planning %s: nothing was done: %w", p.Stack.Name, err)
		}
	}
}

// unchanged knows how CloudFormation says that there is nothing to change: the second
// where a template has macros. aws cloudformation deploy looks for the same.
func unchanged(reason string) bool {
	return strings.Contains(reason, "The submitted information didn't contain changes.") || strings.Contains(reason, "No updates are to be performed")
}

func (p *Plan) take(changes []types.Change) {
	for _, change := range changes {
		r := change.ResourceChange
		if r == nil || r.Action == types.ChangeActionSyncWithActual { // CloudFormation's own books alone
			continue
		}
		one := Change{
			Action: string(r.Action), LogicalID: aws.ToString(r.LogicalResourceId), PhysicalID: aws.ToString(r.PhysicalResourceId),
			Type: aws.ToString(r.ResourceType), Replacement: string(r.Replacement),
			Drifted: r.ResourceDriftStatus == types.StackResourceDriftStatusModified || r.ResourceDriftStatus == types.StackResourceDriftStatusDeleted,
		}
		one.Properties, one.Perhaps = properties(r)
		p.Changes = append(p.Changes, one)
	}
}

// properties are those that differ, each once. perhaps: whether any does hangs on what
// other resources turn out to be (API Reference, ResourceChangeDetail, Evaluation).
func properties(r *types.ResourceChange) (all []Property, perhaps bool) {
	perhaps = r.Action == types.ChangeActionModify && len(r.Details) > 0
	for i := range r.Details {
		d := &r.Details[i]
		if d.Target == nil || d.Evaluation == types.EvaluationTypeDynamic {
			continue
		}
		perhaps = false
		one := Property{cmp.Or(strings.TrimPrefix(aws.ToString(d.Target.Name), "/"), string(d.Target.Attribute)), aws.ToString(d.Target.BeforeValue), aws.ToString(d.Target.AfterValue)}
		if !slices.ContainsFunc(all, func(had Property) bool { return had.Name == one.Name }) {
			all = append(all, one)
		}
	}
	return all, perhaps
}

// details are what CloudFormation found wrong before it began: a name that is taken, a
// value that a property cannot have. Only DescribeEvents tells them (User Guide,
// "Validate stack deployments"); who may not call it does without.
func (c *Client) details(ctx context.Context, input *cloudformation.DescribeEventsInput) (lines []string) {
	for _, e := range c.wrong(ctx, input) {
		lines = append(lines, e.LogicalID+" ("+e.Type+"): "+e.Reason)
	}
	return lines
}

func (c *Client) wrong(ctx context.Context, input *cloudformation.DescribeEventsInput) (events []Event) {
	input.Filters = &types.EventFilter{FailedEvents: aws.Bool(true)}
	pages := cloudformation.NewDescribeEventsPaginator(c.api, input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return events
		}
		for _, e := range page.OperationEvents {
			if e.EventType != types.EventTypeValidationError {
				continue
			}
			events = append(events, Event{
				Time: aws.ToTime(e.Timestamp), LogicalID: aws.ToString(e.LogicalResourceId), PhysicalID: aws.ToString(e.PhysicalResourceId),
				Type: aws.ToString(e.ResourceType), Status: string(e.ValidationStatus), Reason: aws.ToString(e.ValidationStatusReason),
			})
		}
	}
	return events
}

// changeSets are the names of those that a stack has.
func (c *Client) changeSets(ctx context.Context, stackName string) (names []string, err error) {
	pages := cloudformation.NewListChangeSetsPaginator(c.api, &cloudformation.ListChangeSetsInput{StackName: &stackName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.cannot(err, "list the change sets of the stack", stackName)
		}
		for _, set := range page.Summaries {
			names = append(names, aws.ToString(set.ChangeSetName))
		}
	}
	return names, nil
}

// overtaken reports whether an error says that another operator was faster.
func overtaken(err error) bool {
	return says(err, "ValidationError", "_IN_PROGRESS") || says(err, "ValidationError", "already exists") ||
		says(err, "AlreadyExistsException", "") || says(err, "ChangeSetNotFound", "") || says(err, "InvalidChangeSetStatus", "")
}

// isGone reports whether an error says that a change set, or its stack, is no more.
func isGone(err error) bool {
	return says(err, "ChangeSetNotFound", "") || says(err, "ValidationError", "does not exist")
}

// asked is the stack in CloudFormation's words.
func (s *Stack) asked() (parameters []types.Parameter, tags []types.Tag, capabilities []types.Capability) {
	for key, value := range s.Parameters {
		parameters = append(parameters, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(value)})
	}
	for key, value := range s.Tags {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	for _, name := range s.Capabilities {
		capabilities = append(capabilities, types.Capability(name))
	}
	return parameters, tags, capabilities
}
