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

// Found is a stack that is there.
type Found struct {
	Name, ID, Status, Reason string
	Ours                     bool // it has the tag
	Busy                     bool // an operation runs
	Tags                     map[string]string
	Outputs                  map[string]string
	Parameters               map[string]string
	Resources                []Resource
	Template                 []byte // as it was given; nil where there are change sets alone

	updated string // when it was changed last
}

// Resource is one of a stack.
type Resource struct {
	LogicalID, PhysicalID, Type, Status, Reason string
}

// Find is what is there of a stack, ours or not. [ErrNone] where there is none.
func (c *Client) Find(ctx context.Context, name string) (*Found, error) {
	s, err := c.describe(ctx, name)
	if err != nil {
		return nil, err
	}
	f := found(s)
	pages := cloudformation.NewListStackResourcesPaginator(c.api, &cloudformation.ListStackResourcesInput{StackName: s.StackId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.cannot(err, "list the resources of the stack", name)
		}
		for _, r := range page.StackResourceSummaries {
			f.Resources = append(f.Resources, Resource{
				aws.ToString(r.LogicalResourceId), aws.ToString(r.PhysicalResourceId), aws.ToString(r.ResourceType),
				string(r.ResourceStatus), aws.ToString(r.ResourceStatusReason),
			})
		}
	}
	if s.StackStatus == types.StackStatusReviewInProgress {
		return f, nil
	}
	given, err := c.api.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: s.StackId, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return nil, c.cannot(err, "read the template of the stack", name)
	}
	f.Template = []byte(aws.ToString(given.TemplateBody))
	return f, nil
}

// found is what CloudFormation tells of a stack itself.
func found(s *types.Stack) *Found {
	f := &Found{
		Name: aws.ToString(s.StackName), ID: aws.ToString(s.StackId), Status: string(s.StackStatus), Reason: aws.ToString(s.StackStatusReason),
		Busy: inProgress(s.StackStatus), Tags: tagged(s.Tags), Outputs: outputs(s), Parameters: parameters(s.Parameters),
		updated: updated(s),
	}
	f.Ours = f.Tags[Tag] != ""
	return f
}

func parameters(have []types.Parameter) map[string]string {
	values := make(map[string]string, len(have))
	for _, p := range have {
		values[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	return values
}

// describe is a stack by its name, or by its id, which a deleted one has too.
func (c *Client) describe(ctx context.Context, name string) (*types.Stack, error) {
	answer, err := c.api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	switch {
	case err != nil && says(err, "ValidationError", "does not exist"):
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	case err != nil:
		return nil, c.cannot(err, "look at the stack", name)
	case len(answer.Stacks) == 0:
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	}
	return &answer.Stacks[0], nil
}

func outputs(s *types.Stack) map[string]string {
	values := make(map[string]string, len(s.Outputs))
	for _, o := range s.Outputs {
		values[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return values
}

// settled is the stack when nothing is done to it any longer, however long that takes.
// gone: it was being deleted, and is no more.
func (c *Client) settled(ctx context.Context, name string) (s *types.Stack, gone bool, err error) {
	said, p := types.StackStatus(""), c.patience()
	for {
		s, err = c.describe(ctx, name)
		switch {
		case errors.Is(err, ErrNone):
			return nil, said == types.StackStatusDeleteInProgress, err
		case err != nil:
			return nil, false, err
		case !inProgress(s.StackStatus):
			return s, false, nil
		case said != s.StackStatus:
			said = s.StackStatus
			c.note(fmt.Sprintf("another operation runs on the stack %s, which is %s: waiting for its end", name, said))
		}
		if err := p.next(ctx, nil); err != nil {
			return nil, false, fmt.Errorf("another operation runs on the stack %s, which is %s; nothing was done: %w", name, said, err)
		}
	}
}

// inProgress reports whether an operation runs. A stack is REVIEW_IN_PROGRESS as long
// as it has change sets alone.
func inProgress(s types.StackStatus) bool {
	return strings.HasSuffix(string(s), "_IN_PROGRESS") && s != types.StackStatusReviewInProgress
}
