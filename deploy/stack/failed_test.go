package stack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// taken is an event bus that is there already.
func taken(t *testing.T, a awstest.Account) {
	t.Helper()
	if _, err := eventbridge.NewFromConfig(a.Config()).CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("taken")}); err != nil {
		t.Fatal(err)
	}
}

// failing are queues, then a bus whose name is taken, then one more queue.
func failing(names ...string) []byte {
	resources, outputs, _ := strings.Cut(string(queues(true, names...)), "Outputs:")
	return []byte(resources + `  Bus:
    Type: AWS::Events::EventBus
    DependsOn: Table
    Properties: {Name: taken}
  Last:
    Type: AWS::SQS::Queue
    DependsOn: Bus
    Properties: {QueueName: last}
Outputs:` + outputs)
}

// TestFailed: what failed is named, all is as before, and the next run begins clean.
func TestFailed(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	taken(t, a)
	c := client(a.Config())

	do := func(s stack.Stack) *stack.FailedError {
		t.Helper()
		plan, err := c.Plan(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(t.Context(), plan, nil)
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok {
			t.Fatalf("%v", err)
		}
		if failed.Failed.LogicalID != "Bus" || !strings.HasSuffix(failed.Failed.Status, "_FAILED") || !strings.Contains(failed.Failed.Reason, "taken") || !failed.RolledBack ||
			!strings.Contains(err.Error(), "Bus (AWS::Events::EventBus): ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %+v", err, failed)
		}
		return failed
	}

	failed := do(ours(failing("one")))
	if !failed.Removed || failed.Doing != stack.Create || status(t, a, name) != "none" || len(queueNames(t, a)) != 0 {
		t.Errorf("after a creation: %+v, %v, %v", failed, status(t, a, name), queueNames(t, a))
	}

	up(t, c, ours(queues(false, "one")))
	failed = do(ours(failing("one", "two")))
	if failed.Removed || failed.Doing != stack.Update || status(t, a, name) != "UPDATE_ROLLBACK_COMPLETE" {
		t.Errorf("after an update: %+v, %v", failed, status(t, a, name))
	}
	wantWords(t, "queues", queueNames(t, a), "one")
	plan, _, _ := up(t, c, ours(queues(false, "one", "two")))
	if plan.Kind != stack.Update {
		t.Errorf("after an update that failed: %+v", plan)
	}
}

// TestRollbackFailed: what CloudFormation could not take back is not called rolled back.
func TestRollbackFailed(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	c := client(a.Config())
	taken(t, a)
	cloud.FailResource(t, "AWS::SQS::Queue", "in use", "DELETE")
	plan, err := c.Plan(t.Context(), ours(failing("one")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), plan, nil)
	failed, ok := errors.AsType[*stack.FailedError](err)
	if !ok || failed.Failed.LogicalID != "Bus" || failed.RolledBack || failed.Removed || failed.Status != "ROLLBACK_FAILED" || !strings.Contains(err.Error(), "not rolled back") {
		t.Fatalf("%v: %+v", err, failed)
	}
	plan, _, _ = up(t, c, ours(queues(false, "two")))
	if plan.Kind != stack.Create || status(t, a, name) != "CREATE_COMPLETE" {
		t.Errorf("after that: %+v, %s", plan, status(t, a, name))
	}

	topic := func(display, more string) stack.Stack {
		return ours([]byte("Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t, DisplayName: " + display + "}}\n" + more))
	}
	up(t, c, topic("first", ""))
	cloud.StackTime(t, 150*time.Millisecond)
	cloud.FailResource(t, "AWS::SQS::Queue", "quota")
	plan, err = c.Plan(t.Context(), topic("second", "  Queue: {Type: AWS::SQS::Queue, DependsOn: Topic, Properties: {QueueName: q}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), plan, func(e stack.Event) {
		if e.LogicalID == "Topic" && e.Status == "UPDATE_COMPLETE" { // the way there, not back
			cloud.FailResource(t, "AWS::SNS::Topic", "throttled", "UPDATE")
		}
	})
	failed, ok = errors.AsType[*stack.FailedError](err)
	if !ok || failed.Failed.LogicalID != "Queue" || !strings.Contains(failed.Failed.Reason, "quota") || failed.RolledBack || failed.Status != "UPDATE_ROLLBACK_FAILED" {
		t.Fatalf("%v: %+v", err, failed)
	}
	_, err = c.Plan(t.Context(), topic("third", ""))
	if !errors.As(err, new(*stack.StuckError)) || !strings.Contains(strings.Join(stack.Hints(err, nil), " "), "continue-update-rollback") {
		t.Errorf("%v, %q", err, stack.Hints(err, nil))
	}
}

