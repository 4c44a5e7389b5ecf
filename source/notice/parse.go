package notice

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

const (
	// mostBytes bounds a message. SQS and SNS take 1 MiB and less, a direct call of
	// a Lambda function 6 MB.
	mostBytes = 6 << 20
	// mostNested is how many envelopes of SNS may lie in each other. AWS makes one;
	// a topic that is fed by a queue's reader may add another.
	mostNested = 4
	// mostNamed is how many objects and records one message may name: a CloudTrail
	// notice of 1 MiB has room for five thousand keys.
	mostNamed = 10_000
)

// cloudTrailTest is what CloudTrail sends when a trail is given a topic. It is no
// JSON.
const cloudTrailTest = "CloudTrail validation message."

// Parse reads a message, as SQS, SNS or a direct call hands it over: a notice, or
// that in envelopes of SNS. The error is always an [*Error].
func Parse(body []byte) (Notice, error) {
	if len(body) > mostBytes {
		return Notice{}, problem("the message has ", strconv.Itoa(len(body)), " bytes: more than AWS sends")
	}
	var n Notice
	if err := n.read(body, 0); err != nil {
		return Notice{}, err
	}
	if len(n.Objects)+len(n.Records) > 0 {
		n.Passed = ""
	}
	return n, nil
}

// read adds what a message says.
func (n *Notice) read(body []byte, nested int) *Error {
	body = bytes.TrimSpace(body)
	if string(body) == cloudTrailTest {
		n.Passed = "CloudTrail's test message"
		return nil
	}
	if len(body) == 0 {
		return problem("the message is empty")
	}
	o, err := readObject(body)
	if err != nil {
		return problem("the message ", err.Error(), ": ", quotedTo(string(body), mostOfBody))
	}
	switch {
	case isEnvelope(o):
		return n.readEnvelope(o, nested)
	case o.has("Records"):
		return n.readRecords(o)
	case o.has("s3Bucket") || o.has("s3ObjectKey"):
		return n.readCloudTrail(o)
	case o.has("detail-type"):
		return n.readEventBridge(o, body)
	case isS3Test(o):
		n.Passed = "S3's test message"
		return nil
	case isRecord(o):
		return n.addRecord(body)
	}
	return problem("the message is of no kind that is read here: it has ", o.names())
}

// isEnvelope: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
func isEnvelope(o object) bool {
	return o.has("Type") && (o.has("TopicArn") || o.has("Message")) && !o.has("Records")
}

func (n *Notice) readEnvelope(o object, nested int) *Error {
	topic := quoted(o.text("TopicArn"))
	if nested == 0 {
		n.Topic, n.subscription = o.text("TopicArn"), o.text("Type") != "Notification"
	}
	switch kind := o.text("Type"); kind {
	case "Notification":
	case "SubscriptionConfirmation":
		n.Passed = "SNS asks whether the topic " + topic + " may send here: aws sns confirm-subscription, with the token that the message holds"
		return nil
	case "UnsubscribeConfirmation":
		n.Passed = "SNS tells that the topic " + topic + " sends no more here"
		return nil
	default:
		return problem("the message of SNS is of a type that is not known: ", quoted(kind))
	}
	text, ok := asText(o["Message"])
	if !ok {
		return problem("the message of SNS from ", topic, " has no Message that is a text")
	}
	if nested++; nested > mostNested {
		return problem("there are more than ", strconv.Itoa(mostNested), " messages of SNS in each other")
	}
	if err := n.read([]byte(text), nested); err != nil {
		return problem("in a message of SNS: ", strings.TrimPrefix(err.Problem, "in a message of SNS: "))
	}
	return nil
}

// isS3Test: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func isS3Test(o object) bool { return o.text("Event") == "s3:TestEvent" }

// isRecord reports whether an object is a CloudTrail record: what every one of them
// has, in all versions of them, and nothing else that is read here.
func isRecord(o object) bool {
	return o.text("eventName") != "" && o.text("eventSource") != "" && o.text("eventTime") != "" && !o.has("s3") && o.text("eventSource") != s3Source
}

func (n *Notice) addRecord(text []byte) *Error {
	n.Records = append(n.Records, bytes.Clone(text))
	return n.tooMany()
}

func (n *Notice) tooMany() *Error {
	if len(n.Objects)+len(n.Records) > mostNamed {
		return problem("the message names more than ", strconv.Itoa(mostNamed), " objects")
	}
	return nil
}

// readRecords reads what S3 sends, or a log file's own form.
func (n *Notice) readRecords(o object) *Error {
	all, ok := o.list("Records")
	if !ok {
		return problem("Records is no list")
	}
	if len(all) == 0 {
		return problem("Records is empty: the message names nothing")
	}
	for i, text := range all {
		r, err := readObject(text)
		if err != nil {
			return problem("record ", strconv.Itoa(i), " ", err.Error())
		}
		var failed *Error
		switch {
		case r.text("eventSource") == s3Source:
			failed = n.readS3(r)
		case isRecord(r):
			failed = n.addRecord(text)
		default:
			failed = problem("is of no kind that is read here: it has ", r.names())
		}
		if failed != nil {
			return problem("record ", strconv.Itoa(i), " ", failed.Problem)
		}
	}
	return nil
}

// readCloudTrail reads CloudTrail's own notice, whose keys are as S3 has them:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
func (n *Notice) readCloudTrail(o object) *Error {
	if kind := o.text("messageType"); kind != "" { // of AWS Config, which may share the topic
		n.Passed = "a notice of AWS Config: " + quoted(kind)
		return nil
	}
	var keys []json.RawMessage
	switch v := o["s3ObjectKey"]; {
	case len(v) > 0 && v[0] == '"':
		keys = []json.RawMessage{v}
	default:
		all, ok := o.list("s3ObjectKey")
		if !ok || len(all) == 0 {
			return problem("CloudTrail's notice has no s3ObjectKey that is a list of keys")
		}
		keys = all
	}
	for _, v := range keys {
		key, ok := asText(v)
		if !ok {
			return problem("CloudTrail's notice has a key that is no text: ", quoted(string(v)))
		}
		if err := n.add(Object{Bucket: o.text("s3Bucket"), Key: key, Size: -1}); err != nil {
			return problem("CloudTrail's notice ", err.Problem)
		}
	}
	return nil
}
