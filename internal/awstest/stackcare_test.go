package awstest_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

//go:embed testdata/stacks/care.yaml
var careTemplate string

// TestStackCare: what a stack makes is as the template says, and what goes wrong goes
// wrong as on AWS.
func TestStackCare(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	failed := failedStack(t, stand)
	s := account.CFNStack(t, failed.Name, careTemplate)
	asWritten(t, account)
	updates(t, stand, s)
	twoAtOnce(t, stand, s)

	account.Owned("care-bucket").Put(t, awstest.Object{Key: "something"})
	if status := s.Delete(t); status != types.StackStatusDeleteFailed || !strings.Contains(s.Story(t), "not empty") || !strings.Contains(s.Story(t), "Table DELETE_SKIPPED") {
		t.Errorf("deleted with a bucket that is not empty: %s\n%s", status, s.Story(t))
	}
	account.Owned("care-bucket").Delete(t, "something")
	if status := s.Delete(t); status != "" {
		t.Errorf("deleted: %s\n%s", status, s.Story(t))
	}
	if table := account.OwnedTable("records").Describe(t); table.TableStatus != "ACTIVE" {
		t.Errorf("the table was to stay: %+v", table)
	}
	again := account.OwnedStack("again")
	_, err := again.Owner.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &again.Name, TemplateBody: &careTemplate})
	must(t, err)
	if status := again.Wait(t); status != types.StackStatusRollbackComplete || !strings.Contains(again.Story(t), "HandlerErrorCode: AlreadyExists") {
		t.Errorf("over a table that is there: %s\n%s", status, again.Story(t))
	}
}

// failedStack makes a stack whose queue fails, and deletes what was left of it.
func failedStack(t *testing.T, stand *awstest.AWS) *awstest.CFNStack {
	t.Helper()
	s := stand.Account(prod).OwnedStack("care")
	withRole := strings.Replace(careTemplate, "Resources:", "Resources:\n  Role: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: []}}}", 1)
	_, err := s.Owner.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &s.Name, TemplateBody: &withRole})
	if code(err) != "InsufficientCapabilitiesException" || !strings.Contains(err.Error(), "CAPABILITY_IAM") {
		t.Errorf("a role without capability: %v", err)
	}
	stand.FailResource(t, "AWS::SQS::Queue", "no more queues today")
	unprotected := parameter("Protected", "false")
	input := &cloudformation.CreateStackInput{StackName: &s.Name, TemplateBody: &careTemplate}
	unprotected(input)
	_, err = s.Owner.CreateStack(t.Context(), input)
	must(t, err)
	status, story := s.Wait(t), s.Story(t)
	for _, want := range []string{`Queue CREATE_FAILED Resource handler returned message: "no more queues today" (RequestToken: `, "care ROLLBACK_IN_PROGRESS", "Table DELETE_COMPLETE"} {
		if status != types.StackStatusRollbackComplete || !strings.Contains(story, want) {
			t.Errorf("%s: no %q in\n%s", status, want, story)
		}
	}
	_, err = s.Owner.CreateStack(t.Context(), input)
	if code(err) != "AlreadyExistsException" {
		t.Errorf("made over one in ROLLBACK_COMPLETE: %v", err)
	}
	for _, kind := range []types.ChangeSetType{types.ChangeSetTypeCreate, types.ChangeSetTypeUpdate} {
		if err := changeSet(t, s, "late", kind, careTemplate); code(err) != "ValidationError" || !strings.Contains(err.Error(), "is in ROLLBACK_COMPLETE state and can not be updated.") {
			t.Errorf("%s change set on it: %v", kind, err)
		}
	}
	if status := s.Delete(t); status != "" {
		t.Errorf("deleted: %s", status)
	}
	return s
}

// asWritten looks at what the template says of each thing.
func asWritten(t *testing.T, account awstest.Account) {
	t.Helper()
	table := account.OwnedTable("records")
	if got := table.Describe(t); !aws.ToBool(got.DeletionProtectionEnabled) || got.SSEDescription == nil {
		t.Errorf("table: %+v", got)
	}
	ttl, err := table.Owner.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &table.Name})
	if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "ends" {
		t.Errorf("time to live: %+v, %v", ttl, err)
	}
	backups, err := table.Owner.DescribeContinuousBackups(t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: &table.Name})
	if err != nil || backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != "ENABLED" {
		t.Errorf("backups: %+v, %v", backups, err)
	}
	alarms, err := cloudwatch.NewFromConfig(account.Config()).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("care-")})
	if err != nil || len(alarms.MetricAlarms) != 1 || len(alarms.MetricAlarms[0].Metrics) != 2 || len(alarms.MetricAlarms[0].AlarmActions) != 1 {
		t.Errorf("alarms: %+v, %v", alarms, err)
	}
	topic, err := sns.NewFromConfig(account.Config()).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String("arn:aws:sns:us-east-1:" + prod + ":care")})
	if err != nil || !strings.Contains(topic.Attributes["Policy"], "SourceOwner") {
		t.Errorf("the topic's policy is not its own account's alone: %+v, %v", topic, err)
	}
}

