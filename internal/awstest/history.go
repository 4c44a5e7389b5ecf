package awstest

import (
	"encoding/json"
	"testing"
	"time"
)

// History is what LookupEvents finds.
type History struct {
	// Records are CloudTrail records. Each is in the history of the account and
	// region that it names: recipientAccountId, awsRegion.
	Records []json.RawMessage
	// Now is when the 90 days of the history end; zero: now.
	Now time.Time
	// Throttled holds callers to AWS's rate: two calls a second in each account and
	// region.
	Throttled bool
}

// History adds to the history.
func (a *AWS) History(t testing.TB, h History) {
	t.Helper()
	question := map[string]any{"records": h.Records, "throttle": h.Throttled}
	if !h.Now.IsZero() {
		question["now"] = h.Now.Unix()
	}
	a.ask(t, "history", question, nil)
}
