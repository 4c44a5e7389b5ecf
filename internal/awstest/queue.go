package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue is a queue, and its owner's hand on it.
type Queue struct {
	Name, URL, ARN string
	Owner          *sqs.Client
	account        Account
}

// QueueOption is something about a queue that is not as SQS has it by default.
type QueueOption func(*sqs.CreateQueueInput)

// Visibility is how long a message that was received is kept from others, in whole
// seconds; SQS has 30 seconds.
func Visibility(d time.Duration) QueueOption {
	return func(in *sqs.CreateQueueInput) {
		in.Attributes[string(types.QueueAttributeNameVisibilityTimeout)] = strconv.Itoa(int(d.Seconds()))
	}
}

// Redrive moves a message that was received so often into another queue, in place
// of giving it once more: SQS Developer Guide, "Using dead-letter queues".
func Redrive(deadLetters *Queue, maxReceiveCount int) QueueOption {
	return func(in *sqs.CreateQueueInput) {
		policy, err := json.Marshal(map[string]any{"deadLetterTargetArn": deadLetters.ARN, "maxReceiveCount": maxReceiveCount})
		if err != nil {
			panic(err) // a text and a number
		}
		in.Attributes[string(types.QueueAttributeNameRedrivePolicy)] = string(policy)
	}
}

// Queue makes a queue of the account.
func (c Account) Queue(t testing.TB, name string, options ...QueueOption) *Queue {
	t.Helper()
	q := &Queue{Name: name, ARN: "arn:aws:sqs:" + Region + ":" + c.ID + ":" + name, Owner: sqs.NewFromConfig(c.Config()), account: c}
	input := &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{}}
	for _, option := range options {
		option(input)
	}
	made, err := q.Owner.CreateQueue(t.Context(), input)
	must(t, err)
	q.URL = *made.QueueUrl
	return q
}

// OwnedQueue is a queue of the account that is there already.
func (c Account) OwnedQueue(t testing.TB, name string) *Queue {
	t.Helper()
	q := &Queue{Name: name, ARN: "arn:aws:sqs:" + Region + ":" + c.ID + ":" + name, Owner: sqs.NewFromConfig(c.Config()), account: c}
	found, err := q.Owner.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	must(t, err)
	q.URL = *found.QueueUrl
	return q
}

// Policy gives the queue this policy in the place of any other.
func (q *Queue) Policy(t testing.TB, policy string) {
	t.Helper()
	_, err := q.Owner.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &q.URL, Attributes: map[string]string{string(types.QueueAttributeNamePolicy): policy},
	})
	must(t, err)
}

// AllowService lets a service, as s3.amazonaws.com, send what comes from a source:
// the ARN of a bucket, topic or rule.
func (q *Queue) AllowService(t testing.TB, service, source string) {
	t.Helper()
	q.Policy(t, AllowService(service, source, q.ARN, "sqs:SendMessage"))
}

// Send sends messages, ten a call.
func (q *Queue) Send(t testing.TB, bodies ...string) {
	t.Helper()
	for len(bodies) > 0 {
		n := min(len(bodies), 10)
		input := &sqs.SendMessageBatchInput{QueueUrl: &q.URL}
		for i, body := range bodies[:n] {
			input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
		}
		sent, err := q.Owner.SendMessageBatch(t.Context(), input)
		must(t, err)
		if len(sent.Failed) != 0 {
			t.Fatalf("%s: not sent: %s", q.Name, aws.ToString(sent.Failed[0].Message))
		}
		bodies = bodies[n:]
	}
}

// Receive is one call that takes ten messages at most, with all their attributes,
// and waits so long for the first.
func (q *Queue) Receive(t testing.TB, wait time.Duration) []types.Message {
	t.Helper()
	got, err := q.Owner.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &q.URL, MaxNumberOfMessages: 10, WaitTimeSeconds: int32(wait.Seconds()),
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	must(t, err)
	return got.Messages
}

// Delete takes messages away that were received.
func (q *Queue) Delete(t testing.TB, messages ...types.Message) {
	t.Helper()
	for _, m := range messages {
		_, err := q.Owner.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
		must(t, err)
	}
}

// Message is a message as it lies in a queue.
type Message struct {
	ID       string `json:"MessageId"`
	Body     string
	Visible  bool                        `json:"IsVisible"` // not in flight, and not delayed
	Received int                         `json:"ReceiveCount"`
	Text     map[string]MessageAttribute `json:"MessageAttributes"`
}

// MessageAttribute is what was sent beside a message.
type MessageAttribute struct {
	DataType    string
	StringValue string
}

// Messages are all that are in the queue, in flight too, in the order that they came.
// Looking changes nothing: it is no call of SQS, but ministack's own.
func (q *Queue) Messages(t testing.TB) (messages []Message) {
	t.Helper()
	ask := url.Values{"account": {q.account.ID}, "region": {Region}, "QueueUrl": {q.URL}}
	var answer struct {
		Messages map[string]map[string]map[string][]Message // by account, region and URL
	}
	must(t, call(t.Context(), http.MethodGet, q.account.aws.Endpoint+"/_ministack/sqs/messages?"+ask.Encode(), nil, &answer))
	return answer.Messages[q.account.ID][Region][q.URL]
}

// Count is how many messages a queue has.
type Count struct{ Visible, InFlight, Delayed int }

// Count asks SQS for them. They are exact here, on AWS approximate.
func (q *Queue) Count(t testing.TB) Count {
	t.Helper()
	got, err := q.Owner.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &q.URL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	must(t, err)
	number := func(name types.QueueAttributeName) int {
		n, err := strconv.Atoi(got.Attributes[string(name)])
		must(t, err)
		return n
	}
	return Count{
		number(types.QueueAttributeNameApproximateNumberOfMessages),
		number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
		number(types.QueueAttributeNameApproximateNumberOfMessagesDelayed),
	}
}
