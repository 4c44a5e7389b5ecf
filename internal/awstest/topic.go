package awstest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Topic is an SNS topic, and its owner's hand on it.
type Topic struct {
	ARN   string
	Owner *sns.Client
}

// Subscriber is what a topic can be subscribed to here: a Queue or a Function.
type Subscriber interface {
	subscriber() (protocol, arn string, owner Account)
}

func (q *Queue) subscriber() (protocol, arn string, owner Account) { return "sqs", q.ARN, q.account }

func (f *Function) subscriber() (protocol, arn string, owner Account) {
	return "lambda", f.ARN, f.account
}

// Topic makes a topic of the account.
func (c Account) Topic(t testing.TB, name string, options ...func(*sns.CreateTopicInput)) *Topic {
	t.Helper()
	topic := &Topic{Owner: sns.NewFromConfig(c.Config())}
	input := &sns.CreateTopicInput{Name: &name}
	for _, option := range options {
		option(input)
	}
	made, err := topic.Owner.CreateTopic(t.Context(), input)
	must(t, err)
	topic.ARN = *made.TopicArn
	return topic
}

// Policy gives the topic this policy in the place of any other. A new topic has one
// that lets its own account.
func (o *Topic) Policy(t testing.TB, policy string) {
	t.Helper()
	_, err := o.Owner.SetTopicAttributes(t.Context(), &sns.SetTopicAttributesInput{
		TopicArn: &o.ARN, AttributeName: aws.String("Policy"), AttributeValue: &policy,
	})
	must(t, err)
}

// Subscribe has messages sent to a queue or a function, as its owner does it, whom
// the topic's policy must let subscribe where it is another account's. Raw: the
// message alone, without SNS's envelope; functions always get the envelope. The
// policy of the queue must let the topic send (Queue.AllowService with
// sns.amazonaws.com).
func (o *Topic) Subscribe(t testing.TB, to Subscriber, raw bool) (subscriptionARN string) {
	t.Helper()
	protocol, arn, owner := to.subscriber()
	input := &sns.SubscribeInput{TopicArn: &o.ARN, Protocol: &protocol, Endpoint: &arn, ReturnSubscriptionArn: true}
	if raw {
		input.Attributes = map[string]string{"RawMessageDelivery": "true"}
	}
	made, err := sns.NewFromConfig(owner.Config()).Subscribe(t.Context(), input)
	must(t, err)
	return *made.SubscriptionArn
}

// Publish sends a message as the topic's owner.
func (o *Topic) Publish(t testing.TB, message string) {
	t.Helper()
	_, err := o.Owner.Publish(t.Context(), &sns.PublishInput{TopicArn: &o.ARN, Message: &message})
	must(t, err)
}
