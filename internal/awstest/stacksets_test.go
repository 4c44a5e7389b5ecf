package awstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	management = "333333333333"
	fourth     = "444444444444"
)

// setTemplate makes a queue.
func setTemplate(name string) string {
	return "Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: " + name + "}}}"
}

// stackSet is a stack set as its delegated administrator has it at hand.
type stackSet struct {
	client *cloudformation.Client
	name   string
}

// done waits for an operation, and gives its status, and of each account and region the
// result's.
func (s stackSet) done(t *testing.T, id *string) (types.StackSetOperationStatus, map[string]string) {
	t.Helper()
	var found *cloudformation.DescribeStackSetOperationOutput
	eventually(t, "the operation ends", func() bool {
		var err error
		found, err = s.client.DescribeStackSetOperation(t.Context(), &cloudformation.DescribeStackSetOperationInput{StackSetName: &s.name, OperationId: id, CallAs: types.CallAsDelegatedAdmin})
		must(t, err)
		return found.StackSetOperation.Status != types.StackSetOperationStatusRunning
	})
	listed, err := s.client.ListStackSetOperationResults(t.Context(), &cloudformation.ListStackSetOperationResultsInput{StackSetName: &s.name, OperationId: id, CallAs: types.CallAsDelegatedAdmin})
	must(t, err)
	results := map[string]string{}
	for _, r := range listed.Summaries {
		results[*r.Account+" "+*r.Region] = string(r.Status) + " " + aws.ToString(r.StatusReason)
	}
	return found.StackSetOperation.Status, results
}

// instances are the statuses of what the set has, by account and region.
func (s stackSet) instances(t *testing.T) map[string]string {
	t.Helper()
	listed, err := s.client.ListStackInstances(t.Context(), &cloudformation.ListStackInstancesInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin})
	must(t, err)
	instances := map[string]string{}
	for _, i := range listed.Summaries {
		instances[*i.Account+" "+*i.Region] = string(i.Status) + " " + string(i.StackInstanceStatus.DetailedStatus)
	}
	return instances
}

// TestStackSets: an administrator that is not the management account deploys to the
// accounts of a unit, in two regions, and to one that joins it.
func TestStackSets(t *testing.T) {
	stand := stack.Start(t)
	of := stand.Account(management)
	of.Organization(t, "management", map[string]string{prod: "hub", dev: "one", third: "two", fourth: "three"})
	unit := of.OU(t, "workloads", dev, third)
	s := stackSet{cloudformation.NewFromConfig(stand.Account(prod).Config()), "spokes"}
	create := &cloudformation.CreateStackSetInput{
		StackSetName: &s.name, TemplateBody: aws.String(setTemplate("first")), PermissionModel: types.PermissionModelsServiceManaged, CallAs: types.CallAsDelegatedAdmin,
		AutoDeployment: &types.AutoDeployment{Enabled: aws.Bool(true), RetainStacksOnAccountRemoval: aws.Bool(false)}, Tags: []types.Tag{{Key: aws.String("of"), Value: aws.String("us")}},
	}
	if _, err := s.client.CreateStackSet(t.Context(), create); code(err) != "ValidationError" || !strings.Contains(err.Error(), "not a delegated administrator") {
		t.Errorf("by no administrator: %v", err)
	}
	access := func() string {
		got, err := cloudformation.NewFromConfig(of.Config()).DescribeOrganizationsAccess(t.Context(), &cloudformation.DescribeOrganizationsAccessInput{})
		must(t, err)
		return string(got.Status)
	}
	if got := access(); got != "DISABLED" {
		t.Errorf("access at first: %s", got)
	}
	of.StackSets(t, prod)
	if got := access(); got != "ENABLED" {
		t.Errorf("access: %s", got)
	}
	_, err := s.client.CreateStackSet(t.Context(), create)
	must(t, err)
	if _, err := s.client.CreateStackSet(t.Context(), create); code(err) != "NameAlreadyExistsException" {
		t.Errorf("the same again: %v", err)
	}

	stand.StackTime(t, 50*time.Millisecond)
	targets := &types.DeploymentTargets{OrganizationalUnitIds: []string{unit}}
	made, err := s.client.CreateStackInstances(t.Context(), &cloudformation.CreateStackInstancesInput{
		StackSetName: &s.name, DeploymentTargets: targets, Regions: []string{"us-east-1", "eu-west-1"}, CallAs: types.CallAsDelegatedAdmin,
		OperationPreferences: &types.StackSetOperationPreferences{RegionConcurrencyType: types.RegionConcurrencyTypeParallel, FailureTolerancePercentage: aws.Int32(100)},
	})
	must(t, err)
	if _, err := s.client.DeleteStackSet(t.Context(), &cloudformation.DeleteStackSetInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin}); code(err) != "OperationInProgressException" {
		t.Errorf("while one is at work: %v", err)
	}
	status, results := s.done(t, made.OperationId)
	want := map[string]string{dev + " us-east-1": "SUCCEEDED ", dev + " eu-west-1": "SUCCEEDED ", third + " us-east-1": "SUCCEEDED ", third + " eu-west-1": "SUCCEEDED "}
	if diff := cmp.Diff(want, results); status != types.StackSetOperationStatusSucceeded || diff != "" {
		t.Errorf("%s: %s", status, diff)
	}
	stand.StackTime(t, 0)
	stand.Account(third).OwnedQueue(t, "first") // it is really there
	setCare(t, stand, s, of, unit)
}

