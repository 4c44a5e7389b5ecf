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

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
)

// DeadLetters sends messages to the dead-letter queues of the queues that they came
// from, as their redrive policies name them. It is safe for concurrent use.
type DeadLetters struct {
	cfg aws.Config

	mu     sync.Mutex
	queues map[string]*asked // by the ARN of the queue that a message came from
}

// asked is what was answered about a queue.
type asked struct {
	mu sync.Mutex // held while it is asked
	redrive
	err error
	at  time.Time
}

// redrive is what a queue does with messages that nobody can settle:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
type redrive struct {
	target address // of no name where there is none
	client *sqs.Client
	most   int // times that a message is handed out
}

// How long a redrive policy is held to be what it was, and one that cannot be asked for
// not to be had.
const (
	redriveKept = 5 * time.Minute
	refusalKept = 5 * time.Second
)

// NewDeadLetters asks and sends with this configuration.
func NewDeadLetters(cfg aws.Config) *DeadLetters {
	return &DeadLetters{cfg: cfg, queues: map[string]*asked{}}
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

// IsFinal reports whether an error is that a message can never be read: it says nothing
// that is known, or what cannot be kept is in the message itself.
func IsFinal(err error) bool {
	_, unknown := errors.AsType[*notice.Error](err)
	e, ok := errors.AsType[*source.Error](err)
	return unknown || ok && cloudtrail.IsInline(e.URI)
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
	a := d.queues[arn]
	if a == nil {
		a = &asked{}
		d.queues[arn] = a
	}
	d.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := time.Since(a.at); age < redriveKept && (a.err == nil || age < refusalKept) {
		return a.redrive, a.err
	}
	r, err := d.ask(ctx, &from)
	if ctx.Err() == nil {
		a.redrive, a.err, a.at = r, err, time.Now()
	}
	return r, err
}

func (d *DeadLetters) ask(ctx context.Context, of *address) (redrive, error) {
	client := clientFor(d.cfg, of)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &of.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return redrive{}, fmt.Errorf("%s: %w", of.url, explain(err, "sqs:GetQueueAttributes", of.arn()))
	}
	r, err := readRedrive(d.cfg, out.Attributes[string(types.QueueAttributeNameRedrivePolicy)])
	if err != nil {
		return redrive{}, fmt.Errorf("%s: %w", of.url, err)
	}
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
	add("reason", cut(plain(query.RedactText(reason)), mostReason))
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