// TestRefused: a name that is taken is found before the first resource is made.
func TestRefused(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	cloud.Account("222222222222").Bucket(t, "theirs")
	c := client(a.Config())
	plan, err := c.Plan(t.Context(), ours([]byte("Resources:\n  Logs: {Type: AWS::S3::Bucket, Properties: {BucketName: theirs}}\n")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), plan, nil)
	failed, ok := errors.AsType[*stack.FailedError](err)
	if !ok || failed.Failed.LogicalID != "Logs" || failed.Failed.Type != "AWS::S3::Bucket" || !strings.Contains(failed.Failed.Reason, "theirs") || !failed.Removed {
		t.Errorf("%v: %+v", err, failed)
	}

	stranger := client(a.User(t, "stranger", awstest.Allow("*", "sqs:*")))
	if _, err := stranger.Plan(t.Context(), ours(queues(false, "one"))); err == nil || err.Error() != "cannot look at the stack crosstrail-hub: refused: arn:aws:iam::111111111111:user/stranger needs cloudformation:DescribeStacks on arn:aws:cloudformation:us-east-1:111111111111:stack/crosstrail-hub/* (because no identity-based policy allows the cloudformation:DescribeStacks action)" {
		t.Errorf("without the permission: %v", err)
	}
	for what, s := range map[string]stack.Stack{
		"a template that is none":   ours([]byte("Resources: {Q: {Type: AWS::No::Such}}")),
		"roles that nobody allowed": ours([]byte("Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}}}}")),
		"nobody's":                  {Name: name, Template: queues(false, "one")},
		"a template too long":       ours([]byte(strings.Repeat("#", 52_000))),
	} {
		if _, err := c.Plan(t.Context(), s); err == nil || status(t, a, name) != "none" {
			t.Errorf("%s: %v, %s", what, err, status(t, a, name))
		}
	}
}

