package awstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stackWait is what a stack may take: here milliseconds, but for AWS.StackTime.
const stackWait = 30 * time.Second

// CFNStack is a CloudFormation stack, and its owner's hand on it.
type CFNStack struct {
	Name  string
	Owner *cloudformation.Client
}

// CFNStack makes a stack of the account from a template, with every capability, waits,
// and ends the test where that fails, with the stack's events. In another region than
// Region: OwnedStack of a config there.
func (c Account) CFNStack(t testing.TB, name, template string, options ...func(*cloudformation.CreateStackInput)) *CFNStack {
	t.Helper()
	s := c.OwnedStack(name)
	input := &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &template, Capabilities: types.Capability("").Values()}
	for _, option := range options {
		option(input)
	}
	_, err := s.Owner.CreateStack(t.Context(), input)
	must(t, err)
	if got := s.Wait(t); got != types.StackStatusCreateComplete {
		t.Fatalf("stack %s: %s\n%s", name, got, s.Story(t))
	}
	return s
}

// OwnedStack is a stack of the account that is there already, or will be.
func (c Account) OwnedStack(name string) *CFNStack {
	return &CFNStack{Name: name, Owner: cloudformation.NewFromConfig(c.Config())}
}

// Status is what DescribeStacks says of it; empty, if there is no such stack.
func (s *CFNStack) Status(t testing.TB) types.StackStatus {
	t.Helper()
	if found := s.describe(t); found != nil {
		return found.StackStatus
	}
	return ""
}

// Wait waits until nothing is in progress, and gives the status then; empty, if the
// stack is gone.
func (s *CFNStack) Wait(t testing.TB) types.StackStatus {
	t.Helper()
	for end := time.Now().Add(stackWait); ; time.Sleep(20 * time.Millisecond) {
		status := s.Status(t)
		if !strings.HasSuffix(string(status), "_IN_PROGRESS") {
			return status
		}
		if time.Now().After(end) {
			t.Fatalf("stack %s is %s after %v\n%s", s.Name, status, stackWait, s.Story(t))
		}
	}
}

// describe is the stack, nil if there is none.
func (s *CFNStack) describe(t testing.TB) *types.Stack {
	t.Helper()
	found, err := s.Owner.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &s.Name})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return nil
	}
	must(t, err)
	return &found.Stacks[0]
}

// Outputs are the stack's, by key.
func (s *CFNStack) Outputs(t testing.TB) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	if found := s.describe(t); found != nil {
		for _, o := range found.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return outputs
}

// Resources are the physical ids of what the stack has, by logical id.
func (s *CFNStack) Resources(t testing.TB) map[string]string {
	t.Helper()
	found, err := s.Owner.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: &s.Name})
	must(t, err)
	ids := map[string]string{}
	for _, r := range found.StackResources {
		if r.ResourceStatus != types.ResourceStatusDeleteComplete {
			ids[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
		}
	}
	return ids
}

// Story is the stack's events, oldest first, one a line: what, status, reason.
func (s *CFNStack) Story(t testing.TB) string {
	t.Helper()
	found, err := s.Owner.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &s.Name})
	must(t, err)
	var story strings.Builder
	for i := len(found.StackEvents) - 1; i >= 0; i-- {
		e := found.StackEvents[i]
		fmt.Fprintf(&story, "%s %s %s\n", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
	}
	return story.String()
}

// Delete has the stack deleted, waits, and gives the status then: empty, if it is gone.
func (s *CFNStack) Delete(t testing.TB) types.StackStatus {
	t.Helper()
	_, err := s.Owner.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &s.Name})
	must(t, err)
	return s.Wait(t)
}

// FailResource makes the next creation of a resource of this type fail, as
// AWS::SQS::Queue, in any stack, with this reason in the words of CloudFormation's
// handlers; or another operation: UPDATE, DELETE.
func (a *AWS) FailResource(t testing.TB, resourceType, reason string, operation ...string) {
	t.Helper()
	what := append(operation, "CREATE")[0]
	a.ask(t, "fail-resource", []string{resourceType, what, reason}, nil)
}

// StackTime makes each resource of a stack take so long from now on, to be made,
// changed or deleted. Zero, as at first, is at once.
func (a *AWS) StackTime(t testing.TB, d time.Duration) {
	t.Helper()
	a.ask(t, "stack-time", map[string]float64{"seconds": d.Seconds()}, nil)
}
