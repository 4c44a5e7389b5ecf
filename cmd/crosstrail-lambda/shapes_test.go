package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// ways are those in which an announcement reaches the function.
var ways = []string{"direct", "sns", "sqs", "sns-sqs", "sns-raw-sqs"}

// ways are the targets that lead to the function, and which of them are topics.
func (h *hub) ways(f *awstest.Function, work *awstest.Queue) (targets map[string]string, topics map[string]*awstest.Topic) {
	work.Policy(h.t, open(work.ARN, "sqs:SendMessage"))
	targets, topics = map[string]string{"direct": f.ARN, "sqs": work.ARN}, map[string]*awstest.Topic{}
	for _, way := range ways {
		if strings.HasPrefix(way, "sns") {
			topics[way] = h.Topic(h.t, way)
			topics[way].Policy(h.t, open(topics[way].ARN, "sns:Publish"))
			targets[way] = topics[way].ARN
		}
	}
	f.Permit(h.t, "sns.amazonaws.com", topics["sns"].ARN)
	topics["sns"].Subscribe(h.t, f, false)
	topics["sns-sqs"].Subscribe(h.t, work, false)
	topics["sns-raw-sqs"].Subscribe(h.t, work, true)
	return targets, topics
}

// announce has S3, and EventBridge by rules, tell of objects by all ways.
func (h *hub) announce(f *awstest.Function, work *awstest.Queue, targets map[string]string, topics map[string]*awstest.Topic) {
	f.Permit(h.t, "s3.amazonaws.com", "arn:aws:s3:::logs")
	notices := []awstest.Notice{{EventBridge: true}}
	for _, way := range ways {
		n := awstest.Notice{Prefix: "s3-" + way + "/", Topic: topics[way]}
		switch way {
		case "sqs":
			n.Queue = work
		case "direct":
			n.Function = f
		}
		notices = append(notices, n)
		r := h.Rule(h.t, "created-"+way, `{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"object":{"key":[{"prefix":"eventbridge-`+way+`/"}]}}}`)
		f.Permit(h.t, "events.amazonaws.com", r.ARN)
		r.To(h.t, targets[way])
	}
	h.logs.Notify(h.t, notices...)
}

// TestShapes: every way in which AWS tells of log files, as its services (ministack's)
// send it, and of records, into one function.
func TestShapes(t *testing.T) {
	h := newHub(t, stack.Start(t))
	f := h.function(mayAll, envFrom+"=s3://logs") // without it warns
	work := h.Queue(t, "work")
	f.EventSource(t, work, awstest.PartialFailures)
	targets, topics := h.ways(f, work)
	h.announce(f, work, targets, topics)
	const strange = "a b+c=é%2F/" // S3 encodes it in its own events, and others do not
	var want []string
	for _, way := range ways {
		for _, kind := range []string{"s3-", "eventbridge-"} {
			h.put(kind+way+"/"+strange, kind+way)
			want = append(want, kind+way)
		}
		inBridge := fmt.Sprintf(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":%q,"detail":%s}`, prod, record("record-"+way))
		switch to := topics[way]; {
		case to != nil:
			to.Publish(t, inBridge)
		case way == "sqs":
			work.Send(t, inBridge)
		default:
			if _, err := f.Invoke(t, []byte(inBridge)); err != nil {
				t.Error(err)
			}
		}
		want = append(want, "record-"+way)
		if to := topics[way]; to != nil {
			to.Publish(t, cloudTrailNotice("logs", h.put("", "trail-"+way+"-1"), h.put(strange, "trail-"+way+"-2")))
			to.Publish(t, "CloudTrail validation message.")
			want = append(want, "trail-"+way+"-1", "trail-"+way+"-2")
		}
	}
	slices.Sort(want)
	h.eventually(f, "all is stored and settled", func() bool {
		return len(h.stored()) >= len(want) && work.Count(t) == awstest.Count{}
	})
	log := f.Log(t)
	if diff := cmp.Diff(want, h.stored()); diff != "" {
		t.Errorf("stored (-want +got):\n%s\n%s", diff, log)
	}
	// ministack forgets what a process prints at its first answer, now and then: these
	// are not all lines.
	seen := map[string]bool{}
	for _, l := range logLines(t, log) {
		seen[l.Shape] = true
		if l.MessagesFailed+l.MessagesDead != 0 || l.Level != "INFO" || l.RequestID == "" || l.Timestamp == "" {
			t.Errorf("%+v", l)
		}
	}
	if !seen["sqs"] || len(seen) < 2 {
		t.Errorf("shapes %v in\n%s", seen, log)
	}
}

// open lets AWS's services of the account send to a resource.
func open(resource, action string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["s3.amazonaws.com","sns.amazonaws.com","events.amazonaws.com"]},"Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func cloudTrailNotice(bucket string, keys ...string) string {
	text, err := json.Marshal(map[string]any{"s3Bucket": bucket, "s3ObjectKey": keys})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// s3Event is a notice of S3, as S3 writes it.
func s3Event(bucket, key string, more ...string) string {
	key = strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-03-03T10:05:00.000Z","eventName":"ObjectCreated:Put",`+
		`"s3":{"s3SchemaVersion":"1.0","bucket":{"name":%q,"arn":"arn:aws:s3:::%s"},"object":{"key":%q%s}}}]}`, bucket, bucket, key, strings.Join(more, ""))
}
