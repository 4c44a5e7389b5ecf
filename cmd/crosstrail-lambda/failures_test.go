package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const secret = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"

// TestBatch: good and bad messages in one queue, read by Lambda's event source. What
// is good is stored once, what is bad ends with the dead letters with its reason,
// nothing is left and no secret is told.
func TestBatch(t *testing.T) {
	h := newHub(t, stack.Start(t))
	f := h.function(mayAll)
	dead := h.Queue(t, "dead")
	work := h.Queue(t, "work", awstest.Visibility(time.Second), awstest.Redrive(dead, 2))
	good, want := h.good()
	bad := h.bad()
	work.Send(t, good[:8]...)
	for _, body := range bad {
		work.Send(t, body)
	}
	work.Send(t, good[8:]...)
	f.EventSource(t, work, awstest.PartialFailures)
	h.eventually(f, "all is settled", func() bool {
		return work.Count(t) == awstest.Count{} && len(dead.Messages(t)) >= len(bad)
	})
	if diff := cmp.Diff(want, h.stored()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	letters := dead.Messages(t)
	for reason, body := range bad {
		n := slices.IndexFunc(letters, func(m awstest.Message) bool { return m.Body == body })
		if n < 0 || !strings.Contains(letters[n].Text["reason"].StringValue, reason) || strings.Contains(letters[n].Text["reason"].StringValue, secret[:8]) {
			t.Errorf("%s: %+v", reason, letters)
			continue
		}
		letters = slices.Delete(letters, n, n+1)
	}
	if len(letters) != 0 {
		t.Errorf("more dead letters: %+v", letters)
	}
	log := f.Log(t)
	if strings.Contains(log, secret[:8]) || strings.ContainsAny(log, "\x1b") {
		t.Errorf("the log holds what it must not:\n%s", log)
	}
	for _, l := range sums(t, log) {
		if c := l.Files; c.Read != c.Kept+c.Duplicate+c.PassedOver+c.Failed {
			t.Errorf("%+v", c)
		}
	}
	for _, item := range h.table.Items(t) {
		for _, value := range item {
			if s, ok := value.(*types.AttributeValueMemberS); ok && strings.Contains(s.Value, secret[:8]) {
				t.Errorf("an item holds a token: %s", s.Value)
			}
		}
	}
}

// good are messages whose events are stored, and the ids of those.
func (h *hub) good() (messages, want []string) {
	for i := range 12 {
		id := fmt.Sprintf("good-%02d", i)
		messages, want = append(messages, h.event(id)), append(want, id)
	}
	// The same once more, as it is redelivered, and beside another.
	messages = append(messages, messages[0], messages[1])
	// An object that was written twice: of the first bytes there is nothing left.
	key := h.put("", "twice")
	h.logs.Put(h.t, awstest.Object{Key: key, Body: logFile(record("twice"), record("twice-2"))})
	messages, want = append(messages, s3Event("logs", key, `,"eTag":"d41d8cd98f00b204e9800998ecf8427e","size":17`)), append(want, "twice", "twice-2")
	// A version that was replaced since.
	h.logs.Versioned(h.t)
	key = h.put("", "old")
	old, err := h.logs.Owner.HeadObject(h.t.Context(), &s3.HeadObjectInput{Bucket: &h.logs.Name, Key: &key})
	if err != nil {
		h.t.Fatal(err)
	}
	h.logs.Put(h.t, awstest.Object{Key: key, Body: logFile(record("new"))})
	messages, want = append(messages, s3Event("logs", key, `,"versionId":"`+*old.VersionId+`"`)), append(want, "old")
	// A record that holds a token, and one that is none.
	token := strings.Replace(record("token"), `"responseElements":null`, `"responseElements":{"credentials":{"sessionToken":"`+secret+`"}}`, 1)
	h.logs.Put(h.t, awstest.Object{Key: keyOf("token"), Body: logFile(token, `"sessionToken=`+secret+`"`)})
	messages, want = append(messages, s3Event("logs", keyOf("token"))), append(want, "token")
	// What is no log file.
	messages = append(messages,
		s3Event("logs", "AWSLogs/"+prod+"/CloudTrail-Digest/us-east-1/2026/03/03/"+prod+"_CloudTrail-Digest_us-east-1_trail_us-east-1_20260303T100000Z.json.gz"),
		s3Event("logs", "holiday.jpg"))
	slices.Sort(want)
	return messages, want
}

// bad are messages that end with the dead letters, by a part of the reason.
func (h *hub) bad() map[string]string {
	theirs := h.aws.Account(dev).Bucket(h.t, "theirs")
	theirs.Put(h.t, awstest.Object{Key: keyOf("theirs"), Body: logFile(record("theirs"))})
	const tricky = "\x1b[31m\u202e.json.gz"
	h.logs.Put(h.t, awstest.Object{Key: tricky, Body: []byte("text")})
	return map[string]string{
		"is not JSON: it is cut":                         `{"sessionToken":"` + secret + `"`,
		"in a message of SNS: the message is of no kind": `{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:` + prod + `:t","Message":"{\"a\":1}"}`,
		"s3:GetObject":                                   s3Event("theirs", keyOf("theirs")),
		"not there any more":                             s3Event("logs", keyOf("gone")),
		"400 KB":                                         strings.Replace(record("huge"), `"userAgent":"x"`, `"userAgent":"`+noise(900_000)+`"`, 1),
		"neither gzip":                                   s3Event("logs", tricky),
		"is no JSON object":                              `["` + "\u202e" + `"]`,
	}
}

// noise is text that does not compress to less than half.
func noise(n int) string {
	var b strings.Builder
	for x := uint64(88172645463325252); b.Len() < n; {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		fmt.Fprintf(&b, "%016x", x)
	}
	return b.String()[:n]
}

// TestPermissions: each permission that the execution role lacks is named in the log.
// What came meanwhile comes again, and is stored once the role has it.
func TestPermissions(t *testing.T) {
	h := newHub(t, stack.Start(t))
	f := h.function(mayReceive)
	work := h.Queue(t, "work", awstest.Visibility(time.Second))
	work.Send(t, h.event("a"), h.event("b"))
	f.EventSource(t, work, awstest.PartialFailures)
	noPut := statements(awstest.Allow("arn:aws:dynamodb:*:*:table/"+table, "dynamodb:GetItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"))
	for _, c := range []struct {
		lacks string
		may   []json.RawMessage
	}{
		{"dynamodb:GetItem", slices.Concat(mayRead, mayReceive)},
		{"dynamodb:PutItem", slices.Concat(noPut, mayRead, mayReceive)},
		{"s3:GetObject", slices.Concat(mayWrite, mayReceive)},
	} {
		h.Grant(t, f.Name, policy(c.may))
		h.eventually(f, "the log names "+c.lacks, func() bool {
			return slices.ContainsFunc(logLines(t, f.Log(t)), func(l logLine) bool { return l.Permission == c.lacks || strings.Contains(l.Reason, c.lacks) })
		})
		if got := h.stored(); len(got) != 0 {
			t.Errorf("stored: %q", got)
		}
	}
	h.Grant(t, f.Name, policy(mayAll))
	h.eventually(f, "all is stored", func() bool { return fmt.Sprint(h.stored()) == "[a b]" && work.Count(t) == awstest.Count{} })
}
