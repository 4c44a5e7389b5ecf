package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// childVariable makes the test's own program one that is killed: what it does, and at
// which of its requests it ends.
const childVariable = "CROSSTRAIL_TEST_CHILD"

// mortality ends the program, at once, with one of its requests: others are on their
// way.
type mortality struct{ left atomic.Int64 }

func (m *mortality) Do(r *http.Request) (*http.Response, error) {
	if m.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return http.DefaultClient.Do(r) //nolint:bodyclose // the SDK's
}

func TestMain(m *testing.M) {
	if task := os.Getenv(childVariable); task != "" {
		if err := child(context.Background(), task); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, task string) error {
	cfg := aws.Config{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	}
	task, requests, _ := strings.Cut(task, " ")
	n, err := strconv.Atoi(requests)
	if err != nil {
		return err
	}
	m := &mortality{}
	m.left.Store(int64(n))
	cfg.HTTPClient = m
	if task == "make" {
		return Make(ctx, cfg, "Audit", MakeOptions{})
	}
	s, err := Open(ctx, cfg, "Audit", Options{Write: true})
	if err != nil {
		return err
	}
	_, err = pump(ctx, s, organisation())
	return err
}

// kill runs a child that ends with its nth request.
func (c *cast) kill(t *testing.T, cfg aws.Config, task string, n int) (ended bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(c.Environment(t, cfg), fmt.Sprintf("%s=%s %d", childVariable, task, n), "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("%s: %v: %s", task, err, out)
	}
	return err == nil
}

// TestKilled: a writer that is killed at any moment has lost nothing that a repeat
// does not bring, and an event that is there is found by all its keys.
func TestKilled(t *testing.T) {
	seed := storetest.Seed(t)
	r := rand.New(rand.NewPCG(seed, 1))
	c := newCast(t)
	c.make(t, MakeOptions{})
	files := organisation()
	want, events := wants(t, files, nil)
	killed := 0
	for range 3 {
		if c.kill(t, c.writer, "write", 3+r.IntN(events)) {
			break
		}
		killed++
		c.sound(t)
	}
	if killed == 0 {
		t.Error("the child always ended first: this proves nothing")
	}
	before := 0
	for _, i := range c.items(t) {
		if i[attrBy] != nil {
			before++
		}
	}
	counts, err := pump(t.Context(), c.open(t, c.writer), files)
	if err != nil || counts.Kept != events-before {
		t.Errorf("%+v, %v; want %d kept beside %d", counts, err, events-before, before)
	}
	c.holds(t, want)
}

// sound fails if an event is there without what leads to it, or a log file without
// an event of its.
func (c *cast) sound(t *testing.T) {
	t.Helper()
	got := c.items(t)
	complete := map[string]bool{}
	for k := range got {
		if strings.HasPrefix(k.partition, partFile) {
			complete[textOf(got[k], attrFile)] = true
		}
	}
	for _, f := range organisation() {
		one, _ := wants(t, []synth.File{f}, nil)
		for k := range one {
			if complete["s3://logs/"+f.Name] && got[k] == nil {
				t.Errorf("%s is complete, and lacks %s", f.Name, k)
			}
		}
		for _, e := range writtenOf(t, f, nil) {
			if got[keyOf(e.event)] == nil {
				continue
			}
			for _, i := range e.facts {
				if got[keyOf(i)] == nil {
					t.Errorf("%s is there, and %s is not", keyOf(e.event), keyOf(i))
				}
			}
		}
	}
}

// TestAdoptKilled: a table that becomes ours while the program is killed is one of
// AWS's text until it is ours.
func TestAdoptKilled(t *testing.T) {
	c := newCast(t)
	c.table = c.Account(account).Table(t, "Audit")
	for n := range 40 {
		id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", n)
		c.table.Put(t, foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:39Z", id, strings.Replace(seedUse, "099ff820-00f2-4500-94fc-2b9da26d576f", id, 1)))
	}
	for n := 5; !c.kill(t, c.maker, "make", n); n = 3*n + 2 {
	}
	c.make(t, MakeOptions{})
	events := 0
	for k, i := range c.items(t) {
		if i[attrBy] != nil {
			events++
		} else if i[attrRecord] != nil && strings.Contains(k.sort, "#") {
			t.Errorf("%s", k)
		}
	}
	if events != 40 {
		t.Errorf("%d events of 40", events)
	}
}
