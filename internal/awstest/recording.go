package awstest

import "testing"

// Record has every call from now on recorded by CloudTrail, until the next Reset:
// in the event history at once, on EventBridge, and in the buckets of trails with
// Deliver. The records are of the stand-in's making: a fixture, no evidence of how
// AWS writes them.
func (a *AWS) Record(t testing.TB) {
	t.Helper()
	a.ask(t, "record", map[string]bool{"on": true}, nil)
}

// Deliver writes what was recorded since into the buckets of the trails that log,
// a log file for each account and region, and says where: s3://bucket/key. Where
// accounts are named, what was recorded of others waits.
func (a *AWS) Deliver(t testing.TB, accounts ...string) (written []string) {
	t.Helper()
	var answer struct{ Written []string }
	a.ask(t, "deliver", map[string][]string{"accounts": accounts}, &answer)
	return answer.Written
}
