package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// looker asks AWS what it has of one account, a resource at a time.
type looker struct {
	testing.TB
	cfg aws.Config
}

// lookers are the kinds of resources that are looked at after a stack was made, with
// what is there, in the words of the template. What a template's properties say that is
// not in the answer fails the test.
var lookers = map[string]func(l looker, id string, want map[string]any) map[string]any{
	"AWS::SQS::Queue":                 looker.queue,
	"AWS::SQS::QueuePolicy":           looker.queuePolicy,
	"AWS::Events::EventBus":           looker.bus,
	"AWS::Events::EventBusPolicy":     looker.busPolicy,
	"AWS::Events::Rule":               looker.rule,
	"AWS::SNS::Topic":                 looker.topic,
	"AWS::SNS::TopicPolicy":           looker.topicPolicy,
	"AWS::SNS::Subscription":          looker.subscription,
	"AWS::IAM::Role":                  looker.role,
	"AWS::Logs::LogGroup":             looker.logGroup,
	"AWS::Lambda::Function":           looker.function,
	"AWS::Lambda::EventSourceMapping": looker.eventSource,
	"AWS::CloudWatch::Alarm":          looker.alarm,
	"AWS::DynamoDB::Table":            nil, // sameTable
}

// asPrinted: what a stack made is what its template says.
func asPrinted(t *testing.T, in awstest.Account, name string, v made, at place) {
	t.Helper()
	at.physical = in.OwnedStack(name).Resources(t)
	p := parse(t, v.Template())
	l := looker{t, in.Config()}
	for _, id := range sorted(p.Resources) {
		r := p.Resources[id]
		look, known := lookers[r.Type]
		if !known || at.physical[id] == "" {
			t.Errorf("%s: %s %s was not made, or is not looked at", name, r.Type, id)
			continue
		}
		if look == nil {
			continue
		}
		want := at.resolved(t, p, r.Properties).(map[string]any)
		if diff := cmp.Diff(plain(want), plain(look(l, at.physical[id], want))); diff != "" {
			t.Errorf("%s: %s %s (-printed +there):\n%s", name, r.Type, id, diff)
		}
	}
}

