package dynamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestThrottled: DynamoDB that throttles, fails and cuts off makes writing slow, and
// loses nothing.
func TestThrottled(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	faults := c.Faults(t)
	var rules []awstest.Fault
	fail := func(operation, code string, status, times int) {
		rules = append(rules, awstest.Fault{Service: "dynamodb", Operation: operation, Times: times, Error: code, Status: status, Reset: code == ""})
	}
	// So many in a row as one call may meet: each makes it wait twice as long.
	fail("GetItem", "ThrottlingException", 0, 3)
	fail("BatchWriteItem", "ProvisionedThroughputExceededException", 0, 2)
	fail("BatchWriteItem", "", 0, 1)
	fail("BatchWriteItem", "InternalServerError", 500, 1)
	for _, code := range []string{"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", ""} {
		fail("PutItem", code, 0, 1)
	}
	fail("PutItem", "ServiceUnavailable", 503, 1)
	fail("UpdateItem", "RequestLimitExceeded", 0, 2)
	fail("UpdateItem", "InternalServerError", 500, 1)
	var notes atomic.Int64
	s, err := Open(t.Context(), faults.Through(c.writer), "Audit", Options{Write: true, Note: func(n string) {
		if strings.Contains(n, "is slow") {
			notes.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.meta.Load().read = time.Time{} // so that it is looked at anew
	faults.Set(t, rules...)
	files := organisation()
	want, events := wants(t, files, nil)
	counts, err := pump(t.Context(), s, files)
	if err != nil || counts.Kept != events {
		t.Errorf("%+v, %v; want %d kept", counts, err, events)
	}
	c.holds(t, want)
	if n := notes.Load(); n != 1 {
		t.Errorf("told %d times that it is slow, want once a minute", n)
	}
	if n := len(faults.Fired(t)); n < 15 {
		t.Errorf("only %d faults: this proves little", n)
	}

	// Throttled for ever: the end of the context ends it.
	faults.Set(t, awstest.Fault{Service: "dynamodb", Operation: "PutItem", Error: "ProvisionedThroughputExceededException"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	_, _, err = s.Add(ctx, logFile(firstFile, `{"eventID":"late","eventTime":"2026-01-02T10:00:00Z"}`))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// forgetful stands between a caller and DynamoDB. Of every third batch it hands on
// but the first item and gives the others back as unprocessed; every third PutItem it
// hands on, and loses the answer.
type forgetful struct {
	upstream     string
	batches, put atomic.Int64
	given, lost  atomic.Int64
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var left map[string][]json.RawMessage
	if operation == "BatchWriteItem" && f.batches.Add(1)%3 == 0 {
		body, left = f.shorten(body)
	}
	out, err := http.NewRequestWithContext(r.Context(), http.MethodPost, f.upstream+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Content-Length")
	answer, err := http.DefaultClient.Do(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil || operation == "PutItem" && f.put.Add(1)%3 == 0 {
		f.lost.Add(1)
		panic(http.ErrAbortHandler)
	}
	if left != nil {
		f.given.Add(1)
		text, _ = json.Marshal(map[string]any{"UnprocessedItems": left})
		answer.Header.Del("X-Amz-Crc32")
	}
	answer.Header.Del("Content-Length")
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text)
}

func (f *forgetful) shorten(body []byte) (shorter []byte, left map[string][]json.RawMessage) {
	var in struct {
		RequestItems map[string][]json.RawMessage
	}
	if err := json.Unmarshal(body, &in); err != nil {
		panic(err)
	}
	for table, items := range in.RequestItems {
		if len(items) < 2 {
			return body, nil
		}
		left = map[string][]json.RawMessage{table: items[1:]}
		in.RequestItems[table] = items[:1]
	}
	shorter, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return shorter, left
}

// TestLostAnswers: what DynamoDB did not process comes again, and an event is counted
// as kept though the answer that said so was lost.
func TestLostAnswers(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	f := &forgetful{upstream: c.Endpoint}
	server := httptest.NewServer(f)
	defer server.Close()
	root := c.Account(account).Config() // whose signature nobody checks: bodies are changed
	root.BaseEndpoint = aws.String(server.URL)
	files := organisation()
	want, events := wants(t, files, nil)
	counts, err := pump(t.Context(), c.open(t, root), files)
	if err != nil || counts.Kept != events {
		t.Errorf("%+v, %v; want %d kept", counts, err, events)
	}
	c.holds(t, want)
	if f.given.Load() == 0 || f.lost.Load() == 0 {
		t.Errorf("%d batches cut, %d answers lost: this proves nothing", f.given.Load(), f.lost.Load())
	}
}
