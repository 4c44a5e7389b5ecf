package awstest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// eventually waits until a condition holds, for what AWS does by and by.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after 20 seconds: %s", what)
		}
	}
}

// bodies are the texts of the messages in a queue.
func bodies(t *testing.T, q *awstest.Queue) (texts []string) {
	t.Helper()
	for _, m := range q.Messages(t) {
		texts = append(texts, m.Body)
	}
	return texts
}

// TestFunctions runs one program in several ways: building it takes a second.
func TestFunctions(t *testing.T) {
	stand := stack.Start(t)
	program := awstest.Build(t, "./testdata/function")
	for name, test := range map[string]func(*testing.T, *awstest.AWS, string){
		"role": limited, "ends": ends, "event source": eventSource, "notices": notices, "subscriptions": subscriptions,
	} {
		stand.Reset(t)
		t.Run(name, func(t *testing.T) { test(t, stand, program) })
	}
}

// limited: ministack runs a Go program as Lambda does, with the rights of its
// execution role and no others.
func limited(t *testing.T, stand *awstest.AWS, program string) {
	account := stand.Account(prod)
	table := account.Table(t, "CrossAccountAuditing")
	f := account.Function(t, awstest.FunctionOptions{Name: "listener", Binary: program, Env: map[string]string{"WORD": "one"}, Timeout: 10 * time.Second})
	if log := f.Log(t); log != "" {
		t.Errorf("before it ran: %s", log)
	}
	for _, c := range []struct{ payload, want string }{
		{`{"env":"WORD"}`, `"one"`},
		{`{"env":"AWS_REGION"}`, `"us-east-1"`},
		{`{"env":"AWS_ENDPOINT_URL"}`, `"` + stand.Endpoint + `"`},
		{`{"env":"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"}`, `"128"`},
		{`{"fail":true}`, `told to fail`},
		{`{"exit":true}`, `exit`},
		{`{"env":"WORD"}`, `"one"`}, // after the exit
	} {
		answer, failure := f.Invoke(t, []byte(c.payload))
		if got := string(answer) + fmt.Sprint(failure); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, %v", c.payload, answer, failure)
		}
	}
	if log := f.Log(t); !strings.Contains(log, `got {"env": "WORD"}`) || !strings.Contains(log, "REPORT RequestId") {
		t.Errorf("its log: %s", log)
	}
	f.Configure(t, map[string]string{"WORD": "two"})
	if answer, failure := f.Invoke(t, []byte(`{"env":"WORD"}`)); string(answer) != `"two"` {
		t.Errorf("after Configure: %s, %v", answer, failure)
	}

	put := []byte(`{"table":"` + table.Name + `"}`)
	if answer, failure := f.Invoke(t, put); failure == nil || !strings.Contains(failure.Error(), "AccessDenied") {
		t.Errorf("a put without permission: %s, %v", answer, failure)
	}
	account.Grant(t, f.Name, awstest.Allow("arn:aws:dynamodb:*:*:table/Other", "dynamodb:PutItem"))
	if answer, failure := f.Invoke(t, put); failure == nil || !strings.Contains(failure.Error(), "AccessDenied") {
		t.Errorf("a put with permission for another table: %s, %v", answer, failure)
	}
	account.Grant(t, f.Name, awstest.Allow("arn:aws:dynamodb:us-east-1:"+prod+":table/CrossAccountAuditing", "dynamodb:PutItem"))
	if answer, failure := f.Invoke(t, put); failure != nil || len(table.Items(t)) != 1 {
		t.Errorf("a put with permission: %s, %v", answer, failure)
	}
}

// ends: a call fails whose function is killed or takes too long, and the next passes.
func ends(t *testing.T, stand *awstest.AWS, program string) {
	f := stand.Account(prod).Function(t, awstest.FunctionOptions{Name: "listener", Binary: program, Timeout: 2 * time.Second})
	if busy := f.Kill(t); busy != 0 {
		t.Errorf("%d were at a call before any was made", busy)
	}
	failed := make(chan error, 1)
	go func() {
		_, failure := f.Invoke(t, []byte(`{"Sleep":30000000000}`))
		failed <- failure
	}()
	eventually(t, "it is at its call", func() bool { return f.Kill(t) == 1 })
	if failure := <-failed; failure == nil || !strings.Contains(failure.Error(), "exited") {
		t.Errorf("killed: %v", failure)
	}
	for payload, want := range map[string]string{`{"Sleep":30000000000}`: "timed out", `{"Sleep":1}`: "<nil>"} {
		if _, failure := f.Invoke(t, []byte(payload)); !strings.Contains(fmt.Sprint(failure), want) {
			t.Errorf("%s: %v, not %s", payload, failure, want)
		}
	}
}

