package query_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/query"
)

func TestRedact(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"a token", `{"credentials":{"accessKeyId":"ASIA1","sessionToken":"IQoSECRET"}}`, `{"credentials":{"accessKeyId":"ASIA1","sessionToken":"REDACTED"}}`},
		{"white space stays", "{ \"sessionToken\" :\n \"IQoSECRET\" , \"a\": 1 }", "{ \"sessionToken\" :\n \"REDACTED\" , \"a\": 1 }"},
		{"another case", `{"SessionToken":"SECRET","x":{"AWS_SESSION_TOKEN":"SECRET","X-Amz-Security-Token":"SECRET"}}`, `{"SessionToken":"REDACTED","x":{"AWS_SESSION_TOKEN":"REDACTED","X-Amz-Security-Token":"REDACTED"}}`},
		{"an escaped name", `{"session\u0054oken":"SECRET"}`, `{"session\u0054oken":"REDACTED"}`},
		{"a number, an object, a list", `{"sessionToken":5,"a":{"sessionToken":{"x":["SECRET","}"]}},"b":[{"sessionToken":["SECRET"]}]}`, `{"sessionToken":"REDACTED","a":{"sessionToken":"REDACTED"},"b":[{"sessionToken":"REDACTED"}]}`},
		{"null stays", `{"sessionToken":null}`, `{"sessionToken":null}`},
		{"a quote within", `{"sessionToken":"SEC\"RET\\","b":"c"}`, `{"sessionToken":"REDACTED","b":"c"}`},
		{"in JSON in a string", `{"additionalEventData":"{\"sessionToken\":\"SECRET\",\"a\":\"<b>\"}"}`, `{"additionalEventData":"{\"sessionToken\":\"REDACTED\",\"a\":\"<b>\"}"}`},
		{"in JSON in JSON in a string", `{"a":"{\"b\":\"{\\\"sessionToken\\\":\\\"SECRET\\\"}\"}"}`, `{"a":"{\"b\":\"{\\\"sessionToken\\\":\\\"REDACTED\\\"}\"}"}`},
		{"in other text", `{"m":"got {\"sessionToken\": \"SECRET+/=\", x} and SessionToken=SECRET&b=1"}`, `{"m":"got {\"sessionToken\": \"REDACTED\", x} and SessionToken=REDACTED&b=1"}`},
		{"in a URL", `{"url":"https://b.s3.amazonaws.com/k?X-Amz-Security-Token=SECRET%2B&X-Amz-Date=1"}`, `{"url":"https://b.s3.amazonaws.com/k?X-Amz-Security-Token=REDACTED&X-Amz-Date=1"}`},
		{"in XML", `{"body":"<SessionToken>SECRET</SessionToken>"}`, `{"body":"<SessionToken>REDACTED</SessionToken>"}`},
		{"other tokens stay", `{"nextToken":"abc","m":"The security token included in the request is expired"}`, `{"nextToken":"abc","m":"The security token included in the request is expired"}`},
		{"the word as a value stays", `{"key":"sessionToken","value":"x"}`, `{"key":"sessionToken","value":"x"}`},
		{"escapes elsewhere stay", `{"a":"caf\u00e9 \/ \u202e","n":1e400}`, `{"a":"caf\u00e9 \/ \u202e","n":1e400}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(query.Redact([]byte(tt.raw)))); diff != "" {
				t.Errorf("Redact (-want +got):\n%s", diff)
			}
		})
	}
}

// However deep it is wrapped, a token does not come out.
func TestRedactWrapped(t *testing.T) {
	text := `{"sessionToken":"TOPSECRET"}`
	for depth := range 12 {
		if got := string(query.Redact([]byte(text))); strings.Contains(got, "TOPSECRET") || !json.Valid([]byte(got)) {
			t.Fatalf("wrapped %d times: %.200s", depth, got)
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		text = `{"a":` + string(quoted) + `}`
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(`{"sessionToken":"x","a":[1,{"b":null}]}`)
	f.Add(`{"a":"{\"sessionToken\":\"x\"}"}`)
	f.Fuzz(func(t *testing.T, s string) {
		got := query.Redact([]byte(s)) // never panics, valid or not
		if json.Valid([]byte(s)) && !json.Valid(got) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
