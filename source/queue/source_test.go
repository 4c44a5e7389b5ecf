package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/memory"
)

// TestFollow: S3's own notices, straight and by a topic, raw and not, of the same
// log files; a record by EventBridge, a digest, test messages, and what cannot be
// read. The caller has the permissions that the package comment names and no more.
func TestFollow(t *testing.T) {
	s := newSite(t)
	byTopic := s.owner.Queue(t, "by-topic", awstest.Redrive(s.dead, 3))
	raw := s.owner.Queue(t, "raw", awstest.Redrive(s.dead, 3))
	topic := s.owner.Topic(t, "logs")
	topic.Policy(t, awstest.AllowService("s3.amazonaws.com", "arn:aws:s3:::acme-logs", topic.ARN, "sns:Publish"))
	s.queue.AllowService(t, "s3.amazonaws.com", "arn:aws:s3:::acme-logs")
	byTopic.AllowService(t, "sns.amazonaws.com", topic.ARN)
	raw.AllowService(t, "sns.amazonaws.com", topic.ARN)
	topic.Subscribe(t, byTopic, false)
	topic.Subscribe(t, raw, true)
	permitted := permissions(s)
	permitted[byTopic.ARN], permitted[raw.ARN] = permitted[s.queue.ARN], permitted[s.queue.ARN]
	caller := s.owner.User(t, "of-three", policyOf(permitted))

	const files = 25
	// S3 tells one of an object, not two: so the same log files are put twice.
	for _, to := range []awstest.Notice{{Queue: s.queue}, {Topic: topic, Prefix: "AWSLogs/"}} {
		s.logs.Notify(t, to)
		for n := range files {
			s.logs.Put(t, awstest.Object{Key: key(n), Body: logFile(fmt.Sprint("a", n), fmt.Sprint("b", n))})
		}
		s.logs.Put(t, awstest.Object{Key: strings.ReplaceAll(key(1), "CloudTrail", "CloudTrail-Digest"), Body: logFile("digest")})
		s.logs.Put(t, awstest.Object{Key: "my pictures/é+1.png", Body: []byte("no log")})
	}
	s.owner.Bucket(t, "other").Put(t, awstest.Object{Key: key(1), Body: logFile("foreign")})
	envelope := `{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":"222222222222","time":"2026-03-05T00:00:00Z","region":"us-east-1","detail":` + record("inline") + `}`
	s.queue.Send(t, envelope, "no JSON", put("other", key(1), "", "", 1), "CloudTrail validation message.")

	store := memory.New()
	var counts, records ingest.Counts
	dead := int64(0)
	for _, q := range []*awstest.Queue{s.queue, byTopic, raw} {
		follow, stop := s.openAs(t, caller, q, queue.Options{Opener: queue.OpenerOptions{From: []string{s.logs.URI("AWSLogs/"), s.logs.URI("my pictures/")}}})
		go func() {
			until(t, "the queue is empty", func() bool { return follow.Counts().InHand == 0 && q.Count(t) == awstest.Count{} })
			stop()
		}()
		f, r, err := ingest.Pump(t.Context(), follow, store, ingest.Options{SettleEvery: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		counts, records = counts.Plus(f), records.Plus(r)
		got := follow.Counts()
		if got.Received != got.Settled+got.DeadLettered || got.Returned+got.Lost != 0 || got.InHandBytes != 0 || got.Heard.IsZero() {
			t.Errorf("%+v", got)
		}
		dead += got.DeadLettered
	}
	// Passed over: the digest three times, S3's test message three times, CloudTrail's,
	// the picture, of which the topic is not told.
	want := ingest.Counts{Read: 3*files + 1 + 8, Kept: files + 1, Duplicate: 2 * files, PassedOver: 8}
	if counts != want || records.Kept != 2*files+1 || records.Failed != 0 {
		t.Errorf("files %+v, records %+v", counts, records)
	}
	if got := s.reasons(t); dead != 2 || len(got) != 2 || !strings.HasPrefix(got[0], `the message is no JSON object: "no JSON"`) || !strings.HasPrefix(got[1], "the message names s3://other/") {
		t.Errorf("%q", got)
	}
	inline := 0
	for r, err := range store.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.ID.Event == "inline" && r.ID.Recipient == "222222222222" && strings.HasPrefix(r.File, "inline:") {
			inline++
		}
	}
	if inline != 1 {
		t.Errorf("%d records by EventBridge, whose envelope tells the recipient", inline)
	}
	if s.told.has("cannot be") || len(s.told.failed()) != 2 {
		t.Errorf("%q", s.told.failed())
	}
}

// TestOpenRefused: what cannot be used is told before anything is read.
func TestOpenRefused(t *testing.T) {
	s := newSite(t)
	n := 0
	for action, want := range map[string]string{
		"sqs:ReceiveMessage":          "the caller needs sqs:ReceiveMessage on " + s.queue.ARN,
		"sqs:DeleteMessage":           "the caller needs sqs:DeleteMessage on " + s.queue.ARN,
		"sqs:ChangeMessageVisibility": "the caller needs sqs:ChangeMessageVisibility on " + s.queue.ARN,
		"sqs:GetQueueAttributes":      "the caller needs sqs:GetQueueAttributes on " + s.queue.ARN,
	} {
		n++
		permitted := permissions(s)
		permitted[s.queue.ARN] = slices.DeleteFunc(slices.Clone(permitted[s.queue.ARN]), func(a string) bool { return a == action })
		caller := s.owner.User(t, fmt.Sprint("without-", n), policyOf(permitted))
		if _, err := queue.Open(t.Context(), caller, s.queue.URL, queue.Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), s.queue.URL) {
			t.Errorf("without %s: %v", action, err)
		}
	}
	for _, c := range []struct {
		url, from, want string
	}{
		{s.queue.URL + "s", "", "there is no such queue: check the account, region and name"},
		{s.queue.ARN, "", "this is the queue's ARN; its URL is https://sqs.us-east-1.amazonaws.com/111111111111/logs"},
		{"", "", "is no queue's URL"},
		{s.queue.URL, "acme-logs", "is no s3:// address"},
	} {
		var o queue.Options
		if c.from != "" {
			o.Opener.From = []string{c.from}
		}
		if _, err := queue.Open(t.Context(), s.owner.Config(), c.url, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.url, err)
		}
	}
}

