package awstest_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestFaults: each fault, seen by a user with a signature of its own.
func TestFaults(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	whole := bytes.Repeat([]byte("0123456789"), 10_000)
	logs.Put(t, awstest.Object{Key: "one", Body: whole})
	faults := stand.Faults(t)
	once := faults.Through(stand.Account(prod).User(t, "reader", awstest.Allow("*", "s3:*")))
	once.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	again := once
	again.Retryer = nil

	for _, c := range []struct {
		what  string
		fault awstest.Fault
		want  func(body []byte, err error, took time.Duration) bool
	}{
		{"none", awstest.Fault{Operation: "PutObject", Error: "SlowDown"}, func(body []byte, err error, _ time.Duration) bool {
			return err == nil && bytes.Equal(body, whole)
		}},
		{"slow down", awstest.Fault{Operation: "GetObject", Error: "SlowDown", Status: 503}, func(_ []byte, err error, _ time.Duration) bool {
			return code(err) == "SlowDown"
		}},
		{"cut", awstest.Fault{Operation: "GetObject", CutAfter: 0.3}, func(_ []byte, err error, _ time.Duration) bool { return err != nil }},
		{"changed", awstest.Fault{Operation: "GetObject", Corrupt: 16}, func(body []byte, err error, _ time.Duration) bool {
			return err != nil || !bytes.Equal(body, whole)
		}},
		{"truncated", awstest.Fault{Operation: "GetObject", Truncate: 0.5}, func(body []byte, err error, _ time.Duration) bool {
			return err != nil || len(body) == len(whole)/2
		}},
		{"paced", awstest.Fault{Operation: "GetObject", Pace: 200_000}, func(body []byte, err error, took time.Duration) bool {
			return err == nil && bytes.Equal(body, whole) && took > 250*time.Millisecond
		}},
		{"another object", awstest.Fault{Operation: "GetObject", Resource: "logs/two", Reset: true}, func(_ []byte, err error, _ time.Duration) bool { return err == nil }},
		{"this object", awstest.Fault{Operation: "GetObject", Resource: "logs/one", Reset: true}, func(_ []byte, err error, _ time.Duration) bool { return err != nil }},
		{"slow", awstest.Fault{Operation: "GetObject", Latency: 300 * time.Millisecond}, func(_ []byte, err error, took time.Duration) bool {
			return err == nil && took > 300*time.Millisecond
		}},
		{"reset", awstest.Fault{Operation: "GetObject", Reset: true}, func(_ []byte, err error, _ time.Duration) bool { return err != nil }},
	} {
		c.fault.Service, c.fault.Times = "s3", 1
		if c.fault.Reset {
			c.fault.Times = 2 // net/http itself tries once more
		}
		faults.Set(t, c.fault)
		began := time.Now()
		body, err := get(t, once, "logs", "one")
		if !c.want(body, err, time.Since(began)) {
			t.Errorf("%s: %d bytes, %v", c.what, len(body), err)
		}
		if body, err := get(t, once, "logs", "one"); err != nil || !bytes.Equal(body, whole) {
			t.Errorf("%s, the next time: %d bytes, %v", c.what, len(body), err)
		}
	}

	faults.Set(t, awstest.Fault{Operation: "HeadObject", Header: http.Header{"Etag": {`"changed"`}}})
	head, err := s3.NewFromConfig(once).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &logs.Name, Key: aws.String("one")})
	if err != nil || *head.ETag != `"changed"` {
		t.Errorf("another ETag: %v, %v", head, err)
	}

	faults.Clear(t)
	faults.Set(t, awstest.Fault{Service: "s3", Error: "SlowDown", Times: 2}, awstest.Fault{Service: "sts", Error: "ExpiredTokenException"})
	if _, err := get(t, again, "logs", "one"); err != nil {
		t.Errorf("a client that tries again: %v", err)
	}
	if fired := faults.Fired(t); len(fired) != 2 || fired[0].Operation != "GetObject" {
		t.Errorf("what happened: %v", fired)
	}
	if _, err := sts.NewFromConfig(again).GetCallerIdentity(t.Context(), nil); code(err) != "ExpiredTokenException" && code(err) != "ExpiredToken" {
		t.Errorf("STS: %v", err)
	}
}

// TestControlFaults: calls that change policies are throttled as IAM and S3 do it.
func TestControlFaults(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	logs := account.Bucket(t, "logs")
	account.Role(t, "R", awstest.Trust("", dev), "")
	faults := stand.Faults(t)
	admin := faults.Through(account.User(t, "admin", awstest.Allow("*", "*")))
	admin.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	faults.Set(t,
		awstest.Fault{Service: "iam", Operation: "PutRolePolicy", Error: "Throttling", Times: 1},
		awstest.Fault{Service: "s3", Operation: "PutBucketPolicy", Error: "SlowDown", Status: 503, Times: 1})
	for i, want := range []string{"Throttling SlowDown", "ok ok"} {
		_, inRole := iam.NewFromConfig(admin).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
			RoleName: aws.String("R"), PolicyName: aws.String("own"), PolicyDocument: aws.String(awstest.Allow("*", "s3:GetObject")),
		})
		_, inBucket := s3.NewFromConfig(admin).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
			Bucket: &logs.Name, Policy: aws.String(reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:::logs/*", "")),
		})
		if got := code(inRole) + " " + code(inBucket); got != want {
			t.Errorf("time %d: %s, not %s", i, got, want)
		}
	}
}

// TestStoreFaults: DynamoDB and SQS fail in their own words, and pass again, for a
// user with a signature of its own.
func TestStoreFaults(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	table, queue := account.Table(t, "CrossAccountAuditing"), account.Queue(t, "work")
	faults := stand.Faults(t)
	user := faults.Through(account.User(t, "writer", awstest.Allow("*", "dynamodb:*", "sqs:*")))
	user.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	writes, sends := dynamodb.NewFromConfig(user), sqs.NewFromConfig(user)
	try := func() string {
		_, written := writes.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table.Name, Item: textItem("eventID", "a", "eventTime", "1")})
		_, read := writes.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table.Name, Key: textItem("eventID", "a", "eventTime", "1")})
		_, sent := sends.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue.URL, MessageBody: aws.String("x")})
		_, received := sends.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue.URL})
		return strings.Join([]string{code(written), code(read), code(sent), code(received)}, " ")
	}
	failing := []awstest.Fault{
		{Service: "dynamodb", Operation: "PutItem", Resource: table.Name, Error: "ProvisionedThroughputExceededException"},
		{Service: "dynamodb", Operation: "GetItem", Error: "InternalServerError", Status: 500},
		{Service: "sqs", Operation: "SendMessage", Error: "RequestThrottled"},
		{Service: "sqs", Operation: "ReceiveMessage", Resource: "other", Error: "RequestThrottled"},
	}
	const failed = "ProvisionedThroughputExceededException InternalServerError RequestThrottled ok"
	if got := try(); got != "ok ok ok ok" { // and microburst has read what it knows of both
		t.Errorf("before: %s", got)
	}
	over := faults.For(t, time.Second, failing...)
	if got := try(); got != failed {
		t.Errorf("while it fails: %s", got)
	}
	<-over
	if got := try(); got != "ok ok ok ok" {
		t.Errorf("afterwards: %s", got)
	}
	faults.Set(t, failing[0])
	_, err := writes.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table.Name, Item: textItem("eventID", "a", "eventTime", "1")})
	if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); !ok {
		t.Errorf("the SDK knows the fault as %T", err)
	}
}
