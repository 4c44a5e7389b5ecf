package queue_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/queue"
)

var stack awstest.Stack

const account = "111111111111"

// site is a bucket of logs, a queue and its dead letters.
type site struct {
	aws    *awstest.AWS
	owner  awstest.Account
	logs   *awstest.Bucket
	queue  *awstest.Queue
	dead   *awstest.Queue
	caller aws.Config // a user who may no more than has to be
	told   *told
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{aws: stack.Start(t), told: new(told)}
	s.owner = s.aws.Account(account)
	s.logs = s.owner.Bucket(t, "acme-logs")
	s.dead = s.owner.Queue(t, "dead")
	s.queue = s.owner.Queue(t, "logs", awstest.Redrive(s.dead, 3))
	s.caller = s.owner.User(t, "follower", policyOf(permissions(s)))
	return s
}

// permissions are those that the package comment names, by the resource.
func permissions(s *site) map[string][]string {
	return map[string][]string{
		s.queue.ARN:                {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"},
		s.dead.ARN:                 {"sqs:SendMessage"},
		"arn:aws:s3:::acme-logs/*": {"s3:GetObject", "s3:GetObjectVersion"},
		"arn:aws:s3:::acme-logs":   {"s3:ListBucket", "s3:ListBucketVersions"},
	}
}

func policyOf(all map[string][]string) string {
	var statements []string
	for resource, actions := range all {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["%s"],"Resource":%q}`, strings.Join(actions, `","`), resource))
	}
	slices.Sort(statements)
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// told is what a source has said.
type told struct {
	mu            sync.Mutex
	errors, notes []string
}

func (t *told) options(o queue.Options) queue.Options {
	o.OnError = func(err error) { t.mu.Lock(); defer t.mu.Unlock(); t.errors = append(t.errors, err.Error()) }
	o.OnNote = func(text string) { t.mu.Lock(); defer t.mu.Unlock(); t.notes = append(t.notes, text) }
	return o
}

func (t *told) has(part string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(slices.Concat(t.errors, t.notes), func(s string) bool { return strings.Contains(s, part) })
}

func (t *told) failed() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.errors)
}

// open opens the site's queue as the caller; stop has Next end.
func (s *site) open(t *testing.T, o queue.Options) (opened *queue.Source, stop context.CancelFunc) {
	t.Helper()
	return s.openAs(t, s.caller, s.queue, o)
}

func (s *site) openAs(t *testing.T, cfg aws.Config, q *awstest.Queue, o queue.Options) (opened *queue.Source, stop context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	o.Wait = time.Second
	opened, err := queue.Open(ctx, cfg, q.URL, s.told.options(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); opened.Close() })
	return opened, stop
}

// next is the next delivery, which has to come soon.
func next(t *testing.T, s *queue.Source) source.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// text is what an item holds.
func text(t *testing.T, item source.Item) string {
	t.Helper()
	r, err := item.Open(t.Context())
	if err != nil {
		return "failed: " + err.Error()
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		return "cut: " + err.Error()
	}
	if z, err := gzip.NewReader(bytes.NewReader(all)); err == nil {
		all, err = io.ReadAll(z)
		if err != nil {
			return "damaged: " + err.Error()
		}
	}
	return string(all)
}

func settle(t *testing.T, d source.Delivery, failed error) {
	t.Helper()
	if err := d.Settle(t.Context(), failed); err != nil {
		t.Fatal(err)
	}
}

// until waits for something that happens by itself.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never comes that %s", what)
		}
	}
}

// key is the key of a log file, n the minute when it was delivered.
func key(n int) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/03/05/%s_CloudTrail_us-east-1_20260305T%02d%02dZ_%016x.json.gz", account, account, n/60, n%60, n)
}

// record is a record; the tests go by its id.
func record(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"Root","principalId":%q,"accountId":%q},"eventTime":"2026-03-05T00:00:00Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","awsRegion":"us-east-1","eventID":%q}`, account, account, id)
}

func logFile(ids ...string) []byte {
	var records []string
	for _, id := range ids {
		records = append(records, record(id))
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, `{"Records":[%s]}`, strings.Join(records, ","))
	z.Close()
	return b.Bytes()
}

// put is S3's event of an object.
func put(bucket, key, etag, version string, size int) string {
	more := ""
	if version != "" {
		more = fmt.Sprintf(`,"versionId":%q`, version)
	}
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q,"eTag":%q,"size":%d%s}}}]}`, bucket, key, etag, size, more)
}

// reasons are why messages are among the dead letters, sorted.
func (s *site) reasons(t *testing.T) (all []string) {
	for _, m := range s.dead.Messages(t) {
		all = append(all, m.Text["reason"].StringValue)
	}
	slices.Sort(all)
	return all
}
