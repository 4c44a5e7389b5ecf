//go:build unix

package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// loadVariable is how many log files TestFollowLoad has, in place of 10,000 small
// ones (fewer under the race detector): make load.
const loadVariable = "CROSSTRAIL_LOAD"

func fleetSize(t *testing.T) (files, most int) {
	t.Helper()
	text := os.Getenv(loadVariable)
	if text == "" {
		files = 10_000
		if race.Detector {
			files = 4_000
		}
		t.Logf("THE LARGE LOAD IS NOT RUN: %d files of 12 records at most; all sizes of 100,000: make load", files)
		return files, 12
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%s: %v", loadVariable, text, err)
	}
	return n, 1 << 20
}

// TestFollowLoad: thousands of live-sized files are announced on two queues, out of
// order, some twice, several in a message. The program is killed, stopped, and begun
// again: the store holds every event once, and the queues are empty.
func TestFollowLoad(t *testing.T) {
	files, most := fleetSize(t)
	r := rand.New(rand.NewPCG(storetest.Seed(t), 0))
	program := built(t, "crosstrail")
	t.Chdir(t.TempDir())
	begun := time.Now()
	all := liveFleet(t, files, most)
	one := awstest.OpenLoadQueue("one", 30*time.Second)
	t.Cleanup(one.Close)
	two := one.Beside("two")
	messages := all.messages(r)
	one.Put(messages[:len(messages)*3/4]...)
	two.Put(messages[len(messages)*3/4:]...)
	left := func() (visible, inFlight int) {
		for _, q := range []*awstest.LoadQueue{one, two} {
			c := q.Count(t)
			visible, inFlight = visible+c.Visible, inFlight+c.InFlight
		}
		return visible, inFlight
	}
	t.Logf("%d files, %d events, %d messages, made in %s", files, len(all.events), len(messages), time.Since(begun).Round(time.Millisecond))

	environment := loads(one, all.bucket)
	args := []string{"--queue", one.URL, "--queue", two.URL, "--from", "s3://trail/AWSLogs", "--store", "s", "--visible", "3s", "-o", "json", "--listen", "127.0.0.1:0"}
	first := startFollowOf(t, program, environment, args...)
	await(t, "a quarter", func() bool { v, f := left(); return v+f < len(messages)*3/4 })
	first.stop(t, syscall.SIGKILL)
	await(t, "what it had in hand", func() bool { _, f := left(); return f == 0 })

	second := startFollowOf(t, program, environment, args...)
	await(t, "a half", func() bool { v, f := left(); return v+f < len(messages)/2 })
	took := second.stop(t, syscall.SIGTERM)
	if second.status != exitDone || took > 15*time.Second {
		t.Errorf("SIGTERM: exit status %d after %s: %s", second.status, took, second.err.String())
	}
	if v, f := left(); f != 0 || v == 0 {
		t.Errorf("once it has stopped %d messages are visible, %d in flight", v, f)
	}
	var counts struct {
		Files, Records struct{ Read, Kept, Duplicate, PassedOver, Failed int }
	}
	if err := json.Unmarshal(second.out.Bytes(), &counts); err != nil || counts.Files.Kept == 0 || counts.Records.Failed+counts.Files.Failed > 0 {
		t.Errorf("it counts %s, %v", second.out.String(), err)
	}

	begun = time.Now()
	third := startFollowOf(t, program, environment, args...)
	await(t, "all", func() bool { v, f := left(); return v+f == 0 })
	t.Logf("the last half took %s", time.Since(begun).Round(time.Millisecond))
	third.holdsUp(t)
	begun = time.Now()
	all.isIn(t, "s")
	t.Logf("to look took %s", time.Since(begun).Round(time.Millisecond))
}

