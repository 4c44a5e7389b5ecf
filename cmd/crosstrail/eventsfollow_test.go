//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// growing is an output that is looked at while it is being written.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came: %s", what)
		}
	}
}

// TestEventsFollow: what is ingested beside it is printed as it comes, once, and
// Ctrl-C is a good end.
func TestEventsFollow(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	var files []string
	err := filepath.WalkDir("crosstrail-demo", func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".json.gz") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ingest := func(files ...string) {
		t.Helper()
		if _, stderr, status := runProgram(t, "", append(append([]string{"ingest"}, files...), "--store", "s")...); status != 0 {
			t.Fatal(stderr)
		}
	}
	events := func() []string {
		stdout, _, _ := runProgram(t, "", "events", "--store", "s", "-o", "jsonl")
		return slices.Sorted(strings.Lines(stdout))
	}
	ids := func(text string) (all []string) {
		for line := range strings.Lines(text) {
			id, _, _ := strings.Cut(line, ",")
			all = append(all, id)
		}
		slices.Sort(all)
		return all
	}
	ingest(files[0])
	before := len(events())
	var fresh, whole, few growing
	var stderr [3]growing
	status := make(chan int, 3)
	for i, start := range []struct {
		out  *growing
		args []string
	}{{&fresh, nil}, {&whole, []string{"--since", "2000-01-01"}}, {&few, []string{"--limit", "3"}}} {
		go func() {
			status <- run(append([]string{"events", "--follow", "--store", "s", "-o", "jsonl"}, start.args...), strings.NewReader(""), start.out, &stderr[i])
		}()
	}
	await(t, "what is there already", func() bool { return strings.Count(whole.String(), "\n") == before })
	time.Sleep(time.Second) // the others print nothing by which it shows that they have begun
	for some := range slices.Chunk(files, 10) {
		ingest(some...)
	}
	want := events()
	await(t, "all events", func() bool { return strings.Count(whole.String(), "\n") >= len(want) })
	await(t, "all that came", func() bool { return strings.Count(fresh.String(), "\n") >= len(want)-before })
	if n := <-status; n != exitDone || strings.Count(few.String(), "\n") != 3 {
		t.Errorf("with a limit: exit status %d, %q", n, few.String())
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n := <-status; n != exitDone {
			t.Errorf("exit status %d: %q %q", n, stderr[0].String(), stderr[1].String())
		}
	}
	if got, want := ids(whole.String()), ids(strings.Join(want, "")); !slices.Equal(got, want) {
		t.Errorf("%d events were printed, of %d", len(got), len(want))
	}
	if got := len(slices.Compact(ids(fresh.String()))); got != len(want)-before {
		t.Errorf("%d came, of %d", got, len(want)-before)
	}
}

// rowsAt is a store whose rows a test changes.
type rowsAt struct {
	query.Reader
	rows  []query.Row
	from  []cloudtrail.Time // that were asked for
	fails error             // behind the first row
}

func (r *rowsAt) String() string     { return "dynamodb://T" }
func (r *rowsAt) Spent() dynamo.Cost { return dynamo.Cost{Units: 100 * float64(len(r.from))} }

func (r *rowsAt) Rows(_ context.Context, s query.Selection) iter.Seq2[*query.Row, error] {
	r.from = append(r.from, s.Since)
	return func(yield func(*query.Row, error) bool) {
		for i := range r.rows {
			if r.rows[i].Time >= s.Since && !yield(&r.rows[i], nil) {
				return
			}
			if r.fails != nil {
				yield(nil, r.fails)
				return
			}
		}
	}
}

// TestPolled looks at a store that cannot tell what came, over a day.
func TestPolled(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	at := func(id string, ago time.Duration) query.Row {
		var row query.Row
		row.ID.Event, row.Time = id, cloudtrail.TimeOf(now.Add(-ago))
		return row
	}
	store := &rowsAt{rows: []query.Row{at("old", time.Hour), at("older", 20*time.Hour)}}
	p := newPolled(store, func() time.Time { return now })
	p.every = 0
	if err := p.first(t.Context(), false, nil); err != nil {
		t.Fatal(err)
	}
	var met []string
	look := func() {
		t.Helper()
		if err := p.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for row, err := range p.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			met = append(met, row.ID.Event)
		}
	}
	store.rows = append(store.rows, at("soon", 5*time.Minute), at("late", 2*time.Hour))
	look()
	if got := strings.Join(met, " "); got != "soon" {
		t.Errorf("a short look meets %q", got)
	}
	two := at("forms", time.Minute)
	store.rows = append(store.rows, two, two)
	now = now.Add(furtherEach)
	look()
	look()
	if got := strings.Join(met, " "); got != "soon late forms forms" {
		t.Errorf("a further look meets %q", got)
	}
	for range 24 * 60 {
		now = now.Add(time.Minute)
		store.rows = append(store.rows, at(now.String(), 0))
		look()
	}
	if n := len(met) - 4; n != 24*60 {
		t.Errorf("of a day of events it met %d", n)
	}
	if n := len(p.met); n > 4*60 {
		t.Errorf("it remembers %d events", n)
	}
}

// TestPoll goes on after looks that fail: it says so once, and shows all, once. It says
// at the beginning what it costs.
func TestPoll(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	store := &rowsAt{}
	for _, id := range []string{"one", "two"} {
		var row query.Row
		row.ID.Event, row.Time = id, cloudtrail.TimeOf(now)
		store.rows = append(store.rows, row)
	}
	p := newPolled(store, func() time.Time { return now })
	p.every = 0
	var said strings.Builder
	q := &question{ui: &terminal{stderr: &said}}
	looks := 0
	var met []string
	err := q.poll(t.Context(), store, p, func() (bool, error) {
		looks++
		if store.fails = nil; looks == 2 || looks == 3 {
			store.fails = errors.New("AWS is away")
			store.rows = append(store.rows, store.rows[0])
			store.rows[len(store.rows)-1].ID.Event = "new" + strconv.Itoa(looks)
		}
		var ids []string
		for row, err := range p.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				return false, err
			}
			ids = append(ids, row.ID.Event)
		}
		met = append(met, ids...)
		return looks == 6, nil
	})
	if err != nil || strings.Join(met, " ") != "one two new2 new3" {
		t.Errorf("it met %q, %v", met, err)
	}
	if strings.Count(said.String(), "AWS is away: it is tried again") != 1 || !strings.Contains(said.String(), "can be read again") {
		t.Errorf("it said %s", said.String())
	}
	if !strings.Contains(said.String(), "an hour of it costs about 36,000 read units, less than a cent") || !q.polls {
		t.Errorf("it said %s", said.String())
	}
}