// plain is a value of texts alone, as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name := range v {
			m[name] = plain(v[name])
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// check ends the test on an error.
func (l looker) check(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// document is JSON, URL-encoded as IAM gives it.
func (l looker) document(text string) (v any) {
	l.Helper()
	if plain, err := url.QueryUnescape(text); err == nil && strings.HasPrefix(text, "%") {
		text = plain
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		l.Fatalf("%v: %s", err, text)
	}
	return v
}

func (l looker) attributes(url string) map[string]string {
	out, err := sqs.NewFromConfig(l.cfg).GetQueueAttributes(l.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	l.check(err)
	return out.Attributes
}

func (l looker) queue(url string, want map[string]any) map[string]any {
	all := l.attributes(url)
	out := map[string]any{"QueueName": url[strings.LastIndex(url, "/")+1:]}
	for _, name := range []string{"MessageRetentionPeriod", "VisibilityTimeout", "SqsManagedSseEnabled"} {
		if want[name] != nil {
			out[name] = all[name]
		}
	}
	if all["RedrivePolicy"] != "" {
		out["RedrivePolicy"] = l.document(all["RedrivePolicy"])
	}
	return out
}

func (l looker) queuePolicy(_ string, want map[string]any) map[string]any {
	return map[string]any{"Queues": want["Queues"], "PolicyDocument": l.document(l.attributes(list(want["Queues"])[0].(string))["Policy"])}
}

func (l looker) bus(name string, _ map[string]any) map[string]any {
	out, err := eventbridge.NewFromConfig(l.cfg).DescribeEventBus(l.Context(), &eventbridge.DescribeEventBusInput{Name: &name})
	l.check(err)
	return map[string]any{"Name": *out.Name}
}

// busPolicy looks for the one statement.
func (l looker) busPolicy(_ string, want map[string]any) map[string]any {
	name := want["EventBusName"].(string)
	out, err := eventbridge.NewFromConfig(l.cfg).DescribeEventBus(l.Context(), &eventbridge.DescribeEventBusInput{Name: &name})
	l.check(err)
	for _, s := range list(l.document(aws.ToString(out.Policy)).(map[string]any)["Statement"]) {
		if s.(map[string]any)["Sid"] == want["StatementId"] {
			return map[string]any{"EventBusName": name, "StatementId": want["StatementId"], "Statement": s}
		}
	}
	return nil
}

func (l looker) rule(_ string, want map[string]any) map[string]any {
	client, name := eventbridge.NewFromConfig(l.cfg), want["Name"].(string)
	bus, _ := want["EventBusName"].(string)
	of := aws.String(bus)
	if bus == "" {
		of = nil
	}
	r, err := client.DescribeRule(l.Context(), &eventbridge.DescribeRuleInput{Name: &name, EventBusName: of})
	l.check(err)
	targets, err := client.ListTargetsByRule(l.Context(), &eventbridge.ListTargetsByRuleInput{Rule: &name, EventBusName: of})
	l.check(err)
	out := map[string]any{"Name": *r.Name, "State": r.State, "Description": aws.ToString(r.Description), "EventPattern": l.document(*r.EventPattern)}
	if bus != "" {
		out["EventBusName"] = *r.EventBusName
	}
	var all []any
	for _, t := range targets.Targets {
		target := map[string]any{"Id": *t.Id, "Arn": *t.Arn}
		if t.RoleArn != nil {
			target["RoleArn"] = *t.RoleArn
		}
		if t.DeadLetterConfig != nil {
			target["DeadLetterConfig"] = map[string]any{"Arn": *t.DeadLetterConfig.Arn}
		}
		all = append(all, target)
	}
	out["Targets"] = all
	return out
}

func (l looker) topic(arn string, _ map[string]any) map[string]any {
	out, err := sns.NewFromConfig(l.cfg).GetTopicAttributes(l.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
	l.check(err)
	return map[string]any{"TopicName": out.Attributes["TopicArn"][strings.LastIndex(arn, ":")+1:]}
}

func (l looker) topicPolicy(_ string, want map[string]any) map[string]any {
	out, err := sns.NewFromConfig(l.cfg).GetTopicAttributes(l.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String(list(want["Topics"])[0].(string))})
	l.check(err)
	return map[string]any{"Topics": want["Topics"], "PolicyDocument": l.document(out.Attributes["Policy"])}
}

func (l looker) subscription(arn string, want map[string]any) map[string]any {
	out, err := sns.NewFromConfig(l.cfg).GetSubscriptionAttributes(l.Context(), &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	l.check(err)
	a := out.Attributes
	return map[string]any{"TopicArn": a["TopicArn"], "Protocol": a["Protocol"], "Endpoint": a["Endpoint"], "Region": strings.Split(a["SubscriptionArn"], ":")[3]}
}

func (l looker) role(name string, want map[string]any) map[string]any {
	client := iam.NewFromConfig(l.cfg)
	r, err := client.GetRole(l.Context(), &iam.GetRoleInput{RoleName: &name})
	l.check(err)
	out := map[string]any{"Description": aws.ToString(r.Role.Description), "AssumeRolePolicyDocument": l.document(*r.Role.AssumeRolePolicyDocument)}
	if want["RoleName"] != nil {
		out["RoleName"] = *r.Role.RoleName
	}
	if want["MaxSessionDuration"] != nil {
		out["MaxSessionDuration"] = *r.Role.MaxSessionDuration
	}
	own, err := client.ListRolePolicies(l.Context(), &iam.ListRolePoliciesInput{RoleName: &name})
	l.check(err)
	var policies []any
	for _, policy := range own.PolicyNames {
		p, err := client.GetRolePolicy(l.Context(), &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
		l.check(err)
		policies = append(policies, map[string]any{"PolicyName": policy, "PolicyDocument": l.document(*p.PolicyDocument)})
	}
	if policies != nil {
		out["Policies"] = policies
	}
	attached, err := client.ListAttachedRolePolicies(l.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	l.check(err)
	var managed []any
	for _, p := range attached.AttachedPolicies {
		managed = append(managed, *p.PolicyArn)
	}
	if managed != nil {
		out["ManagedPolicyArns"] = managed
	}
	return out
}

func (l looker) logGroup(name string, _ map[string]any) map[string]any {
	out, err := cloudwatchlogs.NewFromConfig(l.cfg).DescribeLogGroups(l.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	l.check(err)
	for _, g := range out.LogGroups {
		if *g.LogGroupName == name {
			return map[string]any{"LogGroupName": name, "RetentionInDays": aws.ToInt32(g.RetentionInDays)}
		}
	}
	return nil
}

func (l looker) function(name string, want map[string]any) map[string]any {
	f, err := lambda.NewFromConfig(l.cfg).GetFunctionConfiguration(l.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	l.check(err)
	variables := map[string]any{}
	for name, v := range f.Environment.Variables {
		if strings.HasPrefix(name, "CROSSTRAIL_") {
			variables[name] = v
		}
	}
	out := map[string]any{
		"FunctionName": *f.FunctionName, "Description": aws.ToString(f.Description), "Runtime": f.Runtime, "Handler": *f.Handler, "Role": *f.Role,
		"Architectures": []any{f.Architectures[0]}, "Timeout": *f.Timeout, "MemorySize": *f.MemorySize,
		"Environment": map[string]any{"Variables": variables}, "Code": want["Code"], // which AWS does not tell
	}
	if f.LoggingConfig != nil {
		out["LoggingConfig"] = map[string]any{"LogGroup": aws.ToString(f.LoggingConfig.LogGroup)}
	}
	return out
}

func (l looker) eventSource(id string, want map[string]any) map[string]any {
	m, err := lambda.NewFromConfig(l.cfg).GetEventSourceMapping(l.Context(), &lambda.GetEventSourceMappingInput{UUID: &id})
	l.check(err)
	var answers []any
	for _, r := range m.FunctionResponseTypes {
		answers = append(answers, r)
	}
	return map[string]any{
		"FunctionName": (*m.FunctionArn)[strings.LastIndex(*m.FunctionArn, ":")+1:], "EventSourceArn": *m.EventSourceArn, "BatchSize": *m.BatchSize, "Enabled": *m.State == "Enabled",
		"MaximumBatchingWindowInSeconds": aws.ToInt32(m.MaximumBatchingWindowInSeconds), "FunctionResponseTypes": answers,
	}
}

// alarm is what it is by JSON, in the words of the template.
func (l looker) alarm(_ string, want map[string]any) map[string]any {
	name := want["AlarmName"].(string)
	out, err := cloudwatch.NewFromConfig(l.cfg).DescribeAlarms(l.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	l.check(err)
	if len(out.MetricAlarms) != 1 {
		return nil
	}
	text, err := json.Marshal(out.MetricAlarms[0])
	l.check(err)
	return within(want, l.document(string(text))).(map[string]any)
}

// within is of a value what another has, so that an answer's own defaults do not matter.
func within(want, v any) any {
	switch want := want.(type) {
	case map[string]any:
		has, _ := v.(map[string]any)
		out := map[string]any{}
		for name := range want {
			if has[name] != nil {
				out[name] = within(want[name], has[name])
			}
		}
		return out
	case []any:
		has := list(v)
		if len(has) != len(want) {
			return v
		}
		out := make([]any, len(want))
		for i := range want {
			out[i] = within(want[i], has[i])
		}
		return out
	}
	return v
}
