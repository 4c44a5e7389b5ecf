package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// stack is ministack as it is: no test here rests on what the launcher adds.
var stack = awstest.Stack{Plain: true}

// built is the function's program, as Lambda runs it, without the race detector.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "crosstrail-lambda")
	if err == nil {
		built = filepath.Join(dir, "bootstrap")
		// As [awstest.Build] and go run have it, so that what it compiles is compiled once.
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", built, ".")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the function:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

const (
	prod  = "999999999999"
	dev   = "111111111111"
	table = "CrossAccountAuditing"
	store = "dynamodb://" + table
)

// hub is the account that has the function, with a table of ours and a bucket of log files.
type hub struct {
	awstest.Account
	t     *testing.T
	aws   *awstest.AWS
	table *awstest.Table
	logs  *awstest.Bucket
}

func newHub(t *testing.T, stand *awstest.AWS) *hub {
	t.Helper()
	h := &hub{Account: stand.Account(prod), t: t, aws: stand}
	if err := dynamo.Make(t.Context(), h.Config(), table, dynamo.MakeOptions{Unprotected: true}); err != nil {
		t.Fatal(err)
	}
	h.table, h.logs = h.OwnedTable(table), h.Bucket(t, "logs")
	return h
}

// What the execution role may do, each a statement.
var (
	mayWrite   = statements(dynamo.WritePolicy("arn:aws:dynamodb:us-east-1:" + prod + ":table/" + table))
	mayRead    = slices.Concat(mayGet, statements(awstest.Allow("arn:aws:s3:::logs", "s3:ListBucket", "s3:ListBucketVersions"))) // what is not there is a 403 to who may not list
	mayGet     = statements(awstest.Allow("arn:aws:s3:::logs/*", "s3:GetObject", "s3:GetObjectVersion"))
	mayReceive = statements(awstest.Allow("arn:aws:sqs:us-east-1:"+prod+":work*", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"))
	mayBury    = statements(awstest.Allow("arn:aws:sqs:us-east-1:"+prod+":dead*", "sqs:SendMessage"))
	mayAll     = slices.Concat(mayWrite, mayRead, mayReceive, mayBury)
)

func statements(policy string) (all []json.RawMessage) {
	var p struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		panic(err)
	}
	return p.Statement
}

func policy(statements []json.RawMessage) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// function makes the function, with an execution role that may do just that.
func (h *hub) function(may []json.RawMessage, env ...string) *awstest.Function {
	h.t.Helper()
	o := awstest.FunctionOptions{Name: "crosstrail", Binary: built, Policy: policy(may), Env: map[string]string{envStore: store}, Timeout: 20 * time.Second}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		o.Env[name] = value
	}
	return h.Function(h.t, o)
}

// stored are the ids of the events in the table, each as often as it is there.
func (h *hub) stored() (ids []string) {
	h.t.Helper()
	for _, item := range h.table.Items(h.t) {
		if item["file"] != nil && item["by"] != nil {
			ids = append(ids, item["eventID"].(*types.AttributeValueMemberS).Value)
		}
	}
	slices.Sort(ids)
	return ids
}

// eventually waits for what the function f does by and by.
func (h *hub) eventually(f *awstest.Function, what string, holds func() bool) {
	h.t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("not after 30 seconds: %s\n%s", what, f.Log(h.t))
		}
	}
}

// record is a use of a session that a role of the account gave.
func record(id string) string {
	return `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAICKBBQTXWLOLJLHW4:kim","arn":"arn:aws:sts::` + prod + `:assumed-role/R/kim","accountId":"` + prod + `",` +
		`"accessKeyId":"ASIAQJQOJ64OAM7C65AA","sessionContext":{"attributes":{"creationDate":"2026-03-03T09:59:00Z","mfaAuthenticated":"false"},"sessionIssuer":{"type":"Role","principalId":"AROAICKBBQTXWLOLJLHW4","arn":"arn:aws:iam::` + prod + `:role/R","accountId":"` + prod + `","userName":"R"}}},` +
		`"eventTime":"2026-03-03T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"x","requestParameters":null,"responseElements":null,` +
		`"requestID":"r","eventID":"` + id + `","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"` + prod + `","eventCategory":"Management"}`
}

// logFile is a log file of these records.
func logFile(records ...string) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(z, `{"Records":[%s]}`, strings.Join(records, ","))
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// keyOf is where CloudTrail puts a log file.
func keyOf(name string) string {
	return "AWSLogs/" + prod + "/CloudTrail/us-east-1/2026/03/03/" + prod + "_CloudTrail_us-east-1_20260303T1005Z_" + name + ".json.gz"
}

// event puts a log file of one event, and gives what S3 tells of it.
func (h *hub) event(id string) string {
	h.t.Helper()
	key, body := keyOf(id), logFile(record(id))
	h.logs.Put(h.t, awstest.Object{Key: key, Body: body})
	return s3Event("logs", key, fmt.Sprintf(`,"size":%d,"eTag":"%x"`, len(body), md5.Sum(body)))
}

// put puts a log file of one event under a prefix, and gives its key. Event and file
// have one name.
func (h *hub) put(prefix, id string) (key string) {
	h.t.Helper()
	key = prefix + keyOf(id)
	h.logs.Put(h.t, awstest.Object{Key: key, Body: logFile(record(id))})
	return key
}

// logLine is what the tests look at of a line of the log.
type logLine struct {
	Timestamp, Level, Message, RequestID                   string
	Reason, Object, Permission, Resource                   string
	Shape                                                  string
	Messages, MessagesFailed, MessagesDead, Objects, Bytes int
	ColdStart                                              bool
	Files, Records                                         *struct{ Read, Kept, Duplicate, PassedOver, Failed int }
}

// logLines are the lines of the function's log that are its own.
func logLines(t *testing.T, log string) (all []logLine) {
	t.Helper()
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, `{"timestamp"`) {
			continue
		}
		var l logLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("a line that is no JSON: %q", line)
		}
		all = append(all, l)
	}
	return all
}

// sums are the summary lines.
func sums(t *testing.T, log string) (all []logLine) {
	t.Helper()
	return slices.DeleteFunc(logLines(t, log), func(l logLine) bool { return l.Files == nil })
}

// quoted is a text in JSON.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}