// TestOurs: a message is ours as long as it is worked on, longer than SQS was asked
// for; what is not handed out when all stops is somebody else's at once, and what is
// not settled when it is closed. What a killed one had comes again.
func TestOurs(t *testing.T) {
	s := newSite(t)
	s.queue.Send(t, record("a"), record("b"))
	if _, err := s.queue.Owner.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue.URL, MaxNumberOfMessages: 1, VisibilityTimeout: 1}); err != nil { // and is killed
		t.Fatal(err)
	}
	follow, stop := s.open(t, queue.Options{Visible: 2 * time.Second})
	one, two := next(t, follow), next(t, follow)
	for end := time.Now().Add(3500 * time.Millisecond); time.Now().Before(end); {
		if got := s.queue.Receive(t, time.Second); len(got) > 0 {
			t.Fatalf("%d messages come to another one", len(got))
		}
	}
	if got := follow.Counts(); got.InHand != 2 || got.Lag < 3500*time.Millisecond || got.Received != 2 {
		t.Errorf("%+v", got)
	}
	settle(t, one, nil)
	s.queue.Send(t, record("c"))
	until(t, "the third is there", func() bool { return follow.Counts().InHand == 2 })
	stop()
	if _, err := follow.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	until(t, "the third is given back", func() bool { return s.queue.Count(t) == awstest.Count{Visible: 1, InFlight: 1} })
	settle(t, two, nil)
	follow.Close()
	if got := follow.Counts(); got.Settled != 2 || got.Returned != 1 || got.InHand != 0 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}

	follow, stop = s.open(t, queue.Options{})
	three := next(t, follow)
	stop()
	follow.Close()
	if got := s.queue.Count(t); got != (awstest.Count{Visible: 1}) {
		t.Errorf("%+v", got)
	}
	if got := text(t, three.Items[0]); got != record("c") {
		t.Errorf("%s", got)
	}
}

