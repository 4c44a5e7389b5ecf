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
		{"the word as a value stays", `{"key":"sessionToken","other":"x"}`, `{"key":"sessionToken","other":"x"}`},
		{"a pair", `{"key":"sessionToken","value":"SECRET","a":1}`, `{"key":"sessionToken","value":"REDACTED","a":1}`},
		{"a pair, value first", `[{"value": "SECRET" ,"type":"PLAINTEXT","name":"AWS_SESSION_TOKEN"},{"name":"A","value":"b"}]`, `[{"value": "REDACTED" ,"type":"PLAINTEXT","name":"AWS_SESSION_TOKEN"},{"name":"A","value":"b"}]`},
		{"a pair with an object", `{"parameterKey":"session-token","values":[{"s":"SECRET"}],"defaultValue":null}`, `{"parameterKey":"session-token","values":"REDACTED","defaultValue":null}`},
		{"arguments", `{"command":["aws","configure","set","aws_session_token","SECRET","--profile"]}`, `{"command":["aws","configure","set","aws_session_token","REDACTED","--profile"]}`},
		{"an option", `["--session-token","SECRET"]`, `["--session-token","REDACTED"]`},
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

func TestRedactText(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Invalid value: https://b.s3.amazonaws.com/k?X-Amz-Security-Token=SECRET&X-Amz-Signature=1", "Invalid value: https://b.s3.amazonaws.com/k?X-Amz-Security-Token=REDACTED&X-Amz-Signature=1"},
		{"X-Amz-Security-Token%3DSECRET", "X-Amz-Security-Token%3DREDACTED"},
		{"X-Amz-Security-Token%253DSECRET", "X-Amz-Security-Token%253DREDACTED"},
		{"X-Amz-Security%2DToken%3DSECRET", "X-Amz-Security%2DToken%3DREDACTED"},
		{"%22sessionToken%22%3A%22SECRET%22", "%22sessionToken%22%3AREDACTED"},
		{"aws configure set aws_session_token SECRET --profile x", "aws configure set aws_session_token REDACTED --profile x"},
		{"aws configure set profile.p.aws_session_token SECRET", "aws configure set profile.p.aws_session_token REDACTED"},
		{"setenv AWS_SESSION_TOKEN SECRET", "setenv AWS_SESSION_TOKEN REDACTED"},
		{"export AWS_SESSION_TOKEN=SECRET; ls", "export AWS_SESSION_TOKEN=REDACTED; ls"},
		{"Set-AWSCredential -SessionToken SECRET", "Set-AWSCredential -SessionToken REDACTED"},
		{"tool --session-token 'SECRET x' y", "tool --session-token 'REDACTED' y"},
		{"SessionToken => SECRET", "SessionToken => REDACTED"},
		{"'SessionToken' => 'SECRET',", "'SessionToken' => 'REDACTED',"},
		{"SessionToken=b'SECRET'", "SessionToken=b'REDACTED'"},
		{"{'SessionToken': u'SECRET', 'a': u'b'}", "{'SessionToken': u'REDACTED', 'a': u'b'}"},
		{"sessionToken: >\n  SECRET", "sessionToken: >\n  REDACTED"},
		{"sessionToken: |-\n  SECRET\na: b", "sessionToken: |-\n  REDACTED\na: b"},
		{"sessionToken: |-\n  SECRETSECRETSECRET\n  SECRETSECRETSECRET\na: b", "sessionToken: |-\n  REDACTED\na: b"},
		{`sessionToken="ab cdSECRET" x`, `sessionToken="REDACTED" x`},
		{`x \"sessionToken\": \"ab \n SECRET\", y`, `x \"sessionToken\": \"REDACTED\", y`},
		{`os.environ["AWS_SESSION_TOKEN"] = "SECRET"`, `os.environ["AWS_SESSION_TOKEN"] = "REDACTED"`},
		{`os.Setenv("AWS_SESSION_TOKEN", "SECRET")`, `os.Setenv("AWS_SESSION_TOKEN", "REDACTED")`},
		{"- name: AWS_SESSION_TOKEN\n  value: SECRET\n- x", "- name: AWS_SESSION_TOKEN\n  value: REDACTED\n- x"},
		{"{'name': 'AWS_SESSION_TOKEN', 'value': 'SECRET'}", "{'name': 'AWS_SESSION_TOKEN', 'value': 'REDACTED'}"},
		{"&quot;sessionToken&quot;:&quot;SECRET&quot;", "&quot;sessionToken&quot;:&quot;REDACTED&quot;"},
		{"<ns:SessionToken>SECRET</ns:SessionToken>", "<ns:SessionToken>REDACTED</ns:SessionToken>"},
		{"SESSION_TOKEN IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJ", "SESSION_TOKEN REDACTED"},
		{`{"sessionToken":"SECRET"}`, `{"sessionToken":"REDACTED"}`},
		{`"SessionToken=SECRET"`, `"SessionToken=REDACTED"`},
		{"The security token included in the request is invalid", "The security token included in the request is invalid"},
		{"sessionToken is missing, roleArn too", "sessionToken is missing, roleArn too"},
		{"arn:aws:sts::111111111111:assumed-role/token-broker/session", "arn:aws:sts::111111111111:assumed-role/token-broker/session"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got := query.RedactText(tt.text)
			if got != tt.want {
				t.Errorf("\n got %q\nwant %q", got, tt.want)
			}
			if again := query.RedactText(got); again != got {
				t.Errorf("%q once more is %q", got, again)
			}
			quoted, err := json.Marshal(map[string]string{"m": tt.text})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(query.Redact(quoted)); strings.Contains(got, "SECRET") {
				t.Errorf("in a record: %s", got)
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
