package site

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Rule is a rule of EventBridge.
type Rule struct {
	Name, Bus, Region, ARN string
	State                  string // ENABLED, DISABLED or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
	Pattern                string
	Targets                []Target
}

// Enabled reports whether it does anything.
func (r *Rule) Enabled() bool { return strings.HasPrefix(r.State, "ENABLED") }

// Target is where a rule sends events, and the role that EventBridge takes for it.
type Target struct{ ARN, Role string }

// Rule looks at a rule; nil where there is none, or no such bus. bus "" is the default
// one, region "" the caller's.
func (s *Site) Rule(ctx context.Context, region, bus, name string) (*Rule, error) {
	if bus == "" {
		bus = "default"
	}
	client := eventbridge.NewFromConfig(s.in(region))
	out, err := client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name, EventBusName: &bus})
	if isMissing(err) {
		return nil, nil
	}
	doing := "look at the rule " + name + " in " + s.in(region).Region
	if err != nil {
		return nil, s.explain(ctx, err, doing, "events:DescribeRule", name)
	}
	r := &Rule{Name: name, Bus: bus, Region: s.in(region).Region, ARN: aws.ToString(out.Arn), State: string(out.State), Pattern: aws.ToString(out.EventPattern)}
	targets, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &name, EventBusName: &bus})
	if err != nil {
		return r, s.explain(ctx, err, doing, "events:ListTargetsByRule", r.ARN)
	}
	for i := range targets.Targets {
		t := &targets.Targets[i]
		r.Targets = append(r.Targets, Target{aws.ToString(t.Arn), aws.ToString(t.RoleArn)})
	}
	return r, nil
}

// RoleIsThere reports whether a role is.
func (s *Site) RoleIsThere(ctx context.Context, arn string) (bool, error) {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	_, err := iam.NewFromConfig(s.cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, s.explain(ctx, err, "look at the role "+name, "iam:GetRole", arn)
	}
	return true, nil
}

// Matches reports whether a rule's pattern takes an event, by EventBridge's own judgement
// (EventBridge API Reference, TestEventPattern).
func (s *Site) Matches(ctx context.Context, region, pattern, event string) (bool, error) {
	out, err := eventbridge.NewFromConfig(s.in(region)).TestEventPattern(ctx, &eventbridge.TestEventPatternInput{EventPattern: &pattern, Event: &event})
	if err != nil {
		return false, s.explain(ctx, err, "try the rule's pattern", "events:TestEventPattern", "*")
	}
	return out.Result, nil
}
