package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/source/notice"
)

// DeadLetters sends messages to the dead-letter queues of the queues that they came
// from, as their redrive policies name them. It is safe for concurrent use.
type DeadLetters struct {
	cfg aws.Config

	mu     sync.Mutex
	queues map[string]redrive // by the ARN of the queue that a message came from
}

// redrive is what a queue does with messages that nobody can settle:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
type redrive struct {
	target address // of no name where there is none
	client *sqs.Client
	most   int // times that a message is handed out
	asked  time.Time
}

// redriveKept is how long a redrive policy is held to be what it was.
const redriveKept = 5 * time.Minute

// NewDeadLetters asks and sends with this configuration.
func NewDeadLetters(cfg aws.Config) *DeadLetters {
	return &DeadLetters{cfg: cfg, queues: map[string]redrive{}}
}

// Send sends a message to the dead-letter queue, with its reason. It is false where
// the message is of no queue, or of one that has no dead-letter queue.
func (d *DeadLetters) Send(ctx context.Context, m notice.Message, reason string) (sent bool, err error) {
	r, err := d.of(ctx, m.Source)
	if err != nil || r.target.name == "" {
		return false, err
	}
	_, err = r.client.SendMessage(ctx, letter(&r.target, &m, reason))
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.target.url, explain(err, "sqs:SendMessage", r.target.arn()))
	}
	return true, nil
}

// Last reports whether a message was handed out as often as its queue allows: when
// it is not settled now, it will not come again.
func (d *DeadLetters) Last(ctx context.Context, m notice.Message) (bool, error) {
	r, err := d.of(ctx, m.Source)
	return err == nil && r.target.name != "" && m.Received >= r.most, err
}

// of is the redrive policy of a queue.
func (d *DeadLetters) of(ctx context.Context, arn string) (redrive, error) {
	from, ok := readARN(arn)
	if !ok {
		return redrive{}, nil
	}
	d.mu.Lock()
	known, ok := d.queues[arn]
	d.mu.Unlock()
	if ok && time.Since(known.asked) < redriveKept {
		return known, nil
	}
	client := clientFor(d.cfg, &from)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &from.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return redrive{}, fmt.Errorf("%s: %w", from.url, explain(err, "sqs:GetQueueAttributes", arn))
	}
	r, err := readRedrive(d.cfg, out.Attributes[string(types.QueueAttributeNameRedrivePolicy)])
	if err != nil {
		return redrive{}, fmt.Errorf("%s: %w", from.url, err)
	}
	r.asked = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queues[arn] = r
	return r, nil
}

// readRedrive reads a redrive policy; none is a policy too.
func readRedrive(cfg aws.Config, policy string) (redrive, error) {
	if policy == "" {
		return redrive{}, nil
	}
	var p struct {
		Target string      `json:"deadLetterTargetArn"`
		Most   json.Number `json:"maxReceiveCount"` // SQS prints a number, older tools a text
	}
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		return redrive{}, errors.New("its redrive policy cannot be read")
	}
	target, ok := readARN(p.Target)
	most, err := strconv.Atoi(p.Most.String())
	if !ok || err != nil || most < 1 {
		return redrive{}, errors.New("its redrive policy names no queue and count")
	}
	r := redrive{target: target, most: most}
	r.client = clientFor(cfg, &r.target)
	return r, nil
}

const (
	// mostMessage is what SQS takes, attributes and their names and types included:
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
	mostMessage = 1 << 20
	mostReason  = 1024
)

// letter is a message with why it could not be read, and its id in its own queue.
func letter(to *address, m *notice.Message, reason string) *sqs.SendMessageInput {
	body := string(m.Body)
	in := &sqs.SendMessageInput{QueueUrl: &to.url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{}}
	room := mostMessage - len(body)
	add := func(name, value string) {
		const kind = "String"
		if left := room - len(name) - len(kind); len(value) > left {
			value = cut(value, left)
		}
		if value == "" {
			return
		}
		room -= len(name) + len(kind) + len(value)
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String(kind), StringValue: &value}
	}
	add("reason", cut(plain(reason), mostReason))
	add("messageId", plain(m.ID))
	if to.isFIFO() {
		group := m.Group
		if group == "" {
			group = "crosstrail"
		}
		in.MessageGroupId = &group
		in.MessageDeduplicationId = aws.String(cut(plain(m.ID), 128))
	}
	return in
}

// plain is text without what SQS takes in no attribute, and without what plays
// tricks where it is shown.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\u061c', r >= '\u200b' && r <= '\u200f', r >= '\u2028' && r <= '\u202e',
			r >= '\u2060' && r <= '\u206f', r == '\ufeff', r == '\ufffe', r == '\uffff':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// cut is text of n bytes at most, cut between signs.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:max(n, 0)], "")
}
