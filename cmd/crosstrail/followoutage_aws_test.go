//go:build unix

package main

import (
	crand "crypto/rand"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// TestFollowOutage: into a table, by two at once, while DynamoDB fails, then SQS, and
// credentials have expired: it says so once, goes on when that is over, and nothing
// is lost: what the table cannot hold neither.
func TestFollowOutage(t *testing.T) {
	stand := stack.Start(t)
	t.Chdir(t.TempDir())
	owner := stand.Account(hubAccount)
	dead := owner.Queue(t, "dead")
	q := owner.Queue(t, "announced", awstest.Redrive(dead, 50))
	large := owner.Queue(t, "large", awstest.Redrive(dead, 50))
	b := owner.Bucket(t, "acme-trail")
	ask(t, exitDone, "demo")
	var messages []string
	for o := range demoObjects(t) {
		b.Put(t, o)
		messages = append(messages, created("acme-trail", o.Key))
	}
	signIn(t, stand.Environment(t, owner.Config()))
	ask(t, exitDone, "store", "watch", "--everything", "--store", "dynamodb://CrossAccountAuditing", "--yes") // makes the table
	faults := stand.Faults(t)
	environment := append(sqsAndLoad(t, stand, owner, nil), "AWS_ENDPOINT_URL="+faults.Endpoint, "AWS_MAX_ATTEMPTS=2")
	args := []string{"--queue", q.URL, "--from", b.URI(""), "--store", "dynamodb://CrossAccountAuditing", "--listen", "0"}
	f := startFollow(t, environment, args...)
	f.get(t, "/healthz")
	await(t, "its first receive", func() bool {
		_, metrics := f.get(t, "/metrics")
		return metric(metrics, `crosstrail_follow_last_receive_timestamp_seconds{queue="`+q.URL+`"}`) > 0
	})
	faults.Set(t, awstest.Fault{Service: "dynamodb", Error: "InternalServerError", Status: 500})
	half := len(messages) / 2
	q.Send(t, messages[:half]...)
	await(t, "that it is told", func() bool { return strings.Contains(f.err.String(), "is slow") })
	faults.Set(t, awstest.Fault{Service: "dynamodb", Error: "AccessDeniedException", Status: 400})
	await(t, "an answer that it is not well", func() bool {
		status, body := f.get(t, "/healthz")
		return status == 503 && strings.Contains(body, "the store failed")
	})
	failures := func(what string) float64 {
		_, metrics := f.get(t, "/metrics")
		return metric(metrics, `crosstrail_follow_failures_total{what="`+what+`"}`)
	}
	before := failures(failedStore)
	await(t, "another try", func() bool { return failures(failedStore) > before })
	if n := strings.Count(f.err.String(), "nothing is lost, and it is tried again"); n != 1 {
		t.Errorf("it is said %d times: %s", n, f.err.String())
	}
	for _, m := range q.Messages(t) {
		if m.Received > 1 {
			t.Errorf("a message was received %d times, as the store failed", m.Received)
			break
		}
	}
	faults.Set(t, awstest.Fault{Service: "sqs", Operation: "ReceiveMessage", Error: "ExpiredToken", Status: 403})
	await(t, "a receive that fails", func() bool { return failures(failedReceive) > 0 })
	faults.Clear(t)
	noise := make([]byte, 400_000)
	_, _ = crand.Read(noise)
	large.Send(t, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"large","eventTime":"2026-03-05T00:00:00Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","userIdentity":{"type":"Root"},"userAgent":"%x"}`, noise))
	second := startFollow(t, environment, append(args, "--queue", large.URL)...) // any number may fill one table
	q.Send(t, messages[half:]...)
	await(t, "an empty queue", func() bool { c := q.Count(t); return c.Visible+c.InFlight+c.Delayed == 0 })
	await(t, "an answer that it is well", func() bool { status, _ := f.get(t, "/healthz"); return status == 200 })
	await(t, "a dead letter", func() bool { return dead.Count(t).Visible == 1 && large.Count(t) == awstest.Count{} })
	if second.stop(t, syscall.SIGTERM); second.status != exitDone {
		t.Errorf("exit status %d: %s", second.status, second.err.String())
	}
	ask(t, exitDone, "ingest", "crosstrail-demo/AWSLogs", "--store", "p")
	want, got := answersOf(t, "p"), answersOf(t, "dynamodb://CrossAccountAuditing")
	if len(want) < 90 || strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("%d events are in the table, and %d in the folder: %.3000s", len(got), len(want), f.err.String())
	}
	f.loses(t, owner, q, messages[0])
}

// loses has somebody take the table away: it is not made again, and who is stopped then
// gives back what was to go there.
func (f *follower) loses(t *testing.T, owner awstest.Account, q *awstest.Queue, message string) {
	t.Helper()
	table := owner.OwnedTable("CrossAccountAuditing")
	_, err := table.Owner.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &table.Name, DeletionProtectionEnabled: aws.Bool(false)})
	if err == nil {
		_, err = table.Owner.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &table.Name})
	}
	if err != nil {
		t.Fatal(err)
	}
	q.Send(t, message)
	await(t, "that the store has failed", func() bool { return strings.Count(f.err.String(), "there is no such table") > 0 })
	received := q.Messages(t)[0].Received
	if f.stop(t, syscall.SIGTERM); f.status != exitDone {
		t.Errorf("exit status %d: %s", f.status, f.err.String())
	}
	if q.Count(t) == (awstest.Count{Visible: 1}) {
		received-- // it was given back, and nobody took it since
	}
	// The stand-in may hand it to a long poll whose caller has gone: then it is there
	// again when that one's time is over.
	await(t, "the message that was in hand", func() bool { return q.Count(t) == awstest.Count{Visible: 1} })
	if again := q.Messages(t)[0].Received; again <= received {
		t.Errorf("the message was not given back: it came back by itself, received %d times", again)
	}
	if there, err := dynamo.Tables(t.Context(), owner.Config()); err != nil || len(there) > 0 {
		t.Errorf("there are tables: %q, %v", there, err)
	}
}