// setCare: an update that fails in one account, one that joins and leaves, and the end.
func setCare(t *testing.T, stand *awstest.AWS, s stackSet, of awstest.Account, unit string) {
	t.Helper()
	stand.FailResource(t, "AWS::SQS::Queue", "not here", "UPDATE")
	updated, err := s.client.UpdateStackSet(t.Context(), &cloudformation.UpdateStackSetInput{
		StackSetName: &s.name, TemplateBody: aws.String(setTemplate("second")), CallAs: types.CallAsDelegatedAdmin,
		OperationPreferences: &types.StackSetOperationPreferences{FailureToleranceCount: aws.Int32(0)},
	})
	must(t, err)
	status, results := s.done(t, updated.OperationId)
	if got := results[dev+" us-east-1"]; status != types.StackSetOperationStatusFailed || !strings.HasPrefix(got, "FAILED ResourceLogicalId:Queue, ResourceType:AWS::SQS::Queue") || !strings.Contains(got, "not here") {
		t.Errorf("%s: %q", status, results)
	}
	if got := results[third+" us-east-1"]; !strings.HasPrefix(got, "CANCELLED") {
		t.Errorf("after the first failure: %s", got)
	}
	if got := s.instances(t)[dev+" us-east-1"]; got != "OUTDATED FAILED" {
		t.Errorf("the instance that failed: %s", got)
	}
	updated, err = s.client.UpdateStackSet(t.Context(), &cloudformation.UpdateStackSetInput{StackSetName: &s.name, UsePreviousTemplate: aws.Bool(true), CallAs: types.CallAsDelegatedAdmin})
	must(t, err)
	if status, results := s.done(t, updated.OperationId); status != types.StackSetOperationStatusSucceeded {
		t.Errorf("again: %s %q", status, results)
	}

	of.Move(t, fourth, unit)
	eventually(t, "the account that joined has its stacks", func() bool {
		got := s.instances(t)
		return len(got) == 6 && got[fourth+" eu-west-1"] == "CURRENT SUCCEEDED" && got[fourth+" us-east-1"] == "CURRENT SUCCEEDED"
	})
	stand.Account(fourth).OwnedQueue(t, "second")
	described, err := s.client.DescribeStackSet(t.Context(), &cloudformation.DescribeStackSetInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin})
	if set := described.StackSet; err != nil || len(set.Regions) != 2 || len(set.OrganizationalUnitIds) != 1 || !*set.AutoDeployment.Enabled || *set.TemplateBody != setTemplate("second") || len(set.Tags) != 1 {
		t.Errorf("%+v, %v", described, err)
	}
	eventually(t, "it is not deleted, since it is not empty", func() bool {
		_, err := s.client.DeleteStackSet(t.Context(), &cloudformation.DeleteStackSetInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin})
		return code(err) == "StackSetNotEmptyException" // and no operation is in progress any more
	})
	gone, err := s.client.DeleteStackInstances(t.Context(), &cloudformation.DeleteStackInstancesInput{
		StackSetName: &s.name, DeploymentTargets: &types.DeploymentTargets{OrganizationalUnitIds: []string{unit}}, Regions: []string{"us-east-1", "eu-west-1"}, RetainStacks: aws.Bool(false), CallAs: types.CallAsDelegatedAdmin,
	})
	must(t, err)
	if status, results := s.done(t, gone.OperationId); status != types.StackSetOperationStatusSucceeded || len(s.instances(t)) != 0 {
		t.Errorf("deleted: %s %q", status, results)
	}
	_, err = s.client.DeleteStackSet(t.Context(), &cloudformation.DeleteStackSetInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin})
	must(t, err)
	_, err = s.client.DescribeStackSet(t.Context(), &cloudformation.DescribeStackSetInput{StackSetName: &s.name, CallAs: types.CallAsDelegatedAdmin})
	if code(err) != "StackSetNotFoundException" {
		t.Errorf("gone: %v", err)
	}
}
