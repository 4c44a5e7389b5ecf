package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/storetest"
)

const hub = "999999999999"

// dice are a test's, by its seed.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(storetest.Seed(t), 0))
}

func marshalled(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps and texts
	}
	return string(text)
}

type fields = map[string]any

// announce is a message that an object was written, in one of AWS's forms
// (linkage.md 7.4).
func announce(d *rand.Rand, bucket, key, etag string, size int) string {
	switch d.IntN(3) {
	case 0:
		return marshalled(fields{"Records": []fields{{
			"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
			"s3": fields{"bucket": fields{"name": bucket}, "object": fields{"key": url.QueryEscape(key), "size": size, "eTag": etag}},
		}}})
	case 1:
		return marshalled(fields{"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": fields{
			"bucket": fields{"name": bucket}, "object": fields{"key": key, "size": size, "etag": etag}, "reason": "PutObject",
		}})
	default:
		return marshalled(fields{"s3Bucket": bucket, "s3ObjectKey": []string{key}})
	}
}

// bridged is a record as EventBridge sends it.
func bridged(d *rand.Rand, account string, record []byte) string {
	return marshalled(fields{
		"version": "0", "id": fmt.Sprint(d.Uint64()), "detail-type": "AWS API Call via CloudTrail", "source": "aws.sts",
		"account": account, "region": "us-east-1", "resources": []string{}, "detail": json.RawMessage(record),
	})
}

// looked is records as aws cloudtrail lookup-events prints them.
func looked(records [][]byte) string {
	events := []fields{}
	for _, r := range records {
		events = append(events, fields{"EventName": "x", "CloudTrailEvent": string(r)})
	}
	return marshalled(fields{"Events": events})
}

// enveloped is a message as a function or a queue gets it: bare, through a topic,
// and as the events that Lambda is called with, which notice.Event takes apart.
func enveloped(t *testing.T, d *rand.Rand, body string) []notice.Message {
	t.Helper()
	inTopic := func(body string) string {
		return marshalled(fields{"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": body})
	}
	inQueue := func(body string) string {
		return marshalled(fields{"Records": []fields{{"messageId": fmt.Sprint(d.Uint64()), "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:q", "body": body}}})
	}
	var event string
	switch d.IntN(6) {
	case 0:
		return []notice.Message{{Body: []byte(body)}}
	case 1:
		return []notice.Message{{Body: []byte(inTopic(body))}}
	case 2:
		event = body
	case 3:
		event = marshalled(fields{"Records": []fields{{"EventSource": "aws:sns", "Sns": fields{"Message": body}}}})
	case 4:
		event = inQueue(body)
	case 5:
		event = inQueue(inTopic(body))
	}
	messages, err := notice.Event([]byte(event))
	if err != nil {
		t.Fatalf("%v in %s", err, event)
	}
	return messages
}

// messages is an ingest.Source of messages, and of items that no message brings.
type messages struct {
	opener *queue.Opener
	left   []any // notice.Message, source.Item
}

func (m *messages) Next(ctx context.Context) (source.Delivery, error) {
	if len(m.left) == 0 {
		return source.Delivery{}, io.EOF
	}
	next := m.left[0]
	m.left = m.left[1:]
	if item, ok := next.(source.Item); ok {
		return source.Delivery{Items: []source.Item{item}}, nil
	}
	message, _ := next.(notice.Message)
	d, err := m.opener.Delivery(ctx, message)
	if err == nil && len(d.Items) == 0 {
		err = errors.New("a message of nothing: " + string(message.Body))
	}
	return d, err
}

// typed is an item that somebody typed or a folder holds.
func typed(name, body string) source.Item {
	return source.Item{LogFile: cloudtrail.ParseLogFileName(name), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader([]byte(body))), nil
	}}
}

// bucketed puts an organisation's files into a bucket, and gives how each is
// announced: key, entity tag and size.
type bucketed struct {
	name  string
	etags map[string]string
	sizes map[string]int
}

func put(t *testing.T, stand *awstest.AWS, name string, files []synth.File) bucketed {
	t.Helper()
	b := bucketed{name, map[string]string{}, map[string]int{}}
	bucket := stand.Account(hub).Bucket(t, name)
	for _, f := range files {
		body := f.Gzip()
		bucket.Put(t, awstest.Object{Key: f.Name, Body: body})
		b.etags[f.Name], b.sizes[f.Name] = fmt.Sprintf("%x", md5Of(body)), len(body)
	}
	return b
}
