package stack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

const spoke = "crosstrail-spoke"

// bus is a template of a bus, and a queue with a timeout.
func bus(timeout string) []byte {
	return []byte("Resources:\n  Bus: {Type: AWS::Events::EventBus, Properties: {Name: taken}}\n  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: spoke, VisibilityTimeout: " + timeout + "}}\n")
}

func ourSet(template []byte, regions ...string) stack.Set {
	return stack.Set{Stack: stack.Stack{Name: spoke, Template: template, Tags: map[string]string{stack.Tag: "crosstrail"}}, Regions: regions}
}

func places(all []stack.Instance) (lines []string) {
	for _, i := range all {
		lines = append(lines, i.Account+" "+i.Region+" "+i.Status)
	}
	return lines
}

// timeouts are of the queues that a set made, by account and region; "-" for none.
func timeouts(t *testing.T, cloud *awstest.AWS) (all []string) {
	t.Helper()
	for _, account := range []string{"222222222222", "333333333333"} {
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			api := sqs.NewFromConfig(cloud.Account(account).ConfigIn(region))
			timeout := "-"
			if url, err := api.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("spoke")}); err == nil {
				got, err := api.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []types.QueueAttributeName{"VisibilityTimeout"}})
				if err != nil {
					t.Fatal(err)
				}
				timeout = got.Attributes["VisibilityTimeout"]
			}
			all = append(all, timeout)
		}
	}
	return all
}

