package dynamo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/store/dynamo"
)

// TestLeastPolicy: no more than one table, in no more than STS takes (STS API
// Reference, AssumeRole: 2,048 signs).
func TestLeastPolicy(t *testing.T) {
	table := strings.Repeat("t", 255)
	for _, write := range []bool{false, true} {
		text := dynamo.LeastPolicy("arn:aws-cn:iam::999999999999:role/log-reader", table, write)
		var document struct {
			Statement []struct{ Action, Resource []string }
		}
		if err := json.Unmarshal([]byte(text), &document); err != nil || len(text) > 2048 {
			t.Fatalf("%d signs, %v: %s", len(text), err, text)
		}
		puts := false
		for _, s := range document.Statement {
			for _, action := range s.Action {
				puts = puts || action == "dynamodb:PutItem"
				if strings.HasPrefix(action, "dynamodb:") && action != "dynamodb:ListTables" && s.Resource[0] != "arn:aws-cn:dynamodb:*:999999999999:table/"+table {
					t.Errorf("%s on %q", action, s.Resource)
				}
			}
		}
		if puts != write {
			t.Errorf("to write: %v, and may put: %v", write, puts)
		}
	}
}
