package awstest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Faults stands in front of an AWS, and does to calls what its rules say. Callers
// keep their own signatures.
type Faults struct {
	Endpoint string
	process  *process
}

// Fault is a rule: which calls, and what is done to them. Of two that fit, the
// first is taken.
type Fault struct {
	Service   string // "s3", "sts"; empty: every one
	Operation string // "GetObject"; empty: every one
	Resource  string // a part of bucket/key, of a queue's or a table's name; empty: every one
	Times     int    // so often, and then no more; 0: every time

	Error    string        // fails with this code, as "SlowDown"
	Status   int           // and this HTTP status; 0: AWS's own for the code
	CutAfter float64       // the body breaks off after this part of it: 0.3
	Truncate float64       // only this part of the body comes, and no length that would tell
	Corrupt  int           // so many bytes of the body are changed
	Pace     int           // the body comes at so many bytes a second
	Header   http.Header   // these headers are other than AWS's
	Latency  time.Duration // the answer comes so much later
	Reset    bool          // the connection is reset in place of an answer: net/http tries a GET once more by itself
}

// Fired is a fault that happened.
type Fired struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Action    string `json:"action"`
}

// Faults starts the faults, or gives those that run. They have no rules yet.
func (a *AWS) Faults(t testing.TB) *Faults {
	t.Helper()
	if a.faults == nil || a.faults.process.hasEnded() {
		p, err := run(t.Context(), a.files, a.python, "-m", "launcher.faults", a.Endpoint)
		must(t, err)
		a.faults = &Faults{Endpoint: p.address, process: p}
	}
	a.faults.Clear(t)
	return a.faults
}

// Through is the caller with calls that go through the faults.
func (f *Faults) Through(caller aws.Config) aws.Config {
	caller.BaseEndpoint = &f.Endpoint
	return caller
}

// Set makes these the rules, in the place of all others.
func (f *Faults) Set(t testing.TB, faults ...Fault) {
	t.Helper()
	must(t, f.set(t.Context(), faults...))
}

func (f *Faults) set(ctx context.Context, faults ...Fault) error {
	rules := make([]map[string]any, 0, len(faults))
	for _, fault := range faults {
		rules = append(rules, fault.rule())
	}
	return call(ctx, http.MethodPost, f.Endpoint+"/_microburst/rules", rules, nil)
}

// Clear takes all rules away, and forgets what they did.
func (f *Faults) Clear(t testing.TB) {
	t.Helper()
	f.Set(t)
	must(t, call(t.Context(), http.MethodDelete, f.Endpoint+"/_microburst/fired", nil, nil))
}

// Fired are the faults that happened since Clear, of the last two thousand.
func (f *Faults) Fired(t testing.TB) (fired []Fired) {
	t.Helper()
	must(t, call(t.Context(), http.MethodGet, f.Endpoint+"/_microburst/fired?limit=2000", nil, &fired))
	return fired
}

// rule is the fault in microburst's words.
func (f Fault) rule() map[string]any {
	rule := map[string]any{"service": "*"}
	if f.Service != "" {
		rule["service"] = f.Service
	}
	if f.Operation != "" {
		rule["operation"] = f.Operation
	}
	if f.Resource != "" {
		rule["resource"] = f.Resource
	}
	if f.Times != 0 {
		rule["times"] = f.Times
	}
	if f.Error != "" {
		failure := map[string]any{"code": f.Error}
		if f.Status != 0 {
			failure["status"] = f.Status
		}
		rule["error"] = failure
	}
	if changed := f.response(); len(changed) != 0 {
		rule["response"] = changed
	}
	if f.Latency != 0 {
		rule["latency"] = f.Latency.Milliseconds()
	}
	if f.Reset {
		rule["reset"] = true
	}
	return rule
}

// response is what is done to an answer on its way.
func (f Fault) response() map[string]any {
	changed := map[string]any{}
	if f.CutAfter != 0 {
		changed["abort_frac"] = f.CutAfter
	}
	if f.Truncate != 0 {
		changed["truncate_frac"] = f.Truncate
	}
	if f.Corrupt != 0 {
		changed["corrupt_bytes"] = f.Corrupt
	}
	if f.Pace != 0 {
		changed["bandwidth_kbps"] = float64(f.Pace) / 1024 // its k is 1024 bytes
	}
	if len(f.Header) != 0 {
		headers := map[string]string{}
		for name := range f.Header {
			headers[name] = f.Header.Get(name)
		}
		changed["set_headers"] = headers
	}
	return changed
}

// For makes these the rules for so long, in the place of all others, and then none: a
// service that fails for a minute. It returns at once; over is closed when calls pass
// again.
func (f *Faults) For(t testing.TB, d time.Duration, faults ...Fault) (over <-chan struct{}) {
	t.Helper()
	f.Set(t, faults...)
	done, ended := make(chan struct{}), make(chan struct{})
	timer := time.NewTimer(d)
	go func() {
		defer close(ended)
		select {
		case <-timer.C:
		case <-done:
		}
		if err := f.set(context.Background()); err != nil {
			t.Errorf("ending the faults: %v", err)
		}
	}()
	t.Cleanup(func() { close(done); <-ended })
	return ended
}