// TestFails: what fails comes again, later each time, and ends among the dead
// letters when the queue would give it no more.
func TestFails(t *testing.T) {
	s := newSite(t)
	s.queue.Send(t, record("a"))
	// Without a dead-letter queue it stays.
	alone := s.owner.Queue(t, "alone")
	permitted := permissions(s)
	permitted[alone.ARN] = permitted[s.queue.ARN]
	alone.Send(t, "no JSON")
	lonely, _ := s.openAs(t, s.owner.User(t, "lonely", policyOf(permitted)), alone, queue.Options{})
	follow, _ := s.open(t, queue.Options{})
	var came []time.Time
	for range 3 {
		d := next(t, follow)
		came = append(came, time.Now())
		settle(t, d, errors.New("the store is\x00\x1b[2J full of \u202e"+strings.Repeat("é", 2000)))
	}
	if one, two := came[1].Sub(came[0]), came[2].Sub(came[1]); one < 900*time.Millisecond || two < 1900*time.Millisecond || two > 10*time.Second {
		t.Errorf("%s, then %s", one, two)
	}
	if got := s.dead.Messages(t); len(got) != 1 || got[0].Body != record("a") || !strings.HasPrefix(got[0].Text["reason"].StringValue, "the store is  [2J full of  éé") ||
		len(got[0].Text["reason"].StringValue) > 1024 || len(got[0].Text["messageId"].StringValue) != 36 {
		t.Errorf("%+v", got)
	}
	if got := follow.Counts(); got.Received != 3 || got.Returned != 2 || got.DeadLettered != 1 || s.queue.Count(t) != (awstest.Count{}) {
		t.Errorf("%+v", got)
	}
	until(t, "it comes again", func() bool { return lonely.Counts().Returned >= 2 })
	if !s.told.has("has no dead-letter queue") || !s.told.has(`is no JSON object: "no JSON"`) {
		t.Errorf("%q", s.told.notes)
	}
}

// TestOutage: what S3 refuses stays in hand as long as it refuses all, however often it
// is tried, and is read when it may be. What alone is refused ends with the dead letters.
func TestOutage(t *testing.T) {
	s := newSite(t)
	short := s.owner.Queue(t, "short", awstest.Redrive(s.dead, 1))
	permitted := permissions(s)
	permitted[short.ARN] = permitted[s.queue.ARN]
	delete(permitted, "arn:aws:s3:::acme-logs") // S3 does not tell what is not there
	s.logs.Put(t, awstest.Object{Key: key(1), Body: logFile("a")})
	faults := s.aws.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Error: "AccessDenied", Status: 403})
	follow, _ := s.openAs(t, faults.Through(s.owner.User(t, "of-short", policyOf(permitted))), short, queue.Options{Backoff: 50 * time.Millisecond, Most: 4})
	good := put("acme-logs", key(1), "", "", len(logFile("a")))
	short.Send(t, good, put("acme-logs", key(2), "0123", "", 9))
	refused := func(d source.Delivery) bool {
		_, err := d.Items[0].Open(t.Context())
		if err != nil {
			err = &source.Error{URI: d.Items[0].URI, Problem: err.Error(), Err: err}
		}
		if failed := d.Settle(t.Context(), err); failed != nil && !errors.Is(failed, queue.ErrKept) {
			t.Fatal(failed)
		}
		return err != nil
	}
	for range 8 {
		if !refused(next(t, follow)) {
			t.Error("it is not refused")
		}
	}
	until(t, "both wait", func() bool { c := follow.Counts(); return c.Waiting == 2 || c.InHand != 2 })
	if got := follow.Counts(); got.InHand != 2 || got.Received != 2 || short.Count(t) != (awstest.Count{InFlight: 2}) {
		t.Errorf("%+v, %+v", got, short.Count(t))
	}
	faults.Clear(t)
	until(t, "one is read, and the other a dead letter", func() bool {
		if follow.Counts().InHand > 0 {
			refused(next(t, follow))
		}
		return follow.Counts().InHand == 0
	})
	if got := follow.Counts(); got.Settled != 1 || got.DeadLettered != 1 {
		t.Errorf("%+v", got)
	}
	if got := s.reasons(t); len(got) != 1 || !strings.Contains(got[0], "it is not there, as far as S3 tells: to know, arn:aws:iam::111111111111:user/of-short needs s3:ListBucket") {
		t.Errorf("%q", got)
	}
}

