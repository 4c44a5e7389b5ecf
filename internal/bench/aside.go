package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// aside is a DynamoDB and an SQS that answer at once: what is left is our own work.
// Of the table it knows the keys alone, so that what comes twice is refused.
type aside struct {
	*httptest.Server
	watch string        // of the table, as JSON; "": none
	takes time.Duration // that a call of DynamoDB takes beside

	mu       sync.Mutex
	keys     map[string]bool
	calls    map[string]int    // by operation; of BatchWriteItem its items, as "items"
	messages [][2]string       // that were not received, with their handles
	left     map[string]string // those that were not deleted, by receipt handle
	received time.Time
	done     func() // is called when none is left
}

func newAside() *aside {
	a := &aside{keys: map[string]bool{}, calls: map[string]int{}}
	a.Server = httptest.NewServer(a)
	return a
}

// queue has these messages from now on.
func (a *aside) queue(messages []string) (url string, empty <-chan struct{}) {
	none := make(chan struct{})
	a.messages, a.left, a.done = nil, map[string]string{}, sync.OnceFunc(func() { close(none) })
	for n, body := range messages {
		a.messages = append(a.messages, [2]string{fmt.Sprint(n), body})
		a.left[fmt.Sprint(n)] = body
	}
	return a.URL + "/000000000000/trail", none
}

// asked is what is looked at of any call.
type asked struct {
	Item, Key           json.RawMessage
	ConditionExpression string
	RequestItems        map[string][]struct {
		PutRequest struct{ Item json.RawMessage }
	}
	MaxNumberOfMessages int
	Entries             []struct{ ID, ReceiptHandle string }
}

// keyOf is the key of an item, whatever else it has.
func keyOf(item json.RawMessage) string {
	var k struct{ EventID, EventTime struct{ S string } }
	_ = json.Unmarshal(item, &k) // an item of ours can be read
	return k.EventID.S + "\x00" + k.EventTime.S
}

func (a *aside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var q asked
	if err := json.Unmarshal(body, &q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if service == "AmazonSQS" {
		a.serveQueue(w, operation, &q)
		return
	}
	time.Sleep(a.takes)
	status, answer := a.serveTable(operation, &q)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (a *aside) serveTable(operation string, q *asked) (status int, answer string) {
	var keys []string
	for _, some := range q.RequestItems {
		for _, one := range some {
			keys = append(keys, keyOf(one.PutRequest.Item))
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[operation]++
	a.calls["items"] += len(keys)
	for _, k := range keys {
		a.keys[k] = true
	}
	switch operation {
	case "PutItem":
		k := keyOf(q.Item)
		if q.ConditionExpression != "" && a.keys[k] {
			return http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`
		}
		a.keys[k] = true
	case "BatchWriteItem":
		return http.StatusOK, `{"UnprocessedItems":{}}`
	case "GetItem":
		switch k := keyOf(q.Key); {
		case k == "crosstrail#\x00table" && a.watch == "":
			return http.StatusOK, `{"Item":{"format":{"N":"1"}}}`
		case k == "crosstrail#\x00table":
			text, _ := json.Marshal(a.watch) // a text
			return http.StatusOK, fmt.Sprintf(`{"Item":{"format":{"N":"1"},"watch":{"S":%s}}}`, text)
		case a.keys[k]:
			return http.StatusOK, `{"Item":{"eventID":{"S":"x"}}}`
		}
	}
	return http.StatusOK, `{}`
}

func (a *aside) serveQueue(w io.Writer, operation string, q *asked) {
	type done struct {
		ID string `json:"Id"`
	}
	var answer struct {
		Messages   []map[string]any  `json:",omitempty"`
		Successful []done            `json:",omitempty"`
		Attributes map[string]string `json:",omitempty"`
	}
	a.mu.Lock()
	switch operation {
	case "ReceiveMessage":
		// An answer may have been lost on its way: what was in it comes again.
		if len(a.messages) == 0 && time.Since(a.received) > 15*time.Second {
			for id, body := range a.left {
				a.messages = append(a.messages, [2]string{id, body})
			}
		}
		if len(a.messages) > 0 {
			a.received = time.Now()
		}
		for range min(len(a.messages), max(q.MaxNumberOfMessages, 1)) {
			id, body := a.messages[0][0], a.messages[0][1]
			answer.Messages = append(answer.Messages, map[string]any{
				"MessageId": id, "ReceiptHandle": id, "Body": body,
				"Attributes": map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1772532300000"},
			})
			a.messages = a.messages[1:]
		}
	case "DeleteMessageBatch":
		for _, e := range q.Entries {
			delete(a.left, e.ReceiptHandle)
		}
		if len(a.left) == 0 {
			a.done()
		}
		fallthrough
	case "ChangeMessageVisibilityBatch":
		for _, e := range q.Entries {
			answer.Successful = append(answer.Successful, done{e.ID})
		}
	}
	wait := operation == "ReceiveMessage" && len(answer.Messages) == 0
	a.mu.Unlock()
	if wait {
		time.Sleep(100 * time.Millisecond)
	}
	_ = json.NewEncoder(w).Encode(answer)
}
