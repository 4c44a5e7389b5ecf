package awstest

import (
	"container/heap"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// LoadQueue is an SQS for measuring: a standard queue, or a few, in this process and
// in memory, without policies, redrive or delay. ministack looks through the whole queue
// for every call: with 20,000 messages it gives 150 a second. A test holds its
// answers to the stand-in's.
type LoadQueue struct {
	*Queue     // but for Messages and Policy
	server     *httptest.Server
	beside     []*LoadQueue // of the same endpoint
	visibility time.Duration

	mu     sync.Mutex
	ready  []*lying          // in the order that they came, those too that are gone
	known  map[string]*lying // what was received, by the last receipt handle
	flying int               // how many of known are hidden
	gone   int               // how many of ready were deleted
	ends   ends
	serial int
}

// lying is a message in a LoadQueue.
type lying struct {
	id, body, handle string
	sent, until      time.Time // until: hidden, if it flies
	received         int
	flies, gone      bool
}

// ends are when messages may become visible again, a heap. One that was put off has
// an end for each time.
type ends []end

type end struct {
	at     time.Time
	handle string
}

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(x any)        { *e = append(*e, x.(end)) }

func (e *ends) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// OpenLoadQueue starts one, whose messages are hidden for so long once received. It has
// nothing to install.
func OpenLoadQueue(name string, visibility time.Duration) *LoadQueue {
	l := &LoadQueue{visibility: visibility, known: map[string]*lying{}}
	l.server = httptest.NewServer(http.HandlerFunc(l.serve))
	l.name(name)
	return l
}

// Beside adds a queue at the same endpoint, before anything is asked of it.
func (l *LoadQueue) Beside(name string) *LoadQueue {
	other := &LoadQueue{visibility: l.visibility, known: map[string]*lying{}, server: l.server}
	other.name(name)
	l.beside = append(l.beside, other)
	return other
}

func (l *LoadQueue) name(name string) {
	l.Queue = &Queue{
		Name: name, URL: l.server.URL + "/000000000000/" + name, ARN: "arn:aws:sqs:" + Region + ":000000000000:" + name,
		Owner: sqs.NewFromConfig(l.Config()),
	}
}

// Close ends it.
func (l *LoadQueue) Close() { l.server.Close() }

// Config calls it.
func (l *LoadQueue) Config() aws.Config {
	return (&AWS{Endpoint: l.server.URL, client: newClient()}).config("load", "load", "")
}

// Put puts messages, without a request.
func (l *LoadQueue) Put(bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, body := range bodies {
		l.put(body)
	}
}

func (l *LoadQueue) put(body string) *lying {
	l.serial++
	m := &lying{id: "message-" + strconv.Itoa(l.serial), body: body, sent: time.Now()}
	l.ready = append(l.ready, m)
	return m
}

// queueCall is what the calls of SQS have that are answered here, and an entry of a
// batch: SQS API Reference.
type queueCall struct {
	ID                          string `json:"Id"`
	QueueURL                    string `json:"QueueUrl"`
	MessageBody, ReceiptHandle  string
	MaxNumberOfMessages         int
	WaitTimeSeconds             int
	VisibilityTimeout           *int
	MessageSystemAttributeNames []string
	Entries                     []queueCall
}

func (l *LoadQueue) serve(w http.ResponseWriter, r *http.Request) {
	var c queueCall
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuseCall(w, "InvalidRequest")
		return
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	for _, other := range l.beside {
		if c.QueueURL == other.URL {
			l = other
			break
		}
	}
	if operation != "GetQueueUrl" && c.QueueURL != l.URL {
		refuseCall(w, "QueueDoesNotExist")
		return
	}
	if operation == "ReceiveMessage" {
		for end := time.Now().Add(time.Duration(c.WaitTimeSeconds) * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if got := l.receive(c); len(got) != 0 || time.Now().After(end) || r.Context().Err() != nil {
				answerCall(w, map[string]any{"Messages": got})
				return
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := strings.CutSuffix(operation, "Batch"); ok {
		l.batch(w, one, c.Entries)
		return
	}
	if answer, code := l.do(operation, c); code != "" {
		refuseCall(w, code)
	} else {
		answerCall(w, answer)
	}
}

func (l *LoadQueue) batch(w http.ResponseWriter, operation string, entries []queueCall) {
	if len(entries) > 10 {
		refuseCall(w, "TooManyEntriesInBatchRequest")
		return
	}
	done, failed := []map[string]any{}, []map[string]any{}
	for _, e := range entries {
		if answer, code := l.do(operation, e); code != "" {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": code, "SenderFault": true})
		} else {
			answer["Id"] = e.ID
			done = append(done, answer)
		}
	}
	answerCall(w, map[string]any{"Successful": done, "Failed": failed})
}

// do is one call, or an entry of a batch.
func (l *LoadQueue) do(operation string, c queueCall) (answer map[string]any, code string) {
	answer = map[string]any{}
	switch operation {
	case "GetQueueUrl":
		answer["QueueUrl"] = l.URL
	case "GetQueueAttributes":
		l.land()
		answer["Attributes"] = map[string]string{
			"QueueArn": l.ARN, "VisibilityTimeout": strconv.Itoa(int(l.visibility.Seconds())), "ApproximateNumberOfMessages": strconv.Itoa(len(l.ready) - l.gone),
			"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(l.flying), "ApproximateNumberOfMessagesDelayed": "0",
		}
	case "SendMessage":
		m := l.put(c.MessageBody)
		answer["MessageId"], answer["MD5OfMessageBody"] = m.id, sum(m.body)
	case "DeleteMessage":
		if !strings.HasPrefix(c.ReceiptHandle, "receipt-") {
			return nil, "ReceiptHandleIsInvalid"
		}
		l.remove(c.ReceiptHandle)
	case "ChangeMessageVisibility":
		l.land()
		m := l.known[c.ReceiptHandle]
		if m == nil || !m.flies {
			return nil, "MessageNotInflight"
		}
		l.hide(m, c.ReceiptHandle, time.Duration(*c.VisibilityTimeout)*time.Second)
	default:
		return nil, "UnsupportedOperation"
	}
	return answer, ""
}

// hide keeps a message from others for so long.
func (l *LoadQueue) hide(m *lying, handle string, d time.Duration) {
	delete(l.known, m.handle)
	l.known[handle] = m
	if !m.flies {
		l.flying++
	}
	m.handle, m.until, m.flies = handle, time.Now().Add(d), true
	heap.Push(&l.ends, end{m.until, handle})
}

// land makes visible again what was hidden for long enough.
func (l *LoadQueue) land() {
	for now := time.Now(); len(l.ends) != 0 && !l.ends[0].at.After(now); {
		m := l.known[heap.Pop(&l.ends).(end).handle]
		if m != nil && m.flies && !m.until.After(now) {
			m.flies = false
			l.flying--
			l.ready = append(l.ready, m)
		}
	}
}

// remove takes a message away by its last handle, visible again or not.
func (l *LoadQueue) remove(handle string) {
	m := l.known[handle]
	switch {
	case m == nil:
		return
	case m.flies:
		l.flying--
	default:
		m.gone = true
		l.gone++
	}
	delete(l.known, handle)
}

func (l *LoadQueue) receive(c queueCall) (messages []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hidden := l.visibility
	if c.VisibilityTimeout != nil {
		hidden = time.Duration(*c.VisibilityTimeout) * time.Second
	}
	l.land()
	for len(messages) < min(max(c.MaxNumberOfMessages, 1), 10) && len(l.ready) != 0 {
		m := l.ready[0]
		l.ready = l.ready[1:]
		if m.gone {
			l.gone--
			continue
		}
		l.serial++
		m.received++
		handle := "receipt-" + strconv.Itoa(l.serial)
		l.hide(m, handle, hidden)
		message := map[string]any{"MessageId": m.id, "ReceiptHandle": handle, "Body": m.body, "MD5OfBody": sum(m.body)}
		if len(c.MessageSystemAttributeNames) != 0 {
			message["Attributes"] = map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.received), "SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10),
			}
		}
		messages = append(messages, message)
	}
	return messages
}

func sum(text string) string {
	s := md5.Sum([]byte(text))
	return hex.EncodeToString(s[:])
}

func answerCall(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(answer)
}

// refuseCall names the error as the SDKs take it: by the code of the query protocol,
// which they find in a header.
func refuseCall(w http.ResponseWriter, code string) {
	old := "AWS.SimpleQueueService." + code
	switch code {
	case "QueueDoesNotExist":
		old = "AWS.SimpleQueueService.NonExistentQueue"
	case "ReceiptHandleIsInvalid", "InvalidRequest":
		old = code
	}
	w.Header().Set("x-amzn-query-error", old+";Sender")
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": code})
}
