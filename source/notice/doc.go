// Package notice reads what AWS says when log files or records have come: S3's
// events, EventBridge's, CloudTrail's own, each as it is or in the envelopes of SNS
// and SQS (linkage.md 7.4). Pure: bytes in, names of objects and records out.
//
// Who may send to the queue, publish to the topic or call the function is believed: a
// record that comes bare, as a rule with an InputPath sends it, has no word of AWS's
// with it. An event of EventBridge has, and is held to it. [Notice.OnlyOf] holds what
// came through a topic to what its account may say.
package notice

import (
	"strconv"
	"strings"
	"time"
)

// Message is one notice as it came, and what tells it from others.
type Message struct {
	ID       string // of SQS; else empty
	Source   string // ARN of the queue that it was in, where it was in one
	Via      string // what handed it to a function: sqs, sns, s3, eventbridge; else empty
	Received int    // how often it was handed out, 0 where nothing counts that
	Group    string // message group, in a FIFO queue
	Topic    string // ARN of the topic that called a function with it, where one did
	Sent     time.Time
	Body     []byte
}

// Notice is what a message says.
type Notice struct {
	Objects []Object
	Records [][]byte // CloudTrail records, in EventBridge's envelope or bare, as they came
	// Passed says why there is nothing to read in a message that is good: S3's and
	// CloudTrail's test messages, objects that were deleted.
	Passed string
	// Topic is the ARN of the topic that it came through, by SNS's own word: the outermost
	// envelope, for what lies in that the publisher wrote. "": it came through none.
	Topic string

	subscription bool // it is SNS's own word of one
}

// Object is an object that a notice names. Only Bucket and Key are always there.
type Object struct {
	Bucket, Key string // the key as S3 has it, not encoded
	VersionID   string
	ETag        string // without quotes
	Size        int64  // -1: not told
}

// Error is a message that cannot be read: it will never be.
type Error struct{ Problem string }

func (e *Error) Error() string { return e.Problem }

// problem is an Error in these words, joined.
func problem(words ...string) *Error { return &Error{strings.Join(words, "")} }

// How many bytes of a text that somebody sent an error holds, and of a whole message:
// that may hold secrets.
const (
	mostQuoted = 60
	mostOfBody = 20
)

// quoted is such a text for an error, in quotes, escaped and cut. In ASCII alone:
// what tells of it may be no terminal.
func quoted(text string) string { return quotedTo(text, mostQuoted) }

func quotedTo(text string, most int) string {
	if len(text) > most {
		return strconv.QuoteToASCII(strings.ToValidUTF8(text[:most], "")) + "…"
	}
	return strconv.QuoteToASCII(text)
}

// NotAllowed is the error of a message that names an object below none of the
// addresses that may be read.
func NotAllowed(o *Object, from []string) *Error {
	return problem("the message names s3://", o.Bucket, "/", quoted(o.Key), ", which is not below ", strings.Join(from, " or "))
}
