package site

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

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
