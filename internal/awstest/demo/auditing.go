package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// What AWS's text on auditing cross-account roles has, of Production and Development.
const (
	Production  = "999999999999"
	Development = Analysts
	TrailBucket = "cloudtrailbucket"
	AuditTable  = "CrossAccountAuditing"
)

// Pair are two accounts that play Production and Development: the text's own, or others
// where both walks, the text's and crosstrail deploy's, are to be walked side by side.
type Pair struct{ Production, Development string }

// TextsOwn are the accounts that the text names.
func TextsOwn() Pair { return Pair{Production, Development} }

// auditRole is the role that jsmith may assume, with ExternalID.
func (p Pair) auditRole() string { return "arn:aws:iam::" + p.Production + ":role/CrossAccountTest" }

func (p Pair) tableARN() string {
	return "arn:aws:dynamodb:" + awstest.Region + ":" + p.Production + ":table/" + AuditTable
}

var (
	//go:embed seed/assume_role_event.json
	AssumeRoleEvent []byte // the event that the text prints, as EventBridge sends it to the topic
	//go:embed seed/list_buckets.json
	listBuckets []byte
	//go:embed seed/vendor_event.json
	VendorEvent []byte // what a third party's rule sends of a call by its user alice
	//go:embed seed/vendor_log.jsonl
	vendorLog []byte
)

// VendorFile is our log file with our copy of alice's call, and what was done then.
func VendorFile() synth.File {
	return synth.File{
		Name:    "AWSLogs/" + Production + "/CloudTrail/us-east-1/2026/03/03/" + Production + "_CloudTrail_us-east-1_20260303T1415Z_i9J0k1L2m3N4o5P6.json.gz",
		Records: bytes.Split(bytes.TrimSpace(vendorLog), []byte("\n")), Delivered: time.Date(2026, 3, 3, 14, 15, 0, 0, time.UTC),
	}
}

// PythonTable is one as the text makes it, with what its two programs put there.
const PythonTable = "CrossAccountAuditing2016"

// FillPythonTable makes it.
func FillPythonTable(t testing.TB, prod awstest.Account) {
	t.Helper()
	type item struct {
		AccessKeyID string `json:"accessKeyId"`
		EventTime   string `json:"eventTime"`
		EventID     string `json:"eventID"`
		Record      string `json:"record"`
	}
	table := prod.Table(t, PythonTable)
	for _, i := range []item{
		{"ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:37Z", "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf", string(AssumeRoleEvent)},
		{"ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:39Z", "099ff820-00f2-4500-94fc-2b9da26d576f", string(listBuckets)},
	} {
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatalf("%v", err)
		}
		table.Put(t, string(text))
	}
}

// ListBucketsFile is the log file with the record that the text begins with.
func ListBucketsFile() synth.File {
	return synth.File{
		Name:    "AWSLogs/" + Production + "/CloudTrail/us-east-1/2016/04/05/" + Production + "_CloudTrail_us-east-1_20160405T2045Z_a1B2c3D4e5F6g7H8.json.gz",
		Records: [][]byte{compact(listBuckets)}, Delivered: time.Date(2016, 4, 5, 20, 45, 0, 0, time.UTC),
	}
}