// TestSettleFails: settlements that are under way at once share requests. A message
// that cannot be renewed is told of.
func TestSettleFails(t *testing.T) {
	s := newSite(t)
	for n := range 24 {
		s.queue.Send(t, record(fmt.Sprint(n)))
	}
	faults := s.aws.Faults(t)
	follow, _ := s.openAs(t, faults.Through(s.caller), s.queue, queue.Options{Visible: 2 * time.Second, Most: 24})
	several := func(n int) (all []source.Delivery) {
		for range n {
			all = append(all, next(t, follow))
		}
		return all
	}
	settleAll := func(all []source.Delivery) (failed []string) {
		done := make(chan error)
		for _, d := range all {
			go func() { done <- d.Settle(t.Context(), nil) }()
		}
		for range all {
			if err := <-done; err != nil {
				failed = append(failed, err.Error())
			}
		}
		return failed
	}
	all := several(24)
	faults.Set(t, awstest.Fault{Service: "sqs", Operation: "ChangeMessageVisibilityBatch", Error: "InternalFailure", Status: 500},
		awstest.Fault{Service: "sqs", Operation: "ReceiveMessage", Error: "OverLimit", Status: 403})
	until(t, "they are visible again", func() bool { return s.queue.Count(t).Visible == 24 })
	if _, err := s.queue.Owner.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue.URL, MaxNumberOfMessages: 1}); err != nil {
		t.Fatal(err)
	}
	before := s.aws.Requests(t)["sqs:DeleteMessageBatch"]
	// SQS says of an old handle that all is well, and keeps the message.
	if failed := settleAll(all); len(failed) != 0 || s.queue.Count(t) != (awstest.Count{InFlight: 1}) {
		t.Errorf("one is another one's: %q, %+v", failed, s.queue.Count(t))
	}
	if n := s.aws.Requests(t)["sqs:DeleteMessageBatch"] - before; n > 4 {
		t.Errorf("%d requests", n)
	}
	if got := follow.Counts(); got.Settled != 24 || got.InHand != 0 || !s.told.has("messages cannot be kept for longer, and may come again") {
		t.Errorf("%+v, %q", got, s.told.failed())
	}

	for n := range 4 {
		s.queue.Send(t, record(fmt.Sprint("more", n)))
	}
	faults.Clear(t)
	all = several(4)
	faults.Set(t, awstest.Fault{Service: "sqs", Operation: "DeleteMessageBatch", Error: "InternalFailure", Status: 500})
	if failed := settleAll(all); len(failed) != 4 {
		t.Errorf("%q", failed)
	}
	faults.Clear(t)
	if got := follow.Counts(); got.Settled != 24 || got.InHand != 0 {
		t.Errorf("%+v", got)
	}
	until(t, "they come again", func() bool { return follow.Counts().InHand == 4 })
}

// TestSilence: a queue that does not answer is told once, and when it answers again.
func TestSilence(t *testing.T) {
	s := newSite(t)
	faults := s.aws.Faults(t)
	follow, _ := s.openAs(t, faults.Through(s.caller), s.queue, queue.Options{})
	faults.Set(t, awstest.Fault{Service: "sqs", Operation: "ReceiveMessage", Error: "AccessDenied", Status: 403, Times: 2})
	until(t, "it is told", func() bool {
		return s.told.has("cannot be received from, and is asked again until it can: refused: the caller needs sqs:ReceiveMessage")
	})
	s.queue.Send(t, record("a"))
	settle(t, next(t, follow), nil)
	if n := len(s.told.failed()); n != 1 || !s.told.has("answers again") {
		t.Errorf("%q, %q", s.told.failed(), s.told.notes)
	}
}

// TestBounds: no more is in hand than was said, of messages and of bytes.
func TestBounds(t *testing.T) {
	s := newSite(t)
	body := append(logFile("a"), make([]byte, 40_000)...)
	for n := range 30 {
		s.logs.Put(t, awstest.Object{Key: key(n), Body: body})
		s.queue.Send(t, put("acme-logs", key(n), "", "", 0))
	}
	for name, c := range map[string]struct {
		options queue.Options
		most    int
		bytes   int64
	}{
		"messages": {queue.Options{Most: 5}, 5, 1 << 20},
		"bytes":    {queue.Options{MostBytes: 100_000}, 30, 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			follow, stop := s.open(t, c.options)
			for range 5 {
				next(t, follow)
			}
			time.Sleep(500 * time.Millisecond)
			if got := follow.Counts(); got.InHand > c.most || got.InHandBytes > c.bytes || got.InHand < 5 || got.Behind < time.Hour {
				t.Errorf("%+v", got)
			}
			stop()
			follow.Close()
		})
	}
}

