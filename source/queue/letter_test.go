package queue

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/source/notice"
)

// TestAddresses: queues by URL, of every partition, and with an endpoint of one's own.
func TestAddresses(t *testing.T) {
	endpoint := "http://localhost:4566"
	own := aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint}
	for text, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111111111111/logs":                       "arn:aws:sqs:eu-west-1:111111111111:logs",
		"https://sqs.cn-north-1.amazonaws.com.cn/111111111111/logs.fifo":              "arn:aws-cn:sqs:cn-north-1:111111111111:logs.fifo",
		"https://sqs.us-gov-west-1.amazonaws.com/111111111111/logs":                   "arn:aws-us-gov:sqs:us-gov-west-1:111111111111:logs",
		"https://sqs-fips.us-east-2.amazonaws.com/111111111111/logs":                  "arn:aws:sqs:us-east-2:111111111111:logs",
		"https://sqs.us-east-2.api.aws/111111111111/logs":                             "arn:aws:sqs:us-east-2:111111111111:logs",
		"https://us-west-2.queue.amazonaws.com/111111111111/logs":                     "arn:aws:sqs:us-west-2:111111111111:logs",
		"https://queue.amazonaws.com/111111111111/logs":                               "arn:aws:sqs:us-east-1:111111111111:logs",
		"https://vpce-0a1b-2c3d.sqs.us-east-1.vpce.amazonaws.com/111111111111/logs":   "arn:aws:sqs:us-east-1:111111111111:logs",
		"http://sqs.eu-west-1.amazonaws.com/111111111111/logs":                        "",
		"https://sqs.eu-west-1.amazonaws.com.evil.example/111111111111/logs":          "",
		"https://sqs.eu-west-1.amazonaws.com/11111111111/logs":                        "",
		"https://sqs.eu-west-1.amazonaws.com/111111111111/logs?Action=SendMessage":    "",
		"https://sqs.eu-west-1.amazonaws.com/111111111111/logs/":                      "",
		"https://me:secret@sqs.eu-west-1.amazonaws.com/111111111111/logs":             "",
		"https://sqs.eu-west-1.amazonaws.com/111111111111/" + strings.Repeat("x", 81): "",
		"http://localhost:4566/111111111111/logs":                                     "",
		"arn:aws:sqs:eu-west-1:111111111111:logs":                                     "",
		"logs": "",
		"":     "",
	} {
		a, err := readURL(aws.Config{Region: "us-east-1"}, text)
		if (err == nil) != (want != "") || want != "" && a.arn() != want || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %s, %v", text, a.arn(), err)
		}
		if with, err := readURL(own, text); want != "" && (err != nil || with.arn() != want) {
			t.Errorf("%s, with an endpoint: %+v, %v", text, with, err)
		}
	}
	a, err := readURL(own, "http://localhost:4566/111111111111/logs")
	if err != nil || a.arn() != "arn:aws:sqs:us-east-1:111111111111:logs" {
		t.Errorf("%+v, %v", a, err)
	}
	for arn, want := range map[string][2]string{
		"arn:aws:sqs:eu-west-1:111111111111:dead":     {"https://sqs.eu-west-1.amazonaws.com/111111111111/dead", "http://localhost:4566/111111111111/dead"},
		"arn:aws-cn:sqs:cn-north-1:111111111111:dead": {"https://sqs.cn-north-1.amazonaws.com.cn/111111111111/dead", "http://localhost:4566/111111111111/dead"},
	} {
		for i, cfg := range []aws.Config{{}, own} {
			a, ok := readARN(arn)
			if c := clientFor(cfg, &a); !ok || a.url != want[i] || c.Options().Region != a.region {
				t.Errorf("%s: %s, %s", arn, a.url, c.Options().Region)
			}
		}
	}
}

