package stack_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// cloud is the AWS that the tests of this package share.
var cloud awstest.Stack

const name = "crosstrail-hub"

// queues is a template of queues, one after the other, and a table that stays.
func queues(table bool, names ...string) []byte {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i, n := range names {
		fmt.Fprintf(&b, "  Q%d:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: %s}\n", i+1, n)
		if i > 0 {
			fmt.Fprintf(&b, "    DependsOn: Q%d\n", i)
		}
	}
	if table {
		b.WriteString(`  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      TableName: kept
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
`)
	}
	b.WriteString("Outputs:\n  First: {Value: !Ref Q1}\n")
	return []byte(b.String())
}

func ours(template []byte) stack.Stack {
	return stack.Stack{Name: name, Template: template, Tags: map[string]string{stack.Tag: "crosstrail"}}
}

func client(cfg aws.Config) *stack.Client {
	c := stack.New(cfg)
	c.Every = 5 * time.Millisecond
	return c
}

// up plans and does, and gives what was told.
func up(t *testing.T, c *stack.Client, s stack.Stack) (plan *stack.Plan, events []stack.Event, outputs map[string]string) {
	t.Helper()
	plan, err := c.Plan(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err = c.Do(t.Context(), plan, func(e stack.Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	once := map[stack.Event]bool{}
	for _, e := range events {
		if once[e] {
			t.Errorf("told twice: %+v", e)
		}
		once[e] = true
	}
	return plan, events, outputs
}

func words(changes []stack.Change) (all []string) {
	for _, c := range changes {
		all = append(all, strings.TrimSpace(c.Action+" "+c.LogicalID+" "+c.Replacement))
	}
	return all
}

func wantWords(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// steps are the events of the resources that match, in a word each.
func steps(events []stack.Event, match func(stack.Event) bool) (all []string) {
	for _, e := range events {
		if match(e) {
			all = append(all, e.LogicalID+" "+e.Status)
		}
	}
	return all
}

// TestLife: created, unchanged, updated where it differs, taken down but for what stays.
func TestLife(t *testing.T) {
	cloud := cloud.Start(t)
	cloud.StackTime(t, 20*time.Millisecond) // so that events are looked for more than once
	a := cloud.Account("111111111111")
	c := client(a.Config())
	if _, err := c.Find(t.Context(), name); !errors.Is(err, stack.ErrNone) {
		t.Fatalf("a stack before there is one: %v", err)
	}

	plan, events, outputs := up(t, c, ours(queues(true, "one", "two")))
	if plan.Kind != stack.Create || plan.Leftover {
		t.Errorf("%+v", plan)
	}
	wantWords(t, "changes", words(plan.Changes), "Add Q1", "Add Q2", "Add Table")
	wantWords(t, "events of the stack", steps(events, func(e stack.Event) bool { return e.LogicalID == name }), name+" CREATE_IN_PROGRESS", name+" CREATE_COMPLETE")
	if got := steps(events, func(e stack.Event) bool { return e.LogicalID == "Q2" }); got[len(got)-1] != "Q2 CREATE_COMPLETE" || !slices.IsSortedFunc(events, func(x, y stack.Event) int { return x.Time.Compare(y.Time) }) {
		t.Errorf("events: %v", events)
	}
	if !strings.HasSuffix(outputs["First"], "/one") {
		t.Errorf("outputs: %v", outputs)
	}

	plan, events, again := up(t, c, ours(queues(true, "one", "two")))
	if plan.Kind != stack.Unchanged || len(events) != 0 || again["First"] != outputs["First"] {
		t.Errorf("a second run: %+v, %v, %v", plan, events, again)
	}
	noChangeSets(t, a, name)

	plan, events, _ = up(t, c, ours(queues(true, "one", "two", "three")))
	if plan.Kind != stack.Update {
		t.Errorf("%+v", plan)
	}
	wantWords(t, "changes", words(plan.Changes), "Add Q3")
	wantWords(t, "events of an update", steps(events, func(e stack.Event) bool { return strings.HasSuffix(e.Status, "_COMPLETE") }), "Q3 CREATE_COMPLETE", name+" UPDATE_COMPLETE")

	found, err := c.Find(t.Context(), name)
	if err != nil || !found.Ours || found.Busy || found.Status != "UPDATE_COMPLETE" || len(found.Resources) != 4 || string(found.Template) != string(queues(true, "one", "two", "three")) {
		t.Errorf("%+v, %v", found, err)
	}

	events = nil
	if err := c.Delete(t.Context(), name, func(e stack.Event) { events = append(events, e) }); err != nil {
		t.Fatal(err)
	}
	wantWords(t, "what stays", steps(events, stack.Event.Retained), "Table DELETE_SKIPPED")
	wantWords(t, "the end", steps(events[len(events)-1:], func(stack.Event) bool { return true }), name+" DELETE_COMPLETE")
	a.OwnedTable("kept").Describe(t)
	if err := c.Delete(t.Context(), name, nil); !errors.Is(err, stack.ErrNone) {
		t.Errorf("once more: %v", err)
	}
}

// TestPages: more changes than a page, and more events, each once and in order.
func TestPages(t *testing.T) {
	c := client(cloud.Start(t).Account("111111111111").Config())
	names := make([]string, 60)
	for i := range names {
		names[i] = fmt.Sprintf("n%02d", i+1)
	}
	plan, events, _ := up(t, c, ours(queues(false, names...)))
	if len(plan.Changes) != len(names) {
		t.Errorf("%d changes", len(plan.Changes))
	}
	made := steps(events, func(e stack.Event) bool { return e.Status == "CREATE_COMPLETE" && e.LogicalID != name })
	want := make([]string, len(names))
	for i := range want {
		want[i] = fmt.Sprintf("Q%d CREATE_COMPLETE", i+1)
	}
	wantWords(t, "made", made, want...)
}

func noChangeSets(t *testing.T, a awstest.Account, stackName string) {
	t.Helper()
	got, err := cloudformation.NewFromConfig(a.Config()).ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: &stackName})
	if err == nil && slices.ContainsFunc(got.Summaries, func(s types.ChangeSetSummary) bool { return s.ExecutionStatus != types.ExecutionStatusExecuteComplete }) {
		t.Errorf("change sets are left: %+v", got.Summaries)
	}
}

func status(t *testing.T, a awstest.Account, stackName string) string {
	t.Helper()
	found, err := client(a.Config()).Find(t.Context(), stackName)
	if errors.Is(err, stack.ErrNone) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return found.Status
}

func queueNames(t *testing.T, a awstest.Account) (names []string) {
	t.Helper()
	got, err := sqs.NewFromConfig(a.Config()).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range got.QueueUrls {
		names = append(names, url[strings.LastIndex(url, "/")+1:])
	}
	slices.Sort(names)
	return names
}