// leave makes a stack by other hands, and waits for what becomes of it.
func leave(t *testing.T, a awstest.Account, template []byte, tags map[string]string, want string) *cloudformation.Client {
	t.Helper()
	api := cloudformation.NewFromConfig(a.Config())
	input := &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(string(template))}
	for key, value := range tags {
		input.Tags = append(input.Tags, types.Tag{Key: &key, Value: &value})
	}
	if _, err := api.CreateStack(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	for range 400 {
		if status(t, a, name) == want {
			return api
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("the stack is %s, not %s", status(t, a, name), want)
	return nil
}

// TestLeftover: what an earlier creation left is deleted by Do, not by Plan.
func TestLeftover(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	taken(t, a)
	tag := map[string]string{stack.Tag: "crosstrail"}
	leave(t, a, failing("one"), tag, "ROLLBACK_COMPLETE")
	c := client(a.Config())
	var notes []string
	c.Note = func(line string) { notes = append(notes, line) }

	plan, err := c.Plan(t.Context(), ours(queues(false, "one", "two")))
	if err != nil || !plan.Leftover || plan.Kind != stack.Create || status(t, a, name) != "ROLLBACK_COMPLETE" {
		t.Fatalf("%+v, %v, %s", plan, err, status(t, a, name))
	}
	wantWords(t, "changes", words(plan.Changes), "Add Q1", "Add Q2")
	if err := c.Drop(t.Context(), plan); err != nil {
		t.Errorf("dropping it: %v", err)
	}
	plan, _, _ = up(t, c, ours(queues(false, "one", "two")))
	if plan.Kind != stack.Create || status(t, a, name) != "CREATE_COMPLETE" || len(notes) != 1 {
		t.Errorf("%+v, %s, %q", plan, status(t, a, name), notes)
	}
}

// TestForeign: a stack of another's is neither changed nor taken down.
func TestForeign(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	c := client(a.Config())
	for _, owner := range []string{"", "other"} {
		tags := map[string]string{"team": "blue"}
		if owner != "" {
			tags[stack.Tag] = owner
		}
		api := leave(t, a, queues(false, "theirs"), tags, "CREATE_COMPLETE")
		_, err := c.Plan(t.Context(), ours(queues(false, "one")))
		foreign, ok := errors.AsType[*stack.ForeignError](err)
		if !ok || foreign.Owner != owner || len(stack.Hints(err, nil)) == 0 {
			t.Errorf("plan on a stack of %q: %v", owner, err)
		}
		if owner == "" {
			if err := c.Delete(t.Context(), name, nil); !errors.As(err, &foreign) {
				t.Errorf("taking down a stack of nobody's we know: %v", err)
			}
		}
		wantWords(t, "queues", queueNames(t, a), "theirs")
		noChangeSets(t, a, name)
		if _, err := api.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(name)}); err != nil {
			t.Fatal(err)
		}
		for status(t, a, name) != "none" {
			time.Sleep(5 * time.Millisecond)
		}
	}

	// A change set that somebody else has not executed yet.
	if _, err := cloudformation.NewFromConfig(a.Config()).CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String(name), ChangeSetName: aws.String("theirs"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(string(queues(false, "theirs"))),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Plan(t.Context(), ours(queues(false, "one"))); !errors.As(err, new(*stack.ForeignError)) {
		t.Errorf("plan on another's change set: %v", err)
	}
}

// TestPermissions: what is said to be needed is what is called, and it is enough.
func TestPermissions(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	called := func(as string, work func(c *stack.Client), need ...string) {
		t.Helper()
		// What the stack has is made with the caller's permissions, too.
		c := client(a.User(t, as, awstest.Allow("*", append([]string{"sqs:*", "s3:*"}, need...)...)))
		before := cloud.Requests(t)
		work(c)
		var calls []string
		for action, n := range cloud.Requests(t) {
			if strings.HasPrefix(action, "cloudformation:") && n > before[action] {
				calls = append(calls, action)
			}
		}
		slices.Sort(calls)
		wantWords(t, as, calls, need...)
	}
	called("up", func(c *stack.Client) {
		plan, err := c.Plan(t.Context(), ours(queues(false, "one")))
		if err == nil {
			err = c.Drop(t.Context(), plan)
		}
		if err != nil {
			t.Fatal(err)
		}
		plan, err = c.Plan(t.Context(), ours([]byte("Resources:\n  Logs: {Type: AWS::S3::Bucket, Properties: {BucketName: theirs}}\n")))
		if err != nil {
			t.Fatal(err)
		}
		cloud.Account("222222222222").Bucket(t, "theirs")
		if _, err := c.Do(t.Context(), plan, nil); !errors.As(err, new(*stack.FailedError)) {
			t.Error(err)
		}
		up(t, c, ours(queues(false, "one")))
	}, stack.Permissions(stack.WorkUp)...)
	called("find", func(c *stack.Client) {
		if _, err := c.Find(t.Context(), name); err != nil {
			t.Error(err)
		}
	}, stack.Permissions(stack.WorkFind)...)
	called("down", func(c *stack.Client) {
		if err := c.Delete(t.Context(), name, nil); err != nil {
			t.Error(err)
		}
	}, slices.DeleteFunc(stack.Permissions(stack.WorkDown), func(action string) bool {
		return action == "cloudformation:ListChangeSets" // of a stack that has nothing else
	})...)
}

// TestStuck: what cannot be deleted is named, and nothing else is done to the stack
// before it is gone.
func TestStuck(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	c := client(a.Config())
	_, _, outputs := up(t, c, ours([]byte("Resources:\n  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n  Q1: {Type: AWS::SQS::Queue, Properties: {QueueName: one}}\nOutputs:\n  Net: {Value: !Ref Net}\n")))
	// Somebody else works in it.
	other := stack.Stack{Name: "other", Tags: map[string]string{stack.Tag: "other"}, Template: []byte("Resources:\n  Part: {Type: AWS::EC2::Subnet, Properties: {CidrBlock: 10.0.1.0/24, VpcId: " + outputs["Net"] + "}}\n")}
	up(t, c, other)

	err := c.Delete(t.Context(), name, nil)
	failed, ok := errors.AsType[*stack.FailedError](err)
	if !ok || failed.Doing != stack.Delete || failed.Failed.LogicalID != "Net" || failed.Failed.Status != "DELETE_FAILED" || failed.RolledBack ||
		!strings.Contains(strings.Join(stack.Hints(err, nil), " "), "delete-stack --stack-name "+name+" --region us-east-1 --retain-resources Net") {
		t.Fatalf("%v: %+v: %q", err, failed, stack.Hints(err, nil))
	}
	_, err = c.Plan(t.Context(), ours(queues(false, "one")))
	in := func(region string) string { return " in " + region }
	stuck, ok := errors.AsType[*stack.StuckError](err)
	if !ok || stuck.Status != "DELETE_FAILED" || !strings.Contains(strings.Join(stack.Hints(err, in), " "), "--stack-name "+name+" in us-east-1 --retain") {
		t.Errorf("%v: %q", err, stack.Hints(err, nil))
	}

	if err := c.Delete(t.Context(), "other", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), name, nil); err != nil || status(t, a, name) != "none" {
		t.Errorf("once more: %v, %s", err, status(t, a, name))
	}
}

