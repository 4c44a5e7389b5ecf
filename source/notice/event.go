package notice

import (
	"bytes"
	"strconv"
	"time"
)

// Event splits what a Lambda function is called with into its messages: records of
// SQS, SNS and S3, in any mixture; else the event is one message.
//
//   - https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
//   - https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
//   - https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
//
// What a message holds is not looked at: [Parse] does. The error, an [*Error], is
// of an event whose messages cannot be told apart.
func Event(lambdaEvent []byte) ([]Message, error) {
	if len(lambdaEvent) > mostEvent {
		return nil, problem("the event has ", strconv.Itoa(len(lambdaEvent)), " bytes: more than Lambda hands over")
	}
	whole := []Message{{Body: bytes.TrimSpace(lambdaEvent)}}
	o, err := readObject(lambdaEvent)
	if err != nil {
		return whole, nil
	}
	if o.has("detail-type") {
		whole[0].Via = "eventbridge"
	}
	all, ok := o.list("Records")
	if !ok || len(all) == 0 {
		return whole, nil
	}
	if len(all) > mostListed { // SQS hands a function as many at most
		return nil, problem("the event has more than ", strconv.Itoa(mostListed), " messages: more than Lambda hands over")
	}
	messages := make([]Message, 0, len(all))
	ours := false
	for i, text := range all {
		r, err := readObject(text)
		if err != nil {
			return nil, problem("record ", strconv.Itoa(i), " of the event ", err.Error())
		}
		m := Message{Body: wrapped(text)} // of S3, or a record, or what Parse will refuse
		switch {
		case r.text("eventSource") == "aws:sqs":
			if m = ofSQS(r); m.ID == "" {
				return nil, problem("record ", strconv.Itoa(i), " of the event has no messageId")
			}
		case r.text("EventSource") == "aws:sns":
			m = ofSNS(r)
		case r.text("eventSource") == s3Source:
			m.Via = "s3"
		default:
			messages = append(messages, m)
			continue
		}
		ours = true
		messages = append(messages, m)
	}
	if !ours {
		return whole, nil
	}
	return messages, nil
}

// mostEvent bounds an event: a function is called with 6 MB at most.
const mostEvent = 7 << 20

func ofSQS(r object) Message {
	m := Message{Via: "sqs", ID: r.text("messageId"), Source: r.text("eventSourceARN"), Body: []byte(r.text("body"))}
	if a, err := r.below("attributes"); err == nil {
		m.Received, _ = strconv.Atoi(a.text("ApproximateReceiveCount"))
		m.Group = a.text("MessageGroupId")
		m.Sent = millis(a.text("SentTimestamp"))
	}
	return m
}

// ofSNS is a message of SNS without its envelope: what was published.
func ofSNS(r object) Message {
	sns, err := r.below("Sns")
	if err != nil {
		return Message{Via: "sns"}
	}
	m := Message{Via: "sns", Topic: sns.text("TopicArn"), Body: []byte(sns.text("Message"))}
	m.Sent, _ = time.Parse(time.RFC3339, sns.text("Timestamp"))
	return m
}

// millis is a time as SQS tells it: milliseconds since 1970.
func millis(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms <= 0 || ms > 1<<52 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