// queueReader is what Lambda needs to take messages for a function: Lambda
// Developer Guide, "Using Lambda with Amazon SQS".
var queueReader = awstest.Allow("*", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

// eventSource: messages go to the function in batches; those that it names
// come back, and end as dead letters.
func eventSource(t *testing.T, stand *awstest.AWS, program string) {
	account := stand.Account(prod)
	f := account.Function(t, awstest.FunctionOptions{
		Name: "listener", Binary: program, Policy: queueReader, Timeout: time.Second,
	})
	dead := account.Queue(t, "dead")
	work := account.Queue(t, "work", awstest.Visibility(time.Second), awstest.Redrive(dead, 2))
	want := []string{}
	for i := range 25 {
		want = append(want, fmt.Sprint("message ", i))
	}
	work.Send(t, append(want, "poison")...)
	f.EventSource(t, work, awstest.BatchSize(10), awstest.PartialFailures)
	eventually(t, "the poison is a dead letter, and nothing else is left", func() bool {
		return cmp.Equal(bodies(t, dead), []string{"poison"}) && work.Count(t) == awstest.Count{}
	})
	log := f.Log(t)
	for _, body := range want {
		if n := strings.Count(log, `"`+body+`"`); n != 1 {
			t.Errorf("%s: %d times", body, n)
		}
	}
	if n := strings.Count(log, `"poison"`); n != 2 {
		t.Errorf("the poison %d times:\n%s", n, log)
	}
}

// notices: what S3 tells of an object, by each of its ways.
func notices(t *testing.T, stand *awstest.AWS, program string) {
	account := stand.Account(prod)
	logs := account.Bucket(t, "logs")
	const bucket = "arn:aws:s3:::logs"
	f := account.Function(t, awstest.FunctionOptions{Name: "listener", Binary: program})
	f.Permit(t, "s3.amazonaws.com", bucket)
	direct, behind, byRule := account.Queue(t, "direct"), account.Queue(t, "behind"), account.Queue(t, "by-rule")
	topic := account.Topic(t, "topic")
	direct.AllowService(t, "s3.amazonaws.com", bucket)
	topic.Policy(t, awstest.AllowService("s3.amazonaws.com", bucket, topic.ARN, "sns:Publish"))
	behind.AllowService(t, "sns.amazonaws.com", topic.ARN)
	topic.Subscribe(t, behind, false)
	rule := account.Rule(t, "created", `{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":["logs"]}}}`)
	byRule.AllowService(t, "events.amazonaws.com", rule.ARN)
	rule.To(t, byRule.ARN)
	logs.Notify(t,
		awstest.Notice{Queue: direct, Prefix: "AWSLogs/", Suffix: ".json.gz"},
		awstest.Notice{Topic: topic, Prefix: "Elsewhere/"},
		awstest.Notice{Function: f, Prefix: "Called/", Suffix: ".gz"},
		awstest.Notice{EventBridge: true})
	for _, q := range []*awstest.Queue{direct, behind} {
		if got := bodies(t, q); len(got) != 1 || !strings.Contains(got[0], "s3:TestEvent") {
			t.Errorf("%s got %q in place of a test event", q.Name, got)
		}
	}
	const key, encoded = "/1/Cloud Trail/é+.json.gz", `/1/Cloud+Trail/%C3%A9%2B.json.gz`
	logs.Put(t, awstest.Object{Key: "AWSLogs" + key}, awstest.Object{Key: "Elsewhere" + key}, awstest.Object{Key: "Called" + key}, awstest.Object{Key: "other.gz"})
	eventually(t, "two in the queue, two behind the topic, four by the rule, one call", func() bool {
		_, failure := f.Invoke(t, []byte(`{}`)) // plain ministack tells late lines with the next call
		must(t, failure)
		log := f.Log(t)
		return len(bodies(t, direct)) == 2 && len(bodies(t, behind)) == 2 && len(bodies(t, byRule)) == 4 &&
			strings.Contains(log, "Called"+encoded) && !strings.Contains(log, "other.gz")
	})
	var envelope struct{ Type, Message, TopicArn string }
	if err := json.Unmarshal([]byte(bodies(t, behind)[1]), &envelope); err != nil || envelope.Type != "Notification" || envelope.TopicArn != topic.ARN {
		t.Errorf("%+v, %v", envelope, err)
	}
	for _, text := range []string{bodies(t, direct)[1], envelope.Message} {
		if !strings.Contains(text, encoded) || !strings.Contains(text, `ObjectCreated:Put`) {
			t.Errorf("got %s", text)
		}
	}
	if all := strings.Join(bodies(t, byRule), "\n"); !strings.Contains(all, `Object Created`) || !strings.Contains(all, "Cloud Trail") {
		t.Errorf("by the rule: %s", all)
	}
}

// subscriptions: a topic reaches a queue and a function of another account,
// where the policies let it.
func subscriptions(t *testing.T, stand *awstest.AWS, program string) {
	topic := stand.Account(dev).Topic(t, "CrossAccountSNS")
	topic.Policy(t, awstest.AllowAccount(prod, topic.ARN, "sns:Subscribe"))
	hub := stand.Account(prod)
	f := hub.Function(t, awstest.FunctionOptions{Name: "SNS-Cross-Account", Binary: program})
	f.Permit(t, "sns.amazonaws.com", topic.ARN)
	wrapped, raw, closed := hub.Queue(t, "wrapped"), hub.Queue(t, "raw"), hub.Queue(t, "closed")
	for _, q := range []*awstest.Queue{wrapped, raw} {
		q.AllowService(t, "sns.amazonaws.com", topic.ARN)
	}
	topic.Subscribe(t, f, false)
	topic.Subscribe(t, wrapped, false)
	topic.Subscribe(t, raw, true)
	topic.Subscribe(t, closed, true)
	topic.Publish(t, `{"Fail": false}`)
	eventually(t, "one in each queue, one call", func() bool {
		return len(bodies(t, wrapped)) == 1 && len(bodies(t, raw)) == 1 && strings.Contains(f.Log(t), `{\"Fail\": false}`)
	})
	if got := bodies(t, raw)[0]; got != `{"Fail": false}` {
		t.Errorf("raw: %s", got)
	}
	if got := bodies(t, wrapped)[0]; !strings.Contains(got, `"Type"`) || !strings.Contains(got, `{\"Fail\": false}`) {
		t.Errorf("wrapped: %s", got)
	}
	if got := bodies(t, closed); len(got) != 0 {
		t.Errorf("a queue without a policy got %q", got)
	}
}