// TestDropped: a plan that nobody wants leaves nothing, whoever ends it.
func TestDropped(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	c := client(a.Config())
	plan, err := c.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil || status(t, a, name) != "REVIEW_IN_PROGRESS" {
		t.Fatalf("%v, %s", err, status(t, a, name))
	}
	if err := c.Drop(t.Context(), plan); err != nil || status(t, a, name) != "none" {
		t.Errorf("dropped: %v, %s", err, status(t, a, name))
	}

	// Ctrl-C between the answer and the first call.
	plan, err = c.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ended, plan, nil); !errors.Is(err, context.Canceled) || errors.As(err, new(*stack.AwayError)) || status(t, a, name) != "none" {
		t.Errorf("cancelled before: %v, %s", err, status(t, a, name))
	}
	if _, err := c.Plan(ended, ours(queues(false, "one"))); !errors.Is(err, context.Canceled) || status(t, a, name) != "none" {
		t.Errorf("cancelled before the plan: %v, %s", err, status(t, a, name))
	}

	up(t, c, ours(queues(false, "one")))
	plan, err = c.Plan(t.Context(), ours(queues(false, "one", "two")))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Drop(t.Context(), plan); err != nil {
		t.Error(err)
	}
	noChangeSets(t, a, name)
	wantWords(t, "queues", queueNames(t, a), "one")
}

// TestObsolete: somebody else's change between plan and deed is not overwritten.
func TestObsolete(t *testing.T) {
	a := cloud.Start(t).Account("111111111111")
	c, other := client(a.Config()), client(a.Config())
	up(t, c, ours(queues(false, "one")))
	mine, err := c.Plan(t.Context(), ours(queues(false, "one", "mine")))
	if err != nil {
		t.Fatal(err)
	}
	up(t, other, ours(queues(false, "one", "theirs")))
	if _, err := c.Do(t.Context(), mine, nil); !errors.Is(err, stack.ErrObsolete) {
		t.Errorf("%v", err)
	}
	names := queueNames(t, a)
	wantWords(t, "queues", names, "one", "theirs")
	plan, _, _ := up(t, c, ours(queues(false, "one", "mine")))
	if plan.Kind != stack.Update || !slices.Equal(queueNames(t, a), []string{"mine", "one"}) {
		t.Errorf("%+v, %v", plan, queueNames(t, a))
	}

	// Gone altogether.
	mine, err = c.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Delete(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), mine, nil); !errors.Is(err, stack.ErrObsolete) {
		t.Errorf("of a stack that is gone: %v", err)
	}
}
