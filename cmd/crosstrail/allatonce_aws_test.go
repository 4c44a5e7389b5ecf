//go:build unix

package main

import (
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// announced is S3's notice of an object with its ETag, as S3 sends it.
func announced(bucket string, o awstest.Object) string {
	return strings.Replace(created(bucket, o.Key), `"key":`, fmt.Sprintf(`"eTag":"%x","size":%d,"key":`, md5.Sum(o.Body), len(o.Body)), 1)
}

// TestAllAtOnce: into one table, from one bucket, by the Lambda function, by follow and
// by ingest at once, in every order, some notices twice, while DynamoDB throttles and
// fails; one object was written twice. The table tells what a folder of the log files
// does, nothing waits, and nothing is among the dead letters.
func TestAllAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(storetest.Seed(t), 1))
	stand := stack.Start(t)
	program := built(t, "crosstrail-lambda")
	t.Chdir(t.TempDir())
	owner := stand.Account(hubAccount)
	signIn(t, stand.Environment(t, owner.Config()))
	ask(t, exitDone, "demo")
	ask(t, exitDone, "ingest", "crosstrail-demo/AWSLogs", "--store", "p")
	const table = "dynamodb://" + demo.AuditTable
	if err := os.MkdirAll("none", 0o700); err != nil {
		t.Fatal(err)
	}
	ask(t, exitDone, "ingest", "none", "--store", table, "--yes") // makes the table

	b := owner.Bucket(t, "acme-trail")
	var messages []string
	for o := range demoObjects(t) {
		if len(messages) == 0 { // other bytes were there before
			before := awstest.Object{Key: o.Key, Body: source.Pack([]byte(`{"Records":[]}`))}
			b.Put(t, before)
			messages = append(messages, announced(b.Name, before))
		}
		b.Put(t, o)
		for range 1 + r.IntN(2) {
			messages = append(messages, announced(b.Name, o))
		}
	}
	faults := stand.Faults(t)
	dead := owner.Queue(t, "dead")
	toFunction := owner.Queue(t, "to-function", awstest.Visibility(4*time.Second), awstest.Redrive(dead, 50))
	toFollow := owner.Queue(t, "to-follow", awstest.Redrive(dead, 50))
	for _, q := range []*awstest.Queue{toFunction, toFollow} {
		r.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
		q.Send(t, messages...)
	}
	over := faults.For(t, 2*time.Second,
		awstest.Fault{Service: "dynamodb", Operation: "PutItem", Error: "ProvisionedThroughputExceededException", Status: 400},
		awstest.Fault{Service: "dynamodb", Operation: "BatchWriteItem", Error: "InternalServerError", Status: 500})
	function := owner.Function(t, awstest.FunctionOptions{
		Name: "crosstrail", Binary: program, Timeout: 3 * time.Second, Policy: awstest.Allow("*", "dynamodb:*", "s3:Get*", "s3:List*", "sqs:*"),
		Env: map[string]string{"CROSSTRAIL_STORE": table, "CROSSTRAIL_FROM": "s3://acme-trail", "AWS_ENDPOINT_URL_DYNAMODB": faults.Endpoint},
	})
	function.EventSource(t, toFunction, awstest.BatchSize(10), awstest.PartialFailures)
	follow := startFollow(t, append(stand.Environment(t, owner.Config()), "AWS_ENDPOINT_URL_DYNAMODB="+faults.Endpoint),
		"--queue", toFollow.URL, "--from", "s3://acme-trail", "--store", table)
	ask(t, exitDone, "ingest", "s3://acme-trail", "--store", table, "--yes")
	<-over

	for _, q := range []*awstest.Queue{toFunction, toFollow} {
		await(t, q.Name+", empty", func() bool { return q.Count(t) == awstest.Count{} })
	}
	if d := dead.Messages(t); len(d) != 0 {
		t.Errorf("dead letters: %+v", d)
	}
	if follow.stop(t, syscall.SIGTERM); follow.status != exitDone && follow.status != exitPart {
		t.Errorf("exit status %d: %s", follow.status, follow.err.String())
	}
	want, got := answersOf(t, "p"), answersOf(t, table)
	if len(want) < 90 || strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("%d events are in the table, and %d in the folder", len(got), len(want))
	}
	ask(t, exitDone, "store", "check", "--store", table, "--yes")
}
