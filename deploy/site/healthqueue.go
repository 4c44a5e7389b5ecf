package site

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share/policy"
)

// Queue is a queue as SQS tells of it. The numbers are approximate (SQS API Reference,
// GetQueueAttributes).
type Queue struct {
	Name, URL, ARN             string
	Waiting, InFlight, Delayed int
	Visibility                 time.Duration // how long a message that was handed out is hidden
	Topics                     []string      // ARNs of the topics that its policy lets send

	document *policy.Document // nil: there is no policy that can be read
}

// QueueOf reads what a queue's policy says; "" is none.
func QueueOf(name, arn, text string) *Queue {
	q := &Queue{Name: name, ARN: arn}
	if document, err := policy.Parse(text); text != "" && err == nil {
		q.document, q.Topics = document, topicsOf(document)
	}
	return q
}

// Lets reports whether the policy lets a service, as events.amazonaws.com, put messages
// there for a source, a rule, bucket or topic; perhaps, where that hangs on what is not
// known here.
func (q *Queue) Lets(service, source string) policy.Answer {
	if q.document == nil {
		return policy.No
	}
	asked := policy.Request{
		Action: "sqs:SendMessage", Resource: policy.Exactly(q.ARN, false),
		Known: map[string][]string{"aws:sourcearn": {source}, "aws:securetransport": {"true"}},
	}
	if account := part(source, 4); account != "" { // a bucket's ARN tells none
		asked.Known["aws:sourceaccount"] = []string{account}
	}
	allows, denies := policy.No, policy.No
	for _, st := range q.document.Statements {
		if st.Principal == nil || !st.Principal.Everyone && !slices.Contains(st.Principal.Service, service) {
			continue
		}
		st.Principal = nil // it is asked about
		its := (&policy.Document{Version: q.document.Version, Statements: []policy.Statement{st}}).Answer(0, asked)
		if st.Effect == policy.Deny {
			denies = max(denies, its)
		} else {
			allows = max(allows, its)
		}
	}
	return min(allows, policy.Yes-denies)
}

// Queue looks at a queue of the caller's account and region; nil where there is none.
func (s *Site) Queue(ctx context.Context, name string) (*Queue, error) {
	client := sqs.NewFromConfig(s.cfg)
	const doing = "look at the queue "
	at, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(ctx, err, doing+name, "sqs:GetQueueUrl", name)
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: at.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(ctx, err, doing+name, "sqs:GetQueueAttributes", name)
	}
	number := func(name types.QueueAttributeName) int {
		n, _ := strconv.Atoi(out.Attributes[string(name)])
		return n
	}
	q := QueueOf(name, out.Attributes[string(types.QueueAttributeNameQueueArn)], out.Attributes[string(types.QueueAttributeNamePolicy)])
	q.URL = aws.ToString(at.QueueUrl)
	q.Waiting = number(types.QueueAttributeNameApproximateNumberOfMessages)
	q.InFlight = number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	q.Delayed = number(types.QueueAttributeNameApproximateNumberOfMessagesDelayed)
	q.Visibility = time.Duration(number(types.QueueAttributeNameVisibilityTimeout)) * time.Second
	return q, nil
}

// topicsOf are the topics that a queue's policy lets send.
func topicsOf(document *policy.Document) (topics []string) {
	for _, st := range document.Statements {
		for _, test := range st.Condition.Tests() {
			if st.Effect != policy.Allow || !policy.SameName(test.Key, "aws:SourceArn") {
				continue
			}
			for _, arn := range test.Values {
				if part(arn, 2) == "sns" {
					topics = append(topics, arn)
				}
			}
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// DeadLetter is a message that nobody could read, or deliver.
type DeadLetter struct {
	ID     string
	Sent   time.Time
	By     Undertaker
	Reason string // "" where nobody gave one
	Body   string
}

// Undertaker is who put a message among the dead letters.
type Undertaker string

// They are.
const (
	ByFunction    Undertaker = "function"    // crosstrail, which could not read it
	ByEventBridge Undertaker = "eventbridge" // could not put it into the queue
	ByQueue       Undertaker = "queue"       // was handed out as often as the queue allows
)

// peeked is how long a message is hidden while it is looked at, should nothing give it
// back.
const peeked = 20 * time.Second

// DeadLetters looks at some of the messages of a queue, and gives them back at once: they
// are hidden while the call runs. The oldest are not told from others: SQS hands out any.
func (s *Site) DeadLetters(ctx context.Context, q *Queue, most int) (letters []DeadLetter, err error) {
	client := sqs.NewFromConfig(s.cfg)
	var handles []string
	defer func() {
		if failed := s.giveBack(context.WithoutCancel(ctx), client, q, handles); err == nil {
			err = failed
		}
	}()
	for len(letters) < most {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.URL, MaxNumberOfMessages: int32(min(10, most-len(letters))), VisibilityTimeout: int32(peeked / time.Second),
			// Without a wait SQS asks some of its servers alone, and may find nothing (SQS
			// Developer Guide, "Amazon SQS short and long polling").
			WaitTimeSeconds:             1,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return letters, s.explain(ctx, err, "look at the messages of the queue "+q.Name, "sqs:ReceiveMessage", q.ARN)
		}
		if len(out.Messages) == 0 {
			break
		}
		for i := range out.Messages {
			m := &out.Messages[i]
			handles = append(handles, aws.ToString(m.ReceiptHandle))
			letters = append(letters, letterOf(m))
		}
	}
	slices.SortFunc(letters, func(a, b DeadLetter) int { return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(letters, func(a, b DeadLetter) bool { return a.ID == b.ID }), nil
}

// letterOf reads a message. EventBridge says why in attributes (EventBridge User Guide,
// "Using dead-letter queues to process undelivered events").
func letterOf(m *types.Message) DeadLetter {
	text := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
	d := DeadLetter{ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), By: ByQueue}
	if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil {
		d.Sent = time.UnixMilli(ms).UTC()
	}
	switch {
	case text("reason") != "":
		d.By, d.Reason = ByFunction, text("reason")
	case text("RULE_ARN") != "":
		d.By = ByEventBridge
		d.Reason = strings.TrimSpace(cmp.Or(text("ERROR_CODE"), text("EXHAUSTED_RETRY_CONDITION")) + " " + text("ERROR_MESSAGE"))
	}
	return d
}

// giveBack makes messages visible again that were only looked at.
func (s *Site) giveBack(ctx context.Context, client *sqs.Client, q *Queue, handles []string) error {
	for some := range slices.Chunk(handles, 10) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.URL}
		for i, h := range some {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &h})
		}
		out, err := client.ChangeMessageVisibilityBatch(ctx, in)
		if err != nil {
			return s.explain(ctx, err, "give messages of the queue "+q.Name+" back, which are hidden for "+peeked.String(), "sqs:ChangeMessageVisibility", q.ARN)
		}
		if n := len(out.Failed); n > 0 {
			return &Error{
				Doing: fmt.Sprintf("give %d messages of the queue %s back", n, q.Name),
				Text:  aws.ToString(out.Failed[0].Code) + ": they are hidden for " + peeked.String() + ", and come back by themselves",
			}
		}
	}
	return nil
}

// isMissing reports whether AWS says that something is not there.
func isMissing(err error) bool {
	if err == nil {
		return false
	}
	switch code := awserr.Code(err); {
	case code == "AWS.SimpleQueueService.NonExistentQueue", code == "QueueDoesNotExist", code == "NoSuchEntity", code == "NoSuchBucket",
		strings.HasSuffix(code, "NotFoundException"), code == "NotFound", code == "ResourceNotFound":
		return true
	}
	return false
}
