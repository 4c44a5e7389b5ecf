package site

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithyhttp "github.com/aws/smithy-go/transport/http"
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

// Bus is an event bus and who its policy lets put events there.
type Bus struct {
	Name, ARN     string
	Accounts      []string // by number
	Organizations []string // o-…
	Anybody       bool     // a statement names everybody, and no organisation
}

// Lets reports whether an account may put events, as far as the policy names accounts:
// whether it is of an organisation, that has to be known otherwise.
func (b *Bus) Lets(account string) bool {
	return b.Anybody || slices.Contains(b.Accounts, account) || part(b.ARN, 4) == account
}

// Bus looks at an event bus of the caller's account and region; nil where there is none.
func (s *Site) Bus(ctx context.Context, name string) (*Bus, error) {
	out, err := eventbridge.NewFromConfig(s.cfg).DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(ctx, err, "look at the event bus "+name, "events:DescribeEventBus", name)
	}
	b := &Bus{Name: name, ARN: aws.ToString(out.Arn)}
	for _, st := range statementsOf(aws.ToString(out.Policy)) {
		if st.Effect != "Allow" || !slices.ContainsFunc(st.Action, func(a string) bool { return strings.EqualFold(a, "events:PutEvents") || a == "*" || a == "events:*" }) {
			continue
		}
		orgs := organizationsIn(&st)
		b.Organizations = append(b.Organizations, orgs...)
		for _, who := range st.Principal["AWS"] {
			switch account := accountIn(who); {
			case account != "":
				b.Accounts = append(b.Accounts, account)
			case who == "*" && len(orgs) == 0:
				b.Anybody = true
			}
		}
	}
	slices.Sort(b.Accounts)
	b.Accounts = slices.Compact(b.Accounts)
	return b, nil
}

// accountIn is the account that a principal names: its number, or an ARN of its own.
func accountIn(principal string) string {
	if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
		return principal
	}
	return part(principal, 4)
}

func organizationsIn(st *statement) (orgs []string) {
	for _, by := range st.Condition {
		for key, values := range by {
			if strings.EqualFold(key, "aws:PrincipalOrgID") {
				orgs = append(orgs, values...)
			}
		}
	}
	return orgs
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

// Logging is a trail that logs a region, and how it fares.
type Logging struct {
	Trail
	On        bool
	Delivered time.Time // when a log file was delivered last
	Error     string    // of the last delivery
}

// LoggingIn are the trails that log in a region of the account. EventBridge has events of
// CloudTrail only where one does (EventBridge User Guide, "Events from AWS services
// delivered by CloudTrail").
func (s *Site) LoggingIn(ctx context.Context, region string) ([]Logging, error) {
	trails, err := s.trailsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	var all []Logging
	for _, t := range trails {
		if !t.EveryRegion && t.Region != region {
			continue
		}
		l := Logging{Trail: t}
		arn := t.ARN
		out, err := s.cloudtrail(region).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
		if err != nil {
			return all, s.explain(ctx, err, "tell whether the trail "+t.Name+" logs", "cloudtrail:GetTrailStatus", t.ARN)
		}
		l.On, l.Delivered, l.Error = aws.ToBool(out.IsLogging), aws.ToTime(out.LatestDeliveryTime).UTC(), aws.ToString(out.LatestDeliveryError)
		all = append(all, l)
	}
	return all, nil
}

// Told is what a bucket tells of new objects.
type Told struct {
	Queue       bool // the hub's, by a notice of the bucket's own
	EventBridge bool
	Topics      []string // that it tells
}

// ToldBy looks at what a bucket tells, for the hub's queue. Of one in another region S3
// says which.
func (s *Site) ToldBy(ctx context.Context, bucket, queueARN string) (*Told, error) {
	in := &s3.GetBucketNotificationConfigurationInput{Bucket: &bucket}
	out, err := s.s3("").GetBucketNotificationConfiguration(ctx, in)
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		if region := r.Response.Header.Get("X-Amz-Bucket-Region"); region != "" && region != s.cfg.Region {
			out, err = s.s3(region).GetBucketNotificationConfiguration(ctx, in)
		}
	}
	if err != nil {
		return nil, s.explain(ctx, err, "read the notifications of the bucket "+bucket, "s3:GetBucketNotification", "arn:aws:s3:::"+bucket)
	}
	told := &Told{EventBridge: out.EventBridgeConfiguration != nil}
	for i := range out.QueueConfigurations {
		told.Queue = told.Queue || aws.ToString(out.QueueConfigurations[i].QueueArn) == queueARN
	}
	for i := range out.TopicConfigurations {
		told.Topics = append(told.Topics, aws.ToString(out.TopicConfigurations[i].TopicArn))
	}
	return told, nil
}

// Subscription is what a topic has of the hub's queue.
type Subscription string

// It may be.
const (
	NotSubscribed    Subscription = "none"
	NotYetSubscribed Subscription = "pending" // nobody has confirmed it
	Subscribed       Subscription = "confirmed"
)

// SubscribedTo looks at the subscription of the hub's queue to a topic, of any account
// (SNS API Reference, ListSubscriptions: the caller's own).
func (s *Site) SubscribedTo(ctx context.Context, topic, queueARN string) (Subscription, error) {
	pages := sns.NewListSubscriptionsPaginator(s.sns(part(topic, 3)), &sns.ListSubscriptionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", s.explain(ctx, err, "look for the subscription to "+topic, "sns:ListSubscriptions", "*")
		}
		for i := range page.Subscriptions {
			one := &page.Subscriptions[i]
			if aws.ToString(one.TopicArn) != topic || aws.ToString(one.Endpoint) != queueARN {
				continue
			}
			if !strings.HasPrefix(aws.ToString(one.SubscriptionArn), "arn:") {
				return NotYetSubscribed, nil
			}
			return Subscribed, nil
		}
	}
	return NotSubscribed, nil
}

// IsDenied reports whether AWS refused something to be looked at.
func IsDenied(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Denied
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