// TestSet: two accounts and two regions, of which one fails; the others are done, and
// the next run mends that one alone. Then an update, and taken down.
func TestSet(t *testing.T) {
	cloud := cloud.Start(t)
	management := cloud.Account("111111111111")
	management.Organization(t, "management", map[string]string{"222222222222": "dev", "333333333333": "test"})
	there := eventbridge.NewFromConfig(cloud.Account("333333333333").ConfigIn("eu-west-1"))
	if _, err := there.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("taken")}); err != nil {
		t.Fatal(err)
	}
	need := stack.Permissions(stack.WorkSetUp, stack.WorkSetDown, stack.WorkSetFind)
	c := client(management.User(t, "operator", awstest.Allow("*", need...)))

	want := ourSet(bus("30"), "us-east-1", "eu-west-1")
	_, err := c.PlanSet(t.Context(), want)
	if len(stack.Hints(err, nil)) != 1 || !strings.Contains(stack.Hints(err, nil)[0], "activate-organizations-access") {
		t.Fatalf("before trusted access: %v, %q", err, stack.Hints(err, nil))
	}
	trust(t, management)

	do := func(s stack.Set) (plan *stack.SetPlan, told []stack.Instance, err error) {
		t.Helper()
		plan, err = c.PlanSet(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		err = c.DoSet(t.Context(), plan, func(i stack.Instance) { told = append(told, i) })
		return plan, told, err
	}
	plan, told, err := do(want)
	failed, ok := errors.AsType[*stack.SetError](err)
	if !ok || len(failed.Failed) != 1 || !slices.Equal(places(failed.Failed), []string{"333333333333 eu-west-1 FAILED"}) || !strings.Contains(failed.Failed[0].Reason, "taken") {
		t.Fatalf("%v: %+v", err, failed)
	}
	if plan.Kind != stack.Create || len(plan.Changes) != 4 || !slices.Contains(places(told), "222222222222 us-east-1 SUCCEEDED") {
		t.Errorf("%+v, told %v", plan, told)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "30", "30", "-", "30")

	found, err := c.FindSet(t.Context(), spoke, false)
	if err != nil || !found.Ours || len(found.Instances) != 4 || len(found.OUs) != 1 || !strings.HasPrefix(found.OUs[0], "r-") {
		t.Errorf("%+v, %v", found, err)
	}

	if _, err := there.DeleteEventBus(t.Context(), &eventbridge.DeleteEventBusInput{Name: aws.String("taken")}); err != nil {
		t.Fatal(err)
	}
	plan, _, err = do(want)
	if err != nil || plan.Kind != stack.Update || len(plan.Changes) != 1 || !strings.HasPrefix(plan.Changes[0], "account 333333333333 in eu-west-1: ") {
		t.Errorf("a second run: %+v, %v", plan, err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "30", "30", "30", "30")
	plan, told, err = do(want)
	if err != nil || plan.Kind != stack.Unchanged || len(told) != 0 {
		t.Errorf("a third run: %+v, %v, %v", plan, told, err)
	}

	plan, _, err = do(ourSet(bus("60"), "us-east-1", "eu-west-1"))
	if err != nil || plan.Kind != stack.Update || !slices.Equal(plan.Changes, []string{"template"}) {
		t.Errorf("an update: %+v, %v", plan, err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "60", "60", "60", "60")

	other := ourSet(bus("60"), "us-east-1")
	other.Tags = map[string]string{stack.Tag: "other"}
	if _, err := c.PlanSet(t.Context(), other); !errors.As(err, new(*stack.ForeignError)) {
		t.Errorf("another deployment's: %v", err)
	}

	told = nil
	if err := c.DeleteSet(t.Context(), spoke, false, func(i stack.Instance) { told = append(told, i) }); err != nil || !slices.Contains(places(told), "333333333333 eu-west-1 SUCCEEDED") {
		t.Errorf("%v, told %v", err, told)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "-", "-", "-", "-")
	if _, err := c.FindSet(t.Context(), spoke, false); !errors.Is(err, stack.ErrNone) {
		t.Errorf("after that: %v", err)
	}
	if err := c.DeleteSet(t.Context(), spoke, false, nil); !errors.Is(err, stack.ErrNone) {
		t.Errorf("once more: %v", err)
	}
	allCalled(t, cloud, need)
}

// allCalled: nothing is said to be needed that is not.
func allCalled(t *testing.T, cloud *awstest.AWS, need []string) {
	t.Helper()
	calls := cloud.Requests(t)
	for _, action := range need {
		if calls[action] == 0 && action != "cloudformation:TagResource" { // which no call is named after
			t.Errorf("%s is said to be needed, and was not called", action)
		}
	}
}

func trust(t *testing.T, management awstest.Account) {
	t.Helper()
	if _, err := cloudformation.NewFromConfig(management.Config()).ActivateOrganizationsAccess(t.Context(), &cloudformation.ActivateOrganizationsAccessInput{}); err != nil {
		t.Fatal(err)
	}
}

// TestSetElsewhere: a delegated administrator's. Where no operation could begin nothing
// is left.
func TestSetElsewhere(t *testing.T) {
	cloud := cloud.Start(t)
	management := cloud.Account("111111111111")
	management.Organization(t, "management", map[string]string{"222222222222": "dev", "333333333333": "audit"})
	trust(t, management)
	api := organizations.NewFromConfig(management.Config())
	if _, err := api.RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{
		AccountId: aws.String("333333333333"), ServicePrincipal: aws.String("member.org.stacksets.cloudformation.amazonaws.com"),
	}); err != nil {
		t.Fatal(err)
	}
	want := ourSet(bus("30"), "us-east-1")
	want.DelegatedAdmin = true
	need := slices.DeleteFunc(stack.Permissions(stack.WorkSetUp, stack.WorkSetDown), func(action string) bool { return action == "cloudformation:CreateStackInstances" })
	c := client(cloud.Account("333333333333").User(t, "operator", awstest.Allow("*", need...)))
	plan, err := c.PlanSet(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DoSet(t.Context(), plan, nil); err == nil || !strings.HasPrefix(err.Error(), "cannot extend the StackSet crosstrail-spoke: refused: ") {
		t.Errorf("without a permission: %v", err)
	}
	if _, err := c.FindSet(t.Context(), spoke, true); !errors.Is(err, stack.ErrNone) {
		t.Errorf("it left: %v", err)
	}

	c = client(cloud.Account("333333333333").Config())
	if plan, err = c.PlanSet(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := c.DoSet(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "-", "30", "-", "30")
	want.Regions = append(want.Regions, "eu-west-1")
	if plan, err = c.PlanSet(t.Context(), want); err != nil || plan.Kind != stack.Update || !slices.Contains(plan.Changes, "region eu-west-1") {
		t.Fatalf("%+v, %v", plan, err)
	}
	if err := c.DoSet(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "30", "30", "30", "30")
}

// TestSetUnits: a set that has a unit more than is asked for, where something failed, is
// not changed for that for ever.
func TestSetUnits(t *testing.T) {
	cloud := cloud.Start(t)
	management := cloud.Account("111111111111")
	management.Organization(t, "management", map[string]string{"222222222222": "dev", "333333333333": "test"})
	trust(t, management)
	taken(t, cloud.Account("333333333333"))
	dev, test := management.OU(t, "dev", "222222222222"), management.OU(t, "test", "333333333333")
	c := client(management.Config())
	run := func(s stack.Set) (*stack.SetPlan, error) {
		t.Helper()
		plan, err := c.PlanSet(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return plan, c.DoSet(t.Context(), plan, nil)
	}
	both := ourSet(bus("30"), "us-east-1")
	both.OUs = []string{dev, test}
	if _, err := run(both); !errors.As(err, new(*stack.SetError)) {
		t.Fatalf("with a bus that is taken: %v", err)
	}
	one := ourSet(bus("30"), "us-east-1", "eu-west-1")
	one.OUs = []string{dev}
	if plan, err := run(one); err != nil || !slices.Contains(plan.Changes, "region eu-west-1") || strings.Contains(strings.Join(plan.Changes, " "), "333333333333") {
		t.Errorf("a region more in one unit: %+v, %v", plan, err)
	}
	if plan, err := run(one); err != nil || plan.Kind != stack.Unchanged {
		t.Errorf("the same once more: %+v, %v", plan, err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "30", "30", "-", "-")
}

// TestSetAway: Ctrl-C while instances are made, and two operations at once.
func TestSetAway(t *testing.T) {
	cloud := cloud.Start(t)
	management := cloud.Account("111111111111")
	management.Organization(t, "management", map[string]string{"222222222222": "dev"})
	trust(t, management)
	cloud.StackTime(t, 50e6)
	c := client(management.Config())
	plan, err := c.PlanSet(t.Context(), ourSet(bus("30"), "us-east-1", "eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = c.DoSet(ctx, plan, func(stack.Instance) { cancel() })
	if away, ok := errors.AsType[*stack.AwayError](err); !ok || !strings.Contains(away.Look, "describe-stack-set-operation --stack-set-name "+spoke) {
		t.Fatalf("%v", err)
	}
	var notes []string
	c.Note = func(line string) { notes = append(notes, line) }
	if err := c.DeleteSet(t.Context(), spoke, false, nil); err != nil || len(notes) == 0 {
		t.Errorf("while another operation runs: %v, %q", err, notes)
	}
}

// TestSetBasis: a set that somebody else changed since it was read, or planned, is not
// changed back.
func TestSetBasis(t *testing.T) {
	cloud := cloud.Start(t)
	management := cloud.Account("111111111111")
	management.Organization(t, "management", map[string]string{"222222222222": "dev"})
	trust(t, management)
	c := client(management.Config())
	of := func(timeout string) stack.Set {
		s := ourSet(bus(timeout), "us-east-1")
		found, err := c.FindSet(t.Context(), spoke, false)
		if err != nil && !errors.Is(err, stack.ErrNone) {
			t.Fatal(err)
		}
		s.Basis = found.Basis()
		return s
	}
	do := func(s stack.Set) {
		t.Helper()
		plan, err := c.PlanSet(t.Context(), s)
		if err == nil {
			err = c.DoSet(t.Context(), plan, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	early := of("60")
	do(of("30"))
	if _, err := c.PlanSet(t.Context(), early); !errors.Is(err, stack.ErrObsolete) {
		t.Errorf("where there was none: %v", err)
	}
	late := of("60")
	do(of("90"))
	if _, err := c.PlanSet(t.Context(), late); !errors.Is(err, stack.ErrObsolete) {
		t.Errorf("another since it was read: %v", err)
	}
	plan, err := c.PlanSet(t.Context(), of("60"))
	if err != nil {
		t.Fatal(err)
	}
	do(of("45"))
	if err := c.DoSet(t.Context(), plan, nil); !errors.Is(err, stack.ErrObsolete) {
		t.Errorf("another since it was planned: %v", err)
	}
	wantWords(t, "timeouts", timeouts(t, cloud), "-", "45", "-", "-")
}