// changeSet makes one.
func changeSet(t *testing.T, s *awstest.CFNStack, name string, kind types.ChangeSetType, template string) error {
	t.Helper()
	_, err := s.Owner.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{StackName: &s.Name, ChangeSetName: &name, ChangeSetType: kind, TemplateBody: &template})
	return err
}

// updates: only what changes is told of, what is new as made, and a failure is rolled back.
func updates(t *testing.T, stand *awstest.AWS, s *awstest.CFNStack) {
	t.Helper()
	must(t, changeSet(t, s, "same", types.ChangeSetTypeUpdate, careTemplate))
	found, err := s.Owner.DescribeChangeSet(t.Context(), &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: aws.String("same")})
	if err != nil || found.Status != types.ChangeSetStatusFailed || aws.ToString(found.StatusReason) != "The submitted information didn't contain changes. Submit different information to create a change set." {
		t.Errorf("without changes: %+v, %v", found, err)
	}
	_, err = s.Owner.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &s.Name, TemplateBody: &careTemplate})
	if code(err) != "ValidationError" || !strings.Contains(err.Error(), "No updates are to be performed.") {
		t.Errorf("without changes: %v", err)
	}
	before := len(s.Story(t))
	changed := strings.Replace(careTemplate, "Default: one", "Default: two", 1) + "  Another: {Type: 'AWS::SQS::Queue', Properties: {QueueName: another}}\n"
	changed = strings.Replace(changed, "AttributeName: ends", "AttributeName: until", 1)
	_, err = s.Owner.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &s.Name, TemplateBody: &changed})
	must(t, err)
	if status := s.Wait(t); status != types.StackStatusUpdateComplete {
		t.Fatalf("%s\n%s", status, s.Story(t))
	}
	story := s.Story(t)[before:]
	for _, line := range strings.Split(strings.TrimSpace(story), "\n") {
		words := strings.Fields(line)
		known := map[string][]string{
			"care": {"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}, "Queue": {"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"},
			"Table": {"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}, "Another": {"CREATE_IN_PROGRESS", "CREATE_COMPLETE"},
		}
		if !slices.Contains(known[words[0]], words[1]) {
			t.Errorf("told: %s", line)
		}
	}
	if n := strings.Count(story, "\n"); n != 8 {
		t.Errorf("%d events:\n%s", n, story)
	}

	stand.FailResource(t, "AWS::SQS::Queue", "not now", "UPDATE")
	third := strings.Replace(changed, "Default: two", "Default: three", 1)
	_, err = s.Owner.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &s.Name, TemplateBody: &third})
	must(t, err)
	if status := s.Wait(t); status != types.StackStatusUpdateRollbackComplete || !strings.Contains(s.Story(t), "Queue UPDATE_FAILED") {
		t.Errorf("%s\n%s", status, s.Story(t))
	}
}

// twoAtOnce: while one operation takes its time there is no other; and two make change
// sets of a stack that is not there yet.
func twoAtOnce(t *testing.T, stand *awstest.AWS, s *awstest.CFNStack) {
	t.Helper()
	changed := strings.Replace(careTemplate, "Default: one", "Default: four", 1)
	must(t, changeSet(t, s, "mine", types.ChangeSetTypeUpdate, changed))
	stand.StackTime(t, 200*time.Millisecond)
	_, err := s.Owner.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &s.Name, TemplateBody: &changed})
	must(t, err)
	if status := s.Status(t); status != types.StackStatusUpdateInProgress {
		t.Errorf("at once: %s", status)
	}
	busy := "is in UPDATE_IN_PROGRESS state and can not be updated."
	_, update := s.Owner.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &s.Name, TemplateBody: &careTemplate})
	_, execute := s.Owner.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{StackName: &s.Name, ChangeSetName: aws.String("mine")})
	_, remove := s.Owner.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &s.Name})
	for what, err := range map[string]error{busy: update, busy + " ": changeSet(t, s, "other", types.ChangeSetTypeUpdate, careTemplate), "execution status of [OBSOLETE]": execute, "cannot be deleted while in status UPDATE_IN_PROGRESS": remove} {
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(what)) {
			t.Errorf("%v, not %s", err, what)
		}
	}
	if status := s.Wait(t); status != types.StackStatusUpdateComplete {
		t.Errorf("%s\n%s", status, s.Story(t))
	}
	stand.StackTime(t, 0)

	review := stand.Account(prod).OwnedStack("review")
	must(t, changeSet(t, review, "one", types.ChangeSetTypeCreate, careTemplate))
	first, err := review.Owner.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &review.Name})
	must(t, err)
	must(t, changeSet(t, review, "two", types.ChangeSetTypeCreate, careTemplate))
	listed, err := review.Owner.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: first.Stacks[0].StackId})
	if err != nil || len(listed.Summaries) != 2 || *listed.Summaries[0].StackId != *listed.Summaries[1].StackId {
		t.Errorf("two change sets of a new stack: %+v, %v", listed, err)
	}
	if status := review.Delete(t); status != "" {
		t.Errorf("deleted: %s", status)
	}
}