// holdsUp has it tell how it is, ends it, and holds the one to the other.
func (f *follower) holdsUp(t *testing.T) {
	t.Helper()
	if status, body := f.get(t, "/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	_, metrics := f.get(t, "/metrics")
	f.stop(t, syscall.SIGINT)
	var counts struct {
		Files, Records struct{ Read, Kept, Duplicate, PassedOver, Failed int }
	}
	if err := json.Unmarshal(f.out.Bytes(), &counts); err != nil || f.status != exitDone {
		t.Errorf("exit status %d, %s, %v", f.status, f.out.String(), err)
	}
	for name, want := range map[string]int{
		`crosstrail_follow_events_total{outcome="kept"}`:      counts.Records.Kept,
		`crosstrail_follow_events_total{outcome="duplicate"}`: counts.Records.Duplicate,
		`crosstrail_follow_files_total{outcome="kept"}`:       counts.Files.Kept,
		`crosstrail_follow_files_total{outcome="duplicate"}`:  counts.Files.Duplicate,
		`crosstrail_follow_files_total{outcome="failed"}`:     0,
		`crosstrail_follow_failures_total{what="store"}`:      0,
	} {
		if got := metric(metrics, name); got != float64(want) {
			t.Errorf("%s is %v, want %d", name, got, want)
		}
	}
}

// isIn holds a store to what is in the bucket.
func (f *fleet) isIn(t *testing.T, dir string) {
	t.Helper()
	got := eventsIn(t, dir)
	missing := 0
	for id := range f.events {
		if got[id] != 1 {
			missing++
		}
	}
	if missing > 0 || len(got) != len(f.events) {
		t.Errorf("%d events are there, of %d; %d are missing or there twice", len(got), len(f.events), missing)
	}
}

// TestFollowMetrics holds names and kinds of all metrics to a list: dashboards and
// alarms rest on them.
func TestFollowMetrics(t *testing.T) {
	stand := stack.Start(t)
	t.Chdir(t.TempDir())
	owner := stand.Account(hubAccount)
	dead := owner.Queue(t, "dead")
	q := owner.Queue(t, "announced", awstest.Redrive(dead, 2))
	b := owner.Bucket(t, "acme-trail")
	ask(t, exitDone, "demo")
	for o := range demoObjects(t) {
		b.Put(t, o)
		q.Send(t, created("acme-trail", o.Key))
		break
	}
	q.Send(t, "{", created("somebody-elses", "AWSLogs/x.json.gz"), created("acme-trail", "AWSLogs/gone.json.gz"), "CloudTrail validation message.")
	environment := sqsAndLoad(t, stand, owner, nil)
	f := startFollow(t, environment, "--queue", q.URL, "--from", b.URI(""), "--store", "s", "--listen", "0")
	await(t, "an empty queue", func() bool { c := q.Count(t); return c.Visible+c.InFlight+c.Delayed == 0 })
	var metrics string
	await(t, "what is settled", func() bool {
		_, metrics = f.get(t, "/metrics")
		return metric(metrics, `crosstrail_follow_messages_in_hand{queue="`+q.URL+`"}`) == 0
	})
	var kinds []string
	for line := range strings.Lines(metrics) {
		if rest, ok := strings.CutPrefix(line, "# TYPE crosstrail_"); ok {
			kinds = append(kinds, strings.TrimSpace(rest))
		}
	}
	const want = `build_info gauge
follow_bytes_total counter
follow_commit_seconds histogram
follow_delivery_to_commit_seconds histogram
follow_events_total counter
follow_failures_total counter
follow_files_total counter
follow_lag_seconds gauge
follow_last_receive_timestamp_seconds gauge
follow_messages_in_hand gauge
follow_messages_total counter
follow_messages_waiting gauge`
	if got := strings.Join(kinds, "\n"); got != want {
		t.Errorf("the metrics are\n%s", got)
	}
	for _, of := range []string{"go_goroutines", "process_open_fds"} {
		if metric(metrics, of) <= 0 {
			t.Errorf("there is no %s", of)
		}
	}
	outcome := func(of string) float64 {
		return metric(metrics, `crosstrail_follow_messages_total{outcome="`+of+`",queue="`+q.URL+`"}`)
	}
	if outcome("stored") != 2 || outcome("deadLetters") != 3 {
		t.Errorf("%v messages stored, %v dead letters:\n%s", outcome("stored"), outcome("deadLetters"), metrics)
	}
	var reasons []string
	for _, m := range dead.Messages(t) {
		reasons = append(reasons, m.Text["reason"].StringValue)
	}
	for _, want := range []string{"JSON", "somebody-elses", "gone.json.gz"} {
		if !strings.Contains(strings.Join(reasons, "\n"), want) {
			t.Errorf("no reason names %s: %q", want, reasons)
		}
	}
	other := startFollow(t, environment, "--queue", q.URL, "--store", "s")
	<-other.ended // a folder is filled by one: who comes second is told by whom
	if said := other.err.String(); other.status != exitFailed || !strings.Contains(said, "process "+strconv.Itoa(f.Process.Pid)) || !strings.Contains(said, "--wait") {
		t.Errorf("a second one: exit status %d, %s", other.status, said)
	}
	if f.stop(t, syscall.SIGTERM); f.status != exitDone {
		t.Errorf("exit status %d: %s", f.status, f.err.String())
	}
}
