package awstest_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestAcrossAccounts: what is recorded in one account reaches a queue of another
// through a bus there, and a function of another through a topic.
func TestAcrossAccounts(t *testing.T) {
	stand := stack.Start(t)
	const bus, queue = "arn:aws:events:us-east-1:" + prod + ":event-bus/central", "arn:aws:sqs:us-east-1:" + prod + ":seen"
	ask(t, stand, prod, "sqs", "AmazonSQS.CreateQueue", map[string]any{"QueueName": "seen"})
	ask(t, stand, prod, "events", "AWSEvents.CreateEventBus", map[string]any{"Name": "central"})
	sender := stand.Account(dev).Role(t, "Sender", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, awstest.Allow(bus, "events:PutEvents"))
	rule := func(account, bus, name, state, target string) {
		t.Helper()
		ask(t, stand, account, "events", "AWSEvents.PutRule", map[string]any{
			"Name": name, "EventBusName": bus, "State": state, "EventPattern": `{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["sts.amazonaws.com"]}}`,
		})
		ask(t, stand, account, "events", "AWSEvents.PutTargets", map[string]any{
			"Rule": name, "EventBusName": bus, "Targets": []map[string]any{{"Id": "1", "Arn": target, "RoleArn": sender}},
		})
	}
	rule(dev, "default", "forward", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", bus)
	rule(prod, "central", "keep", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", queue)
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	role := stand.Account(dev).Role(t, "Reader", awstest.Trust("", dev), "")

	seen := func() (names []string) {
		t.Helper()
		got := ask(t, stand, prod, "sqs", "AmazonSQS.ReceiveMessage", map[string]any{"QueueUrl": stand.Endpoint + "/" + prod + "/seen", "MaxNumberOfMessages": 10})
		messages, _ := got["Messages"].([]any)
		for _, m := range messages {
			var event struct{ Detail record }
			if err := json.Unmarshal([]byte(m.(map[string]any)["Body"].(string)), &event); err != nil {
				t.Fatal(err)
			}
			names = append(names, event.Detail.EventName)
		}
		return names
	}
	stand.Record(t)
	stand.Assume(t, kim, role)
	if got := seen(); len(got) != 0 {
		t.Errorf("a bus without a policy took %q", got)
	}
	ask(t, stand, prod, "events", "AWSEvents.PutPermission", map[string]any{
		"EventBusName": "central", "StatementId": "dev", "Action": "events:PutEvents", "Principal": dev,
	})
	stand.Assume(t, kim, role)
	if got := seen(); fmt.Sprint(got) != "[AssumeRole]" {
		t.Errorf("with its policy it took %q", got)
	}
	// A rule that is only ENABLED sees no reads.
	rule(prod, "central", "keep", "ENABLED", queue)
	if got := assume(t, stand.Account(dev).Config(), role); got != "ok" {
		t.Errorf("root: %s", got)
	}
	ask(t, stand, dev, "sts", "AWSSecurityTokenServiceV20110615.GetCallerIdentity", map[string]any{})
	if got := seen(); fmt.Sprint(got) != "[AssumeRole]" {
		t.Errorf("ENABLED alone took %q", got)
	}

	seenFile := filepath.Join(t.TempDir(), "event")
	function(t, stand, prod, "listener", seenFile)
	arn := "arn:aws:lambda:us-east-1:" + prod + ":function:listener"
	topic := query(t, stand, dev, "sns", "Action=CreateTopic&Name=issued", "TopicArn")
	query(t, stand, dev, "sns", "Action=Subscribe&TopicArn="+topic+"&Protocol=lambda&Endpoint="+arn, "SubscriptionArn")
	query(t, stand, dev, "sns", "Action=Publish&TopicArn="+topic+"&Message=hello", "MessageId")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if event, err := os.ReadFile(seenFile); err == nil {
			if !strings.Contains(string(event), `"Message": "hello"`) {
				t.Errorf("the function got %s", event)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("the function of another account was not called")
		}
	}
}

// root calls a service as an account's root, whose signature is not looked at: for
// services whose SDK nothing else here needs.
func root(t *testing.T, stand *awstest.AWS, account, service, path string, header map[string]string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stand.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260303/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0", account, service))
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %v: %s %s, %v", service, header, response.Status, answer, err)
	}
	return answer
}

// ask is a call of the JSON protocol.
func ask(t *testing.T, stand *awstest.AWS, account, service, operation string, question any) (answer map[string]any) {
	t.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	body := root(t, stand, account, service, "/", map[string]string{"X-Amz-Target": operation, "Content-Type": "application/x-amz-json-1.1"}, text)
	if len(body) != 0 {
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
	}
	return answer
}

// query is a call of the query protocol; it gives the first text of an element.
func query(t *testing.T, stand *awstest.AWS, account, service, parameters, element string) string {
	t.Helper()
	body := root(t, stand, account, service, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(parameters))
	_, rest, ok := strings.Cut(string(body), "<"+element+">")
	if !ok {
		t.Fatalf("%s: no %s in %s", parameters, element, body)
	}
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// function makes a Lambda function that writes the event it gets into a file.
func function(t *testing.T, stand *awstest.AWS, account, name, file string) {
	t.Helper()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("index.py")
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(w, "import json, os\n\ndef handler(event, context):\n    with open(%q, 'w') as f:\n        json.dump(event, f)\n    os.rename(%q, %q)\n", file+".new", file+".new", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	role := stand.Account(account).Role(t, name, `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, "")
	text, err := json.Marshal(map[string]any{
		"FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler", "Role": role, "Code": map[string]any{"ZipFile": archive.Bytes()},
	})
	if err != nil {
		t.Fatal(err)
	}
	root(t, stand, account, "lambda", "/2015-03-31/functions", nil, text)
}