// TestLetter: what goes to the dead letters is within SQS's limits, whatever came.
func TestLetter(t *testing.T) {
	to := &address{url: "u", name: "dead"}
	for _, body := range []int{10, mostMessage - 2000, mostMessage - 60, mostMessage - 20, mostMessage} {
		in := letter(to, &notice.Message{ID: "059f36b4-87a3-44ab-83d2-66197504a3f5", Body: []byte(strings.Repeat("x", body))}, "é\xff\x00\u202e\ufffe\n"+strings.Repeat("ü", 3000))
		size := len(*in.MessageBody)
		for name, a := range in.MessageAttributes {
			size += len(name) + len(*a.DataType) + len(*a.StringValue)
			if *a.StringValue == "" || !utf8.ValidString(*a.StringValue) || strings.ContainsAny(*a.StringValue, "\x00\u202e\ufffe\n") || len(*a.StringValue) > mostReason {
				t.Errorf("%s: %q", name, *a.StringValue)
			}
		}
		if size > mostMessage || len(*in.MessageBody) != body {
			t.Errorf("%d bytes of %d", size, body)
		}
		if body == 10 && (len(in.MessageAttributes) != 2 || !strings.HasPrefix(*in.MessageAttributes["reason"].StringValue, "é?   ")) {
			t.Errorf("%q", *in.MessageAttributes["reason"].StringValue)
		}
	}
	in := letter(&address{url: "u", name: "dead.fifo"}, &notice.Message{ID: "id", Body: []byte("x")}, "why")
	if *in.MessageGroupId != "crosstrail" || *in.MessageDeduplicationId != "id" {
		t.Errorf("%+v", in)
	}
	for policy, most := range map[string]int{
		``: 0,
		`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111111111111:dead","maxReceiveCount":5}`:   5,
		`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111111111111:dead","maxReceiveCount":"5"}`: 5,
		`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111111111111:dead","maxReceiveCount":0}`:   -1,
		`{"deadLetterTargetArn":"dead","maxReceiveCount":5}`:                                      -1,
		`{`: -1,
	} {
		if r, err := readRedrive(aws.Config{}, policy); (err != nil) != (most < 0) || err == nil && r.most != most {
			t.Errorf("%s: %+v, %v", policy, r, err)
		}
	}
}

// TestOneOfABatch: each entry of a request has its own end.
func TestOneOfABatch(t *testing.T) {
	b := batch{linger: time.Hour, calls: t.Context(), send: func(_ context.Context, all []*entry) (map[int]error, error) {
		return failures([]types.BatchResultErrorEntry{{Id: aws.String("3"), Code: aws.String("InternalError"), Message: aws.String("again")}}, len(all)-1, len(all))
	}}
	ended := make(chan error, mostBatch)
	for range mostBatch {
		go func() { ended <- b.do(t.Context(), &entry{}) }()
	}
	var failed []string
	for range mostBatch {
		if err := <-ended; err != nil {
			failed = append(failed, err.Error())
		}
	}
	if len(failed) != 1 || failed[0] != "SQS says InternalError: again" {
		t.Errorf("%q", failed)
	}
	for id, all := range map[string]int{"x": 1, "1": 1, "-1": 1, "0": 2} {
		if _, err := failures([]types.BatchResultErrorEntry{{Id: &id}}, 0, all); err == nil {
			t.Errorf("%s of %d is believed", id, all)
		}
	}
}

// TestTwelveHours: SQS lets nobody keep a message for longer.
func TestTwelveHours(t *testing.T) {
	var said []string
	s := &Source{options: Options{OnNote: func(text string) { said = append(said, text) }}.filled(), queue: &queue{}, hands: newHands(1, 1)}
	m := &message{came: time.Now()}
	m.until = m.came.Add(time.Minute)
	s.hands.came(0, []*message{m})
	s.renew(m.came.Add(longestHeld))
	s.renew(m.came.Add(longestHeld))
	if got := s.Counts(); got.Lost != 1 || got.InHand != 1 || len(said) != 1 {
		t.Errorf("%+v, %q", got, said)
	}
	s.hands.drop(m, func(*Counts) {})
	if s.hands.drop(m, func(*Counts) {}) {
		t.Error("a message is let go twice")
	}
}
