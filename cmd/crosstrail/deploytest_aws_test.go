package main

import (
	"strings"
	"testing"
	"time"
)

// delivering has CloudTrail deliver log files again and again, as long as a run takes.
func (d *deployed) delivering(run func() ran) ran {
	d.t.Helper()
	done := make(chan ran)
	go func() { done <- run() }()
	for {
		select {
		case r := <-done:
			return r
		case <-time.After(300 * time.Millisecond):
			d.stand.Deliver(d.t)
		}
	}
}

func (d *deployed) test(more ...string) ran {
	return d.delivering(func() ran {
		return d.run(append([]string{"deploy", "test", "--profile", "prod", "--as", "dev", "--role-arn", d.role, "--external-id", "3414", "--timeout", "20s"}, more...)...)
	})
}

// TestDeployTest: where all is there both records arrive, and the chain is jsmith's, exact.
func TestDeployTest(t *testing.T) {
	d := deployedSeed(t)
	d.stand.Record(t)
	r := d.test()
	for _, want := range []string{"→ event → table: ", ", as an event", "→ log file → table: ", "● jsmith  IAMUser in 111111111111", "exact by access-key", "external id 3414", "s3:ListBuckets"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if r.status != exitDone || !strings.Contains(r.stderr, "assuming arn:aws:iam::999999999999:role/CrossAccountTest once, for 15 minutes, as crosstrail-test-") {
		t.Error(r.status, "\n"+r.stdout, "\n"+r.stderr)
	}
}
