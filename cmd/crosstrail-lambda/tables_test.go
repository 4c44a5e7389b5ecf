package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// TestTables: a table that is not there or none of ours fails every message and kills
// none, and the log says which command mends it.
func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*hub)
		want string
	}{
		"no table":     {func(*hub) {}, "there is no such table; crosstrail ingest"},
		"AWS's text's": {func(h *hub) { h.Table(h.t, table) }, "crosstrail ingest " + store + " --store " + store},
		"another shape": {func(h *hub) {
			h.Table(h.t, table, func(in *dynamodb.CreateTableInput) {
				in.KeySchema, in.AttributeDefinitions = in.KeySchema[:1], in.AttributeDefinitions[:1]
			})
		}, "has another shape"},
	} {
		t.Run(name, func(t *testing.T) {
			stand := stack.Start(t)
			h := &hub{Account: stand.Account(prod), t: t, aws: stand}
			h.logs = h.Bucket(t, "logs")
			c.make(h)
			dead := h.Queue(t, "dead")
			h.Queue(t, "work", awstest.Redrive(dead, 2))
			e := h.start(h.Config())
			good := h.event("a")
			for _, event := range []string{batch("work", 9, good, "no JSON", good), good} {
				if said, failed := e.invoke(t, event); !failed || !strings.Contains(said, c.want) {
					t.Errorf("%s: %s", event, said)
				}
			}
			if log := e.log(); !strings.Contains(log, `"reason":"dynamodb://`) || !strings.Contains(log, c.want) {
				t.Error("the log does not tell")
			}
			if n := len(dead.Messages(t)); n != 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	}
}

// TestNewTable: a table that was made for the function is made ready by it, with no
// more than it may do; meanwhile what came waits.
func TestNewTable(t *testing.T) {
	stand := stack.Start(t)
	h := &hub{Account: stand.Account(prod), t: t, aws: stand, table: stand.Account(prod).OwnedTable(table), logs: stand.Account(prod).Bucket(t, "logs")}
	e := h.start(h.User(t, "role", policy(mayAll)), envNew+"=true")
	if said, failed := e.invoke(t, h.event("a")); !failed || !strings.Contains(said, "there is no such table") {
		t.Error(said)
	}
	h.Table(t, table)
	if said, failed := e.invoke(t, h.event("a")); failed {
		t.Error(said)
	}
	if got := h.stored(); fmt.Sprint(got) != "[a]" {
		t.Errorf("stored: %q", got)
	}
	if _, err := dynamo.Open(t.Context(), h.Config(), table, dynamo.Options{Write: true}); err != nil {
		t.Error(err)
	}
}

// TestNoDeadLetters: a message that can never be read comes again where it can be
// sent nowhere, and the log says why.
func TestNoDeadLetters(t *testing.T) {
	h := newHub(t, stack.Start(t))
	h.Queue(t, "work")
	dead := h.Queue(t, "dead")
	h.Queue(t, "work-2", awstest.Redrive(dead, 2))
	e := h.start(h.User(t, "role", policy(append(mayWrite, mayReceive...))))
	for queue, want := range map[string]string{"work": "is no JSON object", "work-2": "sqs:SendMessage"} {
		if said, failed := e.invoke(t, batch(queue, 1, "no JSON")); failed || said != `{"batchItemFailures":[{"itemIdentifier":"m0"}]}` {
			t.Errorf("%s: %s", queue, said)
		}
		if !strings.Contains(e.log(), want) {
			t.Errorf("%s: the log does not say %q", queue, want)
		}
	}
}

// TestSummary: one line tells what became of everything.
func TestSummary(t *testing.T) {
	h := newHub(t, stack.Start(t))
	h.Queue(t, "work", awstest.Redrive(h.Queue(t, "dead"), 2))
	e := h.start(h.Config())
	messages, want := h.good()
	messages = slices.Delete(messages, 12, 14) // the repeated ones: each may be met before the first is noted
	messages = append(messages, "no JSON", s3Event("logs", keyOf("gone")), `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"}`)
	if said, failed := e.invoke(t, batch("work", 1, messages...)); failed || said != fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":"m%d"}]}`, len(messages)-2) {
		t.Error(said)
	}
	got := sums(t, e.log())[0]
	got.Timestamp, got.Bytes = "", 0
	type counts = struct{ Read, Kept, Duplicate, PassedOver, Failed int }
	if diff := cmp.Diff(logLine{
		Level: "WARN", Message: "done in part", RequestID: "request-1", Shape: "sqs", ColdStart: true,
		Messages: len(messages), MessagesFailed: 1, MessagesDead: 1, Objects: len(messages) - 1 - (2 + 1),
		Files:   &counts{Read: len(messages) - 1, Kept: 12 + 3, PassedOver: 2 + 1, Failed: 1},
		Records: &counts{Read: len(want) + 1, Kept: len(want), Failed: 1},
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if log := e.log(); strings.Contains(log, secret[:8]) {
		t.Errorf("the log holds what it must not:\n%s", log)
	}
}

// TestDirect: what is not of a queue fails as one, names what is not there and why,
// and what is good of it is stored.
func TestDirect(t *testing.T) {
	h := newHub(t, stack.Start(t))
	e := h.start(h.Config(), envFrom+"=s3://logs/AWSLogs/,s3://other", envMaxFile+"=1MiB")
	large := strings.Replace(record("large"), `"userAgent":"x"`, `"userAgent":"`+strings.Repeat("x", 2<<20)+`"`, 1)
	h.logs.Put(t, awstest.Object{Key: keyOf("large"), Body: logFile(large)}, awstest.Object{Key: keyOf("text"), Body: []byte("text")})
	for _, c := range []struct {
		event string
		want  []string
	}{
		{cloudTrailNotice("logs", h.put("", "a"), keyOf("gone"), keyOf("large"), keyOf("text")), []string{"not kept: 3", "_gone.json.gz: ", "not there any more", "raise " + envMaxFile, "neither gzip"}},
		{s3Event("theirs", keyOf("a")), []string{"not below s3://logs/AWSLogs/ or s3://other"}},
		{s3Event("logs", "AWSLogs2/x.json.gz"), []string{"not below"}},
		{`{"a":1}`, []string{"of no kind"}},
	} {
		said, failed := e.invoke(t, c.event)
		for _, want := range c.want {
			if !failed || !strings.Contains(said, want) {
				t.Errorf("%s: %s does not say %q", c.event, said, want)
			}
		}
	}
	if got := h.stored(); len(got) != 1 {
		t.Errorf("stored: %q", got)
	}
	// The environment of the function is wrong.
	e = h.start(h.Config(), envStore+"=CrossAccountAuditing", envFrom+"=logs", envLevel+"=loud", envMaxFile+"=much", envNew+"=perhaps")
	said, failed := e.invoke(t, `{}`)
	for _, want := range []string{envStore, envFrom, envLevel, envMaxFile, envNew} {
		if !failed || !strings.Contains(said, want) || !strings.Contains(e.log(), want+`=\"`) {
			t.Errorf("%s does not name %s", said, want)
		}
	}
}

// TestWatchWidened: a function that is warm takes the next message by the watch that
// the table has then, for what it leaves out never comes again.
func TestWatchWidened(t *testing.T) {
	h := newHub(t, stack.Start(t))
	s, err := dynamo.Open(t.Context(), h.Config(), table, dynamo.Options{Write: true})
	if err != nil {
		t.Fatal(err)
	}
	e := h.start(h.Config())
	for _, step := range []struct {
		watch *lineage.Watch
		event string
		want  string
	}{
		{&lineage.Watch{Uses: lineage.NoUses}, "narrow", "[]"},
		{nil, "wide", "[wide]"},
		{&lineage.Watch{Uses: lineage.NoUses}, "narrow again", "[wide]"},
	} {
		if err := s.SetWatch(t.Context(), s.Watch(), step.watch); err != nil {
			t.Fatal(err)
		}
		if said, failed := e.invoke(t, fmt.Sprintf(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":%q,"detail":%s}`, prod, record(step.event))); failed {
			t.Error(said)
		}
		if got := h.stored(); fmt.Sprint(got) != step.want {
			t.Errorf("%s: stored %q, want %s", step.event, got, step.want)
		}
	}
}
