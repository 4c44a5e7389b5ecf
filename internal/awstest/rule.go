package awstest

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// Rule is an EventBridge rule, and its owner's hand on it.
type Rule struct {
	Name, Bus, ARN string
	Owner          *eventbridge.Client
	targets        int
}

// RuleOption is something about a rule that is not the default.
type RuleOption func(*eventbridge.PutRuleInput)

// OnBus puts a rule on another bus of the account than the default one.
func OnBus(name string) RuleOption {
	return func(in *eventbridge.PutRuleInput) { in.EventBusName = &name }
}

// ReadsToo lets a rule see the calls that only read, too: EventBridge User Guide,
// "Receiving read-only management events from AWS services".
func ReadsToo(in *eventbridge.PutRuleInput) {
	in.State = types.RuleStateEnabledWithAllCloudtrailManagementEvents
}

// Rule makes a rule on the account's default bus that is ENABLED: what fits the
// pattern goes to what To says.
func (c Account) Rule(t testing.TB, name, pattern string, options ...RuleOption) *Rule {
	t.Helper()
	r := &Rule{Name: name, Owner: eventbridge.NewFromConfig(c.Config())}
	input := &eventbridge.PutRuleInput{Name: &name, EventPattern: &pattern, State: types.RuleStateEnabled, EventBusName: aws.String("default")}
	for _, option := range options {
		option(input)
	}
	made, err := r.Owner.PutRule(t.Context(), input)
	must(t, err)
	r.Bus, r.ARN = *input.EventBusName, *made.RuleArn
	return r
}

// To adds a target: the ARN of a queue, a topic or a function, or of a bus of any
// account with the role that EventBridge takes to put events there.
func (r *Rule) To(t testing.TB, arn string, roleARN ...string) {
	t.Helper()
	r.targets++
	target := types.Target{Id: aws.String(strconv.Itoa(r.targets)), Arn: &arn}
	for _, role := range roleARN {
		target.RoleArn = &role
	}
	put, err := r.Owner.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: &r.Name, EventBusName: &r.Bus, Targets: []types.Target{target}})
	must(t, err)
	if put.FailedEntryCount != 0 {
		t.Fatalf("rule %s: target %s: %s", r.Name, arn, aws.ToString(put.FailedEntries[0].ErrorMessage))
	}
}

// Bus makes an event bus of the account, with a policy if that is not empty, and
// gives its ARN.
func (c Account) Bus(t testing.TB, name, policy string) (arn string) {
	t.Helper()
	client := eventbridge.NewFromConfig(c.Config())
	made, err := client.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: &name})
	must(t, err)
	if policy != "" {
		c.BusPolicy(t, name, policy)
	}
	return *made.EventBusArn
}

// BusPolicy gives a bus of the account this policy in the place of any other.
func (c Account) BusPolicy(t testing.TB, name, policy string) {
	t.Helper()
	_, err := eventbridge.NewFromConfig(c.Config()).PutPermission(t.Context(), &eventbridge.PutPermissionInput{EventBusName: &name, Policy: &policy})
	must(t, err)
}

// Emit puts a CloudTrail record on the account's default bus, as CloudTrail does
// it: from aws.<service>, as "AWS API Call via CloudTrail". PutEvents itself takes
// none from aws.* (EventBridge API Reference). A fixture: the event is of the
// launcher's making.
func (c Account) Emit(t testing.TB, records ...json.RawMessage) {
	t.Helper()
	c.aws.ask(t, "emit", map[string]any{"account": c.ID, "region": Region, "records": records}, nil)
}
