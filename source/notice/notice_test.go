package notice_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/source/notice"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(text)
}

// inSNS puts a message into SNS's envelope, that of the fixture.
func inSNS(t testing.TB, message []byte) []byte {
	t.Helper()
	var envelope map[string]any
	if err := json.Unmarshal(fixture(t, "sns.json"), &envelope); err != nil {
		t.Fatal(err)
	}
	envelope["Message"] = string(message)
	text, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const logKey = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/05/111111111111_CloudTrail_us-east-1_20260305T1205Z_0123456789abcdef.json.gz"

// shapes are what there is in testdata, and what it says. A record is the fixture.
var shapes = []struct {
	name    string
	objects []notice.Object
	record  bool
	passed  string
}{
	{name: "s3-put.json", objects: []notice.Object{{
		Bucket: "acme-logs", Key: "my logs/" + strings.Replace(logKey, "AWSLogs/", "AWSLogs/é+=/", 1), ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: 1024,
	}}},
	{name: "s3-version.json", objects: []notice.Object{{
		Bucket: "acme-logs", Key: logKey, VersionID: "096fKKXTRTtl3on89fVO.nfljtsv6qko", ETag: "0123456789abcdef0123456789abcdef-12", Size: 20480000000,
	}}},
	{name: "s3-mixed.json", objects: []notice.Object{{Bucket: "acme-logs", Key: logKey, ETag: "d41d8cd98f00b204e9800998ecf8427e", Size: 7}}},
	{name: "s3-removed.json", passed: `S3 tells of "ObjectRemoved:DeleteMarkerCreated": nothing was written`},
	{name: "s3-expired.json", passed: `S3 tells of "LifecycleExpiration:Delete": nothing was written`},
	{name: "s3-restored.json", passed: `S3 tells of "ObjectRestore:Completed": nothing was written`},
	{name: "s3-test.json", passed: "S3's test message"},
	{name: "eventbridge-s3.json", objects: []notice.Object{{
		Bucket: "acme-logs", Key: "my logs/é+=%2F:" + logKey, VersionID: "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", ETag: "b1946ac92492d2347c6235b4d2611184", Size: 5,
	}}},
	{name: "eventbridge-s3-deleted.json", passed: `S3 tells of "Object Deleted": nothing was written`},
	{name: "eventbridge-api-call.json", record: true},
	{name: "eventbridge-replay.json", record: true},
	{name: "eventbridge-sign-in.json", record: true},
	{name: "eventbridge-signin.json", record: true},
	{name: "eventbridge-console-action.json", record: true},
	{name: "eventbridge-service-event.json", record: true},
	{name: "eventbridge-insight.json", passed: "an Insights event"},
	{name: "record.json", record: true},
	{name: "cloudtrail.json", objects: []notice.Object{
		{Bucket: "acme-logs", Key: logKey, Size: -1},
		{Bucket: "acme-logs", Key: "AWSLogs/111111111111/CloudTrail/us-east-2/2026/03/05/a+b%20c.json.gz", Size: -1},
	}},
	{name: "cloudtrail-test.txt", passed: "CloudTrail's test message"},
	{name: "config.json", passed: `a notice of AWS Config: "ConfigurationHistoryDeliveryCompleted"`},
	{name: "sns-subscription.json", passed: `SNS asks whether the topic "arn:aws:sns:us-west-2:111111111111:MyTopic" may send here: aws sns confirm-subscription, with the token that the message holds`},
}

// TestParse: every shape, as it is and in SNS's envelope, once and in each other.
func TestParse(t *testing.T) {
	for _, s := range shapes {
		text := fixture(t, s.name)
		want := notice.Notice{Objects: s.objects, Passed: s.passed}
		if s.record {
			want.Records = [][]byte{text}
		}
		spaced := append(append([]byte("\n \t"), text...), '\n')
		for how, body := range map[string][]byte{"alone": text, "spaced": spaced, "in SNS": inSNS(t, text), "in SNS twice": inSNS(t, inSNS(t, text))} {
			got, err := notice.Parse(body)
			same := reflect.DeepEqual(got.Objects, want.Objects) && reflect.DeepEqual(got.Records, want.Records) && got.Passed == want.Passed
			if err != nil || !same || got.Topic != envelopeTopic(t, body) {
				t.Errorf("%s, %s:\n%+v, %v\nwant %+v", s.name, how, got, err, want)
			}
		}
	}
}

// envelopeTopic is the topic of SNS's envelope, "" where there is none.
func envelopeTopic(t testing.TB, body []byte) string {
	t.Helper()
	var outermost struct{ Type, TopicArn string }
	_ = json.Unmarshal(body, &outermost) // some are no JSON
	return outermost.TopicArn
}

// TestEvent: what a Lambda function is called with.
func TestEvent(t *testing.T) {
	event := func(records ...[]byte) []byte {
		return fmt.Appendf(nil, `{"Records":[%s]}`, bytes.Join(records, []byte(",")))
	}
	inner := func(name string, n int) []byte {
		var e struct{ Records []json.RawMessage }
		if err := json.Unmarshal(fixture(t, name), &e); err != nil {
			t.Fatal(err)
		}
		return e.Records[n]
	}
	sent := time.UnixMilli(1772712309123).UTC()
	const queue, id = "arn:aws:sqs:us-east-2:111111111111:my-queue", "059f36b4-87a3-44ab-83d2-66197504000"
	ofQueue := []notice.Message{
		{Via: "sqs", ID: id + "1", Source: queue, Received: 1, Sent: sent, Body: fixture(t, "cloudtrail.json")},
		{Via: "sqs", ID: id + "2", Source: queue, Received: 2, Sent: sent, Body: inSNS(t, fixture(t, "cloudtrail-test.txt"))},
		{Via: "sqs", ID: id + "3", Source: queue, Received: 3, Sent: sent, Group: "logs", Body: []byte("no JSON")},
	}
	ofTopic := notice.Message{Via: "sns", Topic: "arn:aws:sns:us-east-2:111111111111:MyTopic", Sent: sent, Body: fixture(t, "eventbridge-api-call.json")}
	ofS3 := notice.Message{Via: "s3", Body: event(inner("s3-put.json", 0))}
	for name, c := range map[string]struct {
		event []byte
		want  []notice.Message
	}{
		"SQS":   {fixture(t, "lambda-sqs.json"), ofQueue},
		"SNS":   {fixture(t, "lambda-sns.json"), []notice.Message{ofTopic}},
		"S3":    {event(inner("s3-put.json", 0)), []notice.Message{ofS3}},
		"mixed": {event(inner("s3-put.json", 0), inner("lambda-sqs.json", 1), inner("lambda-sns.json", 0)), []notice.Message{ofS3, ofQueue[1], ofTopic}},

		"EventBridge":         {fixture(t, "eventbridge-s3.json"), []notice.Message{{Via: "eventbridge", Body: fixture(t, "eventbridge-s3.json")}}},
		"CloudTrail's notice": {fixture(t, "cloudtrail.json"), []notice.Message{{Body: fixture(t, "cloudtrail.json")}}},
		"a log file":          {event(fixture(t, "record.json")), []notice.Message{{Body: event(fixture(t, "record.json"))}}},
		"no JSON":             {[]byte("x"), []notice.Message{{Body: []byte("x")}}},
		"of another service":  {[]byte(`{"Records":[{"eventSource":"aws:kinesis"}]}`), []notice.Message{{Body: []byte(`{"Records":[{"eventSource":"aws:kinesis"}]}`)}}},
	} {
		got, err := notice.Event(c.event)
		for i := range got {
			got[i].Body = same(got[i].Body)
		}
		for i := range c.want {
			c.want[i].Body = same(c.want[i].Body)
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%.3000q, %v\nwant %.3000q", name, fmt.Sprint(got), err, fmt.Sprint(c.want))
		}
	}
	for text, want := range map[string]string{
		`{"Records":[{"eventSource":"aws:sqs","body":"x"}]}`:                      "record 0 of the event has no messageId",
		`{"Records":[{"eventSource":"aws:s3"},"x"]}`:                              "record 1 of the event is no JSON object",
		`{"Records":[` + strings.Repeat(`{"eventSource":"aws:s3"},`, 1e4) + `1]}`: "the event has more than 10000 messages: more than Lambda hands over",
		`{"Records":["` + strings.Repeat("x", 8<<20) + `"]}`:                      "the event has 8388624 bytes: more than Lambda hands over",
	} {
		if got, err := notice.Event([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.60s: %d messages, %v, want %s", text, len(got), err, want)
		}
	}
}

// same is JSON in one form.
func same(text []byte) []byte {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return text
	}
	one, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return one
}

// TestUnreadable: what can never be read says what is wrong, shortly, and quotes
// what somebody sent so that it harms no terminal.
func TestUnreadable(t *testing.T) {
	object := func(o string) string {
		return `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b-1"},"object":` + o + `}}]}`
	}
	deep := []byte(`CloudTrail validation message.`)
	for range 5 {
		deep = inSNS(t, deep)
	}
	for text, want := range map[string]string{
		"":                          "the message is empty",
		"hello":                     `the message is no JSON object: "hello"`,
		"\x1b[2J\u202e" + long("x"): `the message is no JSON object: "\x1b[2J\u202e` + strings.Repeat("x", 13) + `"…`,
		`{"a":`:                     "the message is not JSON: it is cut short: ",
		`{"a":1}{"b":2}`:            "the message goes on behind its end: ",
		`{"a":1,"a":2}`:             `the message has "a" twice: `,
		`{"a":nope}`:                "the message is not JSON: wrong at byte ",
		`{"b":1,"a":2,"` + long("c") + `":3,"d":4,"e":5,"f":6,"g":7,"sessionToken":"secret"}`: `the message is of no kind that is read here: it has "a", "b", "` + strings.Repeat("c", 60) + `"…, "d", "e", …`,
		`[]`:                                     "the message is no JSON object: ",
		`null`:                                   "the message is no JSON object: ",
		`{"hello":"world"}`:                      `the message is of no kind that is read here: it has "hello"`,
		`{"Records":[]}`:                         "Records is empty",
		`{"Records":{}}`:                         "Records is no list",
		`{"Records":[1]}`:                        "record 0 is no JSON object",
		`{"Records":[{"eventSource":"aws:s3"}]}`: "record 0 has no eventName",
		`{"Records":[{"eventSource":"aws:kinesis","kinesis":{}}]}`:                       `record 0 is of no kind that is read here: it has "eventSource", "kinesis"`,
		`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`:         "record 0 has no s3",
		`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":[]}]}`: "record 0 s3 is no JSON object",
		object(`{"size":1}`):                              "record 0 names no key",
		object(`{"key":7}`):                               `record 0 has an object whose key is no text: "7"`,
		object(`{"key":"%zz"}`):                           `record 0 has a key that is not encoded as a form is: "%zz"`,
		object(`{"key":"%ff"}`):                           `record 0 names a key that cannot be: "\xff"`,
		object(`{"key":"` + long("k") + `"}`):             "record 0 names a key that cannot be: ",
		object(`{"key":"k","key":"l"}`):                   `record 0 object has "key" twice`,
		object(`{"key":"k","size":-1}`):                   `record 0 has an object whose size is none: "-1"`,
		object(`{"key":"k","size":1e3}`):                  `record 0 has an object whose size is none: "1e3"`,
		object(`{"key":"k","size":"5"}`):                  `record 0 has an object whose size is none: "\"5\""`,
		object(`{"key":"k","size":99999999999999999999}`): "record 0 has an object whose size is none: ",
		object(`{"key":"k","eTag":"a\nb"}`):               `record 0 names an object whose ETag cannot be: "a\nb"`,
		object(`{"key":"k","versionId":"a b"}`):           `record 0 names an object whose version cannot be: "a b"`,
		`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"a/b"},"object":{"key":"k"}}}]}`: `record 0 names a bucket that cannot be: "a/b"`,
		`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{},"object":{"key":"k"}}}]}`:             "record 0 names no bucket",
		`{"s3Bucket":"acme-logs"}`:                                                              "CloudTrail's notice has no s3ObjectKey that is a list of keys",
		`{"s3Bucket":"acme-logs","s3ObjectKey":[]}`:                                             "CloudTrail's notice has no s3ObjectKey that is a list of keys",
		`{"s3Bucket":"acme-logs","s3ObjectKey":["a",{}]}`:                                       `CloudTrail's notice has a key that is no text: "{}"`,
		`{"s3ObjectKey":["a"]}`:                                                                 "CloudTrail's notice names no bucket",
		`{"s3Bucket":"b-1","s3ObjectKey":[` + strings.Repeat(`"k",`, 1e4) + `"k"]}`:             "CloudTrail's notice the message names more than 10000 objects",
		`{"detail-type":"Object Created","source":"aws.s3"}`:                                    "the event of EventBridge has no detail",
		`{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b-1"}}}`: "the event of EventBridge has no object",
		inBridge(`"source":"evil.corp","account":"111111111111"`, "111111111111"):               `the event of EventBridge is not CloudTrail's, whatever its detail-type says: it is from "evil.corp"`,
		inBridge(`"source":"aws.partner/evil/aws.sts","account":"111111111111"`, ""):            `the event of EventBridge is not CloudTrail's, whatever its detail-type says`,
		inBridge(`"account":"111111111111"`, ""):                                                `the event of EventBridge is not CloudTrail's, whatever its detail-type says: it is from ""`,
		inBridge(`"source":"aws.sts","account":"111111111111"`, "999999999999"):                 `the event of EventBridge is of account "111111111111" and its record is of account "999999999999"`,
		`{"detail-type":"Object Created","source":"me.s3","detail":{}}`:                         `the event of EventBridge is of a kind that is not read here: "Object Created" from "me.s3"`,
		`{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}`:                   `the event of EventBridge is of a kind that is not read here: "Scheduled Event" from "aws.events"`,
		`{"detail-type":"AWS API Call via CloudTrail","source":"aws.sts","detail":{"a":1}}`:     "the event of EventBridge is no record of CloudTrail: its detail has no eventName, eventSource or eventTime",
		`{"Type":"Notification","TopicArn":"arn:t"}`:                                            `the message of SNS from "arn:t" has no Message that is a text`,
		`{"Type":"Notification","TopicArn":"arn:t","Message":{}}`:                               `the message of SNS from "arn:t" has no Message that is a text`,
		`{"Type":"Other","TopicArn":"arn:t","Message":""}`:                                      `the message of SNS is of a type that is not known: "Other"`,
		`{"Type":"Notification","TopicArn":"arn:t","Message":"hello"}`:                          `in a message of SNS: the message is no JSON object: "hello"`,
		string(deep):    "in a message of SNS: there are more than 4 messages of SNS in each other",
		long(long("x")): "the message has ",
	} {
		got, err := notice.Parse([]byte(text))
		e, ok := err.(*notice.Error)
		if !ok || !strings.HasPrefix(e.Problem, want) || !reflect.DeepEqual(got, notice.Notice{}) {
			t.Errorf("%.200q:\n%+v, %v\nwant %s", text, got, err, want)
		}
		if err != nil && (len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\x1b\u202e\n")) {
			t.Errorf("%.200q: %q", text, err)
		}
	}
}

func long(text string) string { return strings.Repeat(text, 3000) }

// FuzzParse: nothing panics, an error is short, and a record that was read is read
// again as itself.
func FuzzParse(f *testing.F) {
	for _, s := range shapes {
		f.Add(fixture(f, s.name))
		f.Add(inSNS(f, fixture(f, s.name)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := notice.Parse(body)
		if err != nil {
			if len(err.Error()) > 1000 || !reflect.DeepEqual(n, notice.Notice{}) {
				t.Fatalf("%+v, %v", n, err)
			}
			return
		}
		if (n.Passed != "") == (len(n.Objects)+len(n.Records) > 0) {
			t.Fatalf("%+v", n)
		}
		for _, record := range n.Records {
			again, err := notice.Parse(record)
			if err != nil || !reflect.DeepEqual(again, notice.Notice{Records: [][]byte{record}}) {
				t.Fatalf("%s: %+v, %v", record, again, err)
			}
		}
		for _, o := range n.Objects {
			if o.Bucket == "" || o.Key == "" || strings.ContainsAny(o.Bucket, "/:*?[") || o.Size < -1 {
				t.Fatalf("%+v", o)
			}
		}
	})
}

// FuzzEvent: nothing panics, and messages of a queue have an id.
func FuzzEvent(f *testing.F) {
	for _, name := range []string{"lambda-sqs.json", "lambda-sns.json", "s3-put.json", "eventbridge-s3.json", "cloudtrail.json"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		all, err := notice.Event(event)
		if (err == nil) == (len(all) == 0) {
			t.Fatalf("%d messages, %v", len(all), err)
		}
		for _, m := range all {
			if m.Source != "" && m.ID == "" {
				t.Fatalf("%+v", m)
			}
		}
	})
}

// inBridge is a record in an event of EventBridge, with fields of that's own.
func inBridge(fields, recipient string) string {
	return `{"detail-type":"AWS API Call via CloudTrail",` + fields + `,"detail":{"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","eventTime":"2026-03-05T00:00:00Z","recipientAccountId":"` + recipient + `"}}`
}

// TestMillions: a message of nothing but elements takes little memory.
func TestMillions(t *testing.T) {
	text := []byte(`{"Records":[` + strings.Repeat("1,", 2_900_000) + `1]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := notice.Event(text); err == nil {
		t.Error("it is taken")
	}
	if _, err := notice.Parse(text); err == nil {
		t.Error("it is read")
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 64 {
		t.Errorf("%d MiB for %d", n, len(text)>>20)
	}
}
