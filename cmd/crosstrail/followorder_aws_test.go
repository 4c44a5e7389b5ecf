//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// TestFollowOrders: log files come in another order, twice, in two halves, a day after
// the same records came by EventBridge, or by that alone, so that the two ends of a
// link come by different ways. The answers are those of a folder with all of it.
func TestFollowOrders(t *testing.T) {
	r := rand.New(rand.NewPCG(storetest.Seed(t), 0))
	program := built(t, "crosstrail")
	t.Chdir(t.TempDir())
	load := awstest.OpenLoad("trail")
	t.Cleanup(load.Close)
	var soon, late []string // messages
	n := 0
	for f := range synth.New(r.Uint64(), synth.Options{Stories: 30}).Files() {
		n++
		put := func(name string, body []byte) {
			load.Put(awstest.Object{Key: name, Body: body})
			soon = append(soon, created("trail", name))
		}
		way := r.IntN(5)
		if f.Lines {
			way = 0 // envelopes already
		}
		keep := func(name string, body []byte) {
			t.Helper()
			path := filepath.Join("plain", filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if way != 1 {
			keep(f.Name, f.Gzip())
		}
		switch envelopes := enveloped(t, f); way {
		case 1: // by EventBridge alone
			soon = append(soon, envelopes...)
			keep(fmt.Sprintf("bridge/%d.jsonl", n), []byte(strings.Join(envelopes, "\n")))
		case 2: // by both
			soon = append(soon, envelopes...)
			keep(fmt.Sprintf("bridge/%d.jsonl", n), []byte(strings.Join(envelopes, "\n")))
			late = append(late, created("trail", f.Name))
			load.Put(awstest.Object{Key: f.Name, Body: f.Gzip()})
		case 3: // in two halves, under names of their own
			cut := r.IntN(len(f.Records) + 1)
			one, other := f, f
			one.Records, other.Records = f.Records[:cut], f.Records[cut:]
			put(strings.Replace(f.Name, ".json.gz", "a.json.gz", 1), one.Gzip())
			put(strings.Replace(f.Name, ".json.gz", "b.json.gz", 1), other.Gzip())
		case 4: // twice
			put(f.Name, f.Gzip())
			put(f.Name, f.Gzip())
		default:
			put(f.Name, f.Gzip())
		}
	}
	r.Shuffle(len(soon), func(i, j int) { soon[i], soon[j] = soon[j], soon[i] })
	r.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	q := awstest.OpenLoadQueue("announced", 30*time.Second)
	t.Cleanup(q.Close)
	for _, messages := range [][]string{soon, late} {
		q.Put(messages...)
		f := startFollowOf(t, program, loads(q, load), "--queue", q.URL, "--from", "s3://trail", "--store", "s")
		await(t, "an empty queue", func() bool { c := q.Count(t); return c.Visible+c.InFlight+c.Delayed == 0 })
		if f.stop(t, syscall.SIGTERM); f.status != exitDone {
			t.Errorf("exit status %d: %s", f.status, f.err.String())
		}
	}
	ask(t, exitDone, "ingest", "plain", "--store", "p")
	want, got := answersOf(t, "p"), answersOf(t, "s")
	t.Logf("%d files, %d messages, %d events", n, len(soon)+len(late), len(want))
	if len(want) < 100 || !slices.Equal(got, want) {
		t.Errorf("the answers are others than of the plain folder (-want +got):\n%.5000s", gocmp.Diff(want, got))
	}
}

// enveloped are the records of a log file as EventBridge sends them
// (https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html).
func enveloped(t *testing.T, f synth.File) (all []string) {
	t.Helper()
	if f.Lines {
		return nil
	}
	account := cloudtrail.ParseLogFileName(f.Name).Account
	for i, record := range f.Records {
		var r struct{ EventID, EventTime, EventSource, AWSRegion, RecipientAccountID string }
		if err := json.Unmarshal(record, &r); err != nil {
			t.Fatal(err)
		}
		if r.RecipientAccountID != "" {
			account = r.RecipientAccountID
		}
		service, _, _ := strings.Cut(r.EventSource, ".")
		body, err := json.Marshal(map[string]any{
			"version": "0", "id": fmt.Sprintf("%s-%d", r.EventID, i), "detail-type": "AWS API Call via CloudTrail", "source": "aws." + service,
			"account": account, "time": r.EventTime, "region": r.AWSRegion, "resources": []string{}, "detail": json.RawMessage(record),
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(body))
	}
	return all
}

// answersOf are all events of a store with their chains, without the places of
// records, which alone may differ with the order in which they came.
func answersOf(t *testing.T, dir string) (all []string) {
	t.Helper()
	out, _ := ask(t, exitDone, "events", "--store", dir, "-o", "jsonl")
	var without func(any)
	without = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "file")
			delete(v, "record")
			for _, inner := range v {
				without(inner)
			}
		case []any:
			for _, inner := range v {
				without(inner)
			}
		}
	}
	for line := range strings.Lines(out) {
		d := json.NewDecoder(bytes.NewReader([]byte(line)))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		without(v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}
