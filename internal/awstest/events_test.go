package awstest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	fromSTS = `{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["sts.amazonaws.com"]}}`
	// eventsTrust lets EventBridge take a role.
	eventsTrust = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// names takes the events out of a queue, and gives their records' names.
func names(t *testing.T, q *awstest.Queue) (list []string) {
	t.Helper()
	for _, m := range q.Receive(t, 0) {
		var event struct{ Detail record }
		if err := json.Unmarshal([]byte(*m.Body), &event); err != nil {
			t.Fatal(err)
		}
		list = append(list, event.Detail.EventName)
		q.Delete(t, m)
	}
	return list
}

// TestAcrossAccounts: what is recorded in one account reaches a queue of another
// through a bus there.
func TestAcrossAccounts(t *testing.T) {
	stand := stack.Start(t)
	here, there := stand.Account(dev), stand.Account(prod)
	queue, bus := there.Queue(t, "seen"), there.Bus(t, "central", "")
	queue.AllowService(t, "events.amazonaws.com", "arn:aws:events:us-east-1:"+prod+":rule/central/keep")
	sender := here.Role(t, "Sender", eventsTrust, awstest.Allow(bus, "events:PutEvents"))
	here.Rule(t, "forward", fromSTS, awstest.ReadsToo).To(t, bus, sender)
	there.Rule(t, "keep", fromSTS, awstest.ReadsToo, awstest.OnBus("central")).To(t, queue.ARN)
	kim := here.User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	role := here.Role(t, "Reader", awstest.Trust("", dev), "")

	stand.Record(t)
	stand.Assume(t, kim, role)
	if got := names(t, queue); len(got) != 0 {
		t.Errorf("a bus without a policy took %q", got)
	}
	there.BusPolicy(t, "central", awstest.AllowAccount(dev, bus, "events:PutEvents"))
	stand.Assume(t, kim, role)
	if got := names(t, queue); fmt.Sprint(got) != "[AssumeRole]" {
		t.Errorf("with its policy it took %q", got)
	}
	// A rule that is only ENABLED sees no reads.
	there.Rule(t, "keep", fromSTS, awstest.OnBus("central"))
	if got := assume(t, here.Config(), role); got != "ok" {
		t.Errorf("root: %s", got)
	}
	if _, err := sts.NewFromConfig(here.Config()).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if got := names(t, queue); fmt.Sprint(got) != "[AssumeRole]" {
		t.Errorf("ENABLED alone took %q", got)
	}
}

// TestBusOfOrganization: a bus that lets an organization's accounts takes what a rule of
// another region forwards, with the region and the account that it came from; it goes to
// no third account.
func TestBusOfOrganization(t *testing.T) {
	stand := stack.Start(t)
	here, there, beyond := stand.Account(dev), stand.Account(prod), stand.Account(third)
	queue, far := there.Queue(t, "seen"), beyond.Queue(t, "far")
	bus, last := there.Bus(t, "central", ""), beyond.Bus(t, "last", awstest.AllowAccount(prod, "*", "events:PutEvents"))
	queue.AllowService(t, "events.amazonaws.com", "arn:aws:events:us-east-1:"+prod+":rule/central/keep")
	far.AllowService(t, "events.amazonaws.com", "arn:aws:events:us-east-1:"+third+":rule/last/keep")
	beyond.Rule(t, "keep", fromSTS, awstest.ReadsToo, awstest.OnBus("last")).To(t, far.ARN)
	there.Rule(t, "keep", `{"account":["`+dev+`"],"region":["eu-west-1"]}`, awstest.ReadsToo, awstest.OnBus("central")).To(t, queue.ARN)
	there.Rule(t, "on", fromSTS, awstest.ReadsToo, awstest.OnBus("central")).To(t, last, there.Role(t, "Sender", eventsTrust, awstest.Allow(last, "events:PutEvents")))

	regional := eventbridge.NewFromConfig(here.ConfigIn("eu-west-1"))
	_, err := regional.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("forward"), EventPattern: aws.String(fromSTS), State: types.RuleStateEnabledWithAllCloudtrailManagementEvents})
	must(t, err)
	target := types.Target{Id: aws.String("hub"), Arn: &bus}
	if _, err := regional.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("forward"), Targets: []types.Target{target}}); code(err) != "ValidationException" {
		t.Errorf("a bus of another account without a role: %v", err)
	}
	target.RoleArn = aws.String(here.Role(t, "Sender", eventsTrust, awstest.Allow(bus, "events:PutEvents")))
	_, err = regional.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("forward"), Targets: []types.Target{target}})
	must(t, err)

	organization := there.Organization(t, "management", map[string]string{third: "beyond"})
	there.BusPolicy(t, "central", `{"Version":"2012-10-17","Statement":[{"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"`+bus+`","Condition":{"StringEquals":{"aws:PrincipalOrgID":"`+organization+`"}}}]}`)
	stand.Record(t)
	call := func() {
		_, err := sts.NewFromConfig(here.ConfigIn("eu-west-1")).GetCallerIdentity(t.Context(), nil)
		must(t, err)
	}
	call()
	if got := names(t, queue); len(got) != 0 {
		t.Errorf("of an account that is in no organization: %q", got)
	}
	there.Invite(t, dev)
	call()
	if got := names(t, queue); fmt.Sprint(got) != "[GetCallerIdentity]" {
		t.Errorf("of the organization: %q", got)
	}
	if got := names(t, far); len(got) != 0 {
		t.Errorf("a third account got %q", got)
	}
}

// issued is a record as the seed text has it: of no account, in no region.
const issued = `{"eventVersion":"1.04","userIdentity":{"type":"IAMUser","accountId":"111111111111","userName":"jsmith"},"eventTime":"2016-04-05T20:39:37Z",
	"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"global","eventID":"e5a09871","eventType":"AwsApiCall"}`

// TestEmit: a record that a test gives comes as CloudTrail sends it, at the record's
// time.
func TestEmit(t *testing.T) {
	account := stack.Start(t).Account(dev)
	topic, queue := account.Topic(t, "CrossAccountSNS"), account.Queue(t, "seen")
	rule := account.Rule(t, "CrossAccountRoleToProd", `{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventName":["AssumeRole"]}}`)
	topic.Policy(t, awstest.AllowService("events.amazonaws.com", rule.ARN, topic.ARN, "sns:Publish"))
	queue.AllowService(t, "sns.amazonaws.com", topic.ARN)
	topic.Subscribe(t, queue, true)
	rule.To(t, topic.ARN)
	account.Emit(t, json.RawMessage(issued), json.RawMessage(strings.ReplaceAll(issued, "AssumeRole", "GetCallerIdentity")))
	got := bodies(t, queue)
	if len(got) != 1 {
		t.Fatalf("got %q", got)
	}
	type envelope struct {
		Source, Account, Region, Time string
		DetailType                    string `json:"detail-type"`
		Detail                        record
	}
	var event envelope
	if err := json.Unmarshal([]byte(got[0]), &event); err != nil {
		t.Fatal(err)
	}
	event.Detail = record{EventName: event.Detail.EventName}
	want := envelope{"aws.sts", dev, awstest.Region, "2016-04-05T20:39:37Z", "AWS API Call via CloudTrail", record{EventName: "AssumeRole"}}
	if fmt.Sprint(event) != fmt.Sprint(want) {
		t.Errorf("got %+v, not %+v", event, want)
	}
}
