package main

import (
	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of sessions that have tables.

// saved is save_record of the two programs in AWS's text, with what Python's json.dumps
// makes of the event.
func (s scripted) saved(ts *testscript.TestScript, _ bool, args []string) {
	var event map[string]any
	text := ts.ReadFile(args[1])
	ts.Check(json.Unmarshal([]byte(text), &event))
	record, issued := event, false
	if detail, ok := event["detail"].(map[string]any); ok {
		record, issued = detail, true
	}
	key := record["userIdentity"].(map[string]any)["accessKeyId"]
	if issued {
		key = record["responseElements"].(map[string]any)["credentials"].(map[string]any)["accessKeyId"]
	}
	item := map[string]any{"accessKeyId": key, "eventTime": record["eventTime"], "eventID": record["eventID"], "record": text}
	put, err := json.Marshal(item)
	ts.Check(err)
	s.aws.Account(hubAccount).OwnedTable(args[0]).Put(s.t, string(put))
}