func compact(text []byte) []byte {
	var v json.RawMessage
	if err := json.Unmarshal(text, &v); err != nil {
		panic(err) // it is embedded
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// Audit is what was brought up.
type Audit struct {
	Topic              *awstest.Topic
	Bucket             *awstest.Bucket
	Table              *awstest.Table
	BySNS, ByS3        *awstest.Function
	Queue, DeadLetters *awstest.Queue // of the same notices, for crosstrail follow
}

// Auditing brings up what AWS's text on auditing cross-account roles does, with
// crosstrail-lambda, a program for this machine, as both of its functions: in
// Development the rule and the topic; in Production the role, the table, the trail and
// its bucket, which calls the one function, as the topic does the other. What both are
// told comes into a queue, too: S3 takes no two notices of one object (S3 User Guide,
// "Configuring event notifications": overlapping prefixes), so by EventBridge.
func Auditing(t testing.TB, to *awstest.AWS, in Pair, program string) *Audit {
	t.Helper()
	dev, prod := to.Account(in.Development), to.Account(in.Production)
	prod.Role(t, "CrossAccountTest", awstest.Trust(ExternalID, in.Development), awstest.Allow("*", "s3:Get*", "s3:List*"))

	a := &Audit{Topic: dev.Topic(t, "CrossAccountSNS"), Table: prod.Table(t, AuditTable), Bucket: prod.Bucket(t, TrailBucket)}
	if err := dynamo.Make(t.Context(), prod.Config(), AuditTable, dynamo.MakeOptions{OnDemand: true}); err != nil {
		t.Fatalf("making the table: %v", err)
	}
	a.Bucket.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	prod.Trail(t, "main", TrailBucket)
	rule := dev.Rule(t, "CrossAccountRoleToProd", `{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["sts.amazonaws.com"],"eventName":["AssumeRole"],"requestParameters":{"externalId":["`+ExternalID+`"]}}}`)
	rule.To(t, a.Topic.ARN)
	a.Topic.Policy(t, statements(
		mayBy("events.amazonaws.com", rule.ARN, "sns:Publish", a.Topic.ARN),
		map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": "arn:aws:iam::" + in.Production + ":root"}, "Action": "sns:Subscribe", "Resource": a.Topic.ARN}))
	a.functions(t, prod, dynamo.WritePolicy(in.tableARN()), program)
	a.queues(t, prod)
	return a
}

// functions are the two of the text, with no more rights than each needs.
func (a *Audit) functions(t testing.TB, prod awstest.Account, writes, program string) {
	t.Helper()
	env := map[string]string{"CROSSTRAIL_STORE": dynamo.Scheme + AuditTable, "CROSSTRAIL_FROM": "s3://" + TrailBucket + "/AWSLogs/"}
	options := awstest.FunctionOptions{Name: "SNS-Cross-Account", Binary: program, Env: env, Timeout: time.Minute, Policy: writes}
	a.BySNS = prod.Function(t, options)
	a.BySNS.Permit(t, "sns.amazonaws.com", a.Topic.ARN)
	a.Topic.Subscribe(t, a.BySNS, false)

	options.Name, options.Policy = "S3-Cross-Account", statements(
		map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + TrailBucket + "/AWSLogs/*"},
		statementOf(writes))
	a.ByS3 = prod.Function(t, options)
	a.ByS3.Permit(t, "s3.amazonaws.com", "arn:aws:s3:::"+TrailBucket)
	a.Bucket.Notify(t, awstest.Notice{Function: a.ByS3, Prefix: "AWSLogs/"}, awstest.Notice{EventBridge: true})
}

// queues are one of the notices, and that for what cannot be read.
func (a *Audit) queues(t testing.TB, prod awstest.Account) {
	t.Helper()
	a.DeadLetters = prod.Queue(t, "crosstrail-dead-letters")
	a.Queue = prod.Queue(t, "crosstrail", awstest.Redrive(a.DeadLetters, 3))
	created := prod.Rule(t, "LogFileCreated", `{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":["`+TrailBucket+`"]}}}`)
	a.Queue.Policy(t, statements(
		mayBy("events.amazonaws.com", created.ARN, "sqs:SendMessage", a.Queue.ARN),
		mayBy("sns.amazonaws.com", a.Topic.ARN, "sqs:SendMessage", a.Queue.ARN)))
	created.To(t, a.Queue.ARN)
	a.Topic.Subscribe(t, a.Queue, false)
}

// mayBy lets a service do something for a source.
func mayBy(service, source, action, resource string) map[string]any {
	return map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Service": service}, "Action": action, "Resource": resource,
		"Condition": map[string]any{"ArnEquals": map[string]string{"aws:SourceArn": source}},
	}
}

// statementOf is the statement of a policy that has one.
func statementOf(policy string) map[string]any {
	var document struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		panic(err) // it was just made
	}
	return document.Statement[0]
}

func statements(all ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		panic(err) // of texts
	}
	return string(text)
}
