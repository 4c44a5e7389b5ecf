package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/store/dynamo"
)

// TestPage: the page says of the function's environment and permissions what is so.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/live.md")
	if err != nil {
		t.Fatal(err)
	}
	wanted := []string{envStore, envNew, envFrom, envMaxFile, envLevel, "ReportBatchItemFailures"}
	for _, policy := range []string{dynamo.WritePolicy("t"), dynamo.ReadPolicy("t")} {
		var p struct{ Statement []struct{ Action []string } }
		if err := json.Unmarshal([]byte(policy), &p); err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, p.Statement[0].Action...)
	}
	for _, name := range wanted {
		if !strings.Contains(string(page), "`"+name+"`") && !strings.Contains(string(page), `"`+name+`"`) {
			t.Errorf("docs/live.md does not name %s", name)
		}
	}
}