// TestFIFO: a queue that keeps the order, and its dead letters.
func TestFIFO(t *testing.T) {
	s := newSite(t)
	fifo := func(in *sqs.CreateQueueInput) { in.Attributes["FifoQueue"] = "true" }
	dead := s.owner.Queue(t, "dead.fifo", fifo)
	ordered := s.owner.Queue(t, "logs.fifo", fifo, awstest.Redrive(dead, 3))
	for n, body := range []string{record("a"), "no JSON", record("b")} {
		if _, err := ordered.Owner.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: &ordered.URL, MessageBody: &body, MessageGroupId: aws.String("group"), MessageDeduplicationId: aws.String(fmt.Sprint(n)),
		}); err != nil {
			t.Fatal(err)
		}
	}
	follow, _ := s.openAs(t, s.owner.Config(), ordered, queue.Options{})
	settle(t, next(t, follow), nil)
	settle(t, next(t, follow), nil)
	until(t, "it is empty", func() bool { return follow.Counts().InHand == 0 && ordered.Count(t) == awstest.Count{} })
	got, err := dead.Owner.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &dead.URL, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "no JSON" || got.Messages[0].Attributes["MessageGroupId"] != "group" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestKnown: what the store has is not fetched.
func TestKnown(t *testing.T) {
	s := newSite(t)
	s.logs.Put(t, awstest.Object{Key: key(1), Body: logFile("a")})
	s.queue.Send(t, put("acme-logs", key(1), etagOf(t, s, key(1)), "", len(logFile("a"))))
	var asked []string
	follow, _ := s.open(t, queue.Options{Opener: queue.OpenerOptions{Known: func(_ context.Context, f cloudtrail.LogFile) (bool, error) {
		asked = append(asked, f.URI)
		return true, nil
	}}})
	d := next(t, follow)
	if s.aws.Requests(t)["s3:GetObject"] != 0 || !slices.Equal(asked, []string{s.logs.URI(key(1))}) || text(t, d.Items[0]) == "" {
		t.Errorf("%v %v", asked, s.aws.Requests(t))
	}
}

// TestDeadElsewhere: a queue and its dead letters in another account and region, by
// the queue's ARN alone. Both are always in one:
// https://docs.aws.amazon.com/sdk-for-java/v1/developer-guide/examples-sqs-dead-letter-queues.html
func TestDeadElsewhere(t *testing.T) {
	s := newSite(t)
	const other = "222222222222"
	there := s.aws.Account(other).Config()
	there.Region = "eu-west-1"
	far := sqs.NewFromConfig(there)
	arn := func(name string) string { return "arn:aws:sqs:eu-west-1:" + other + ":" + name }
	allow := func(name, action string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":%q,"Resource":%q}]}`, account, action, arn(name))
	}
	made, err := far.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("dead")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("logs"), Attributes: map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":2}`, arn("dead")), "Policy": allow("logs", "sqs:GetQueueAttributes"),
	}}); err != nil {
		t.Fatal(err)
	}
	permitted := map[string][]string{arn("logs"): {"sqs:GetQueueAttributes"}, arn("dead"): {"sqs:SendMessage"}}
	dead := queue.NewDeadLetters(s.owner.User(t, "sender", policyOf(permitted)))
	m := notice.Message{ID: "059f36b4-87a3-44ab-83d2-66197504a3f5", Source: arn("logs"), Received: 1, Body: []byte("no JSON")}
	want := "the caller needs sqs:SendMessage on " + arn("dead") + "; where the queue is another account's its policy has to allow it too"
	if sent, err := dead.Send(t.Context(), m, "why"); sent || err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, %v", sent, err)
	}
	if _, err := far.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: made.QueueUrl, Attributes: map[string]string{
		"Policy": allow("dead", "sqs:SendMessage"),
	}}); err != nil {
		t.Fatal(err)
	}
	if sent, err := dead.Send(t.Context(), m, "why"); !sent || err != nil {
		t.Errorf("%v, %v", sent, err)
	}
	got, err := far.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, MessageAttributeNames: []string{"All"}})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "no JSON" || *got.Messages[0].MessageAttributes["reason"].StringValue != "why" ||
		*got.Messages[0].MessageAttributes["messageId"].StringValue != m.ID {
		t.Errorf("%+v, %v", got, err)
	}
	for received, want := range map[int]bool{0: false, 1: false, 2: true, 3: true} {
		m.Received = received
		if last, err := dead.Last(t.Context(), m); last != want || err != nil {
			t.Errorf("%d: %v, %v", received, last, err)
		}
	}
	if sent, err := dead.Send(t.Context(), notice.Message{Body: []byte("x")}, "why"); sent || err != nil {
		t.Errorf("of no queue: %v, %v", sent, err)
	}
}
