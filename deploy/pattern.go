package deploy

import (
	"encoding/json"
	"regexp"
	"strings"
)

// What hands out credentials, by the names of CloudTrail (linkage.md 3).
var (
	sources = []any{"aws.sts", "aws.signin", "aws.sso"}
	issuing = []any{
		map[string]any{"prefix": "AssumeRole"},
		"AssumeRoot", "GetFederationToken", "GetSessionToken", "GetDelegatedAccessToken",
		"ConsoleLogin", "SwitchRole", "ExitRole", "RenewRole", "GetSigninToken", "CreateOAuth2Token", "GetRoleCredentials",
	}
)

// Pattern is the event pattern of a spoke's rule (EventBridge User Guide, "Creating
// Amazon EventBridge event patterns"). A call that failed handed out nothing, and is
// left out.
func (s *Spoke) Pattern() json.RawMessage {
	text, err := json.Marshal(s.pattern())
	if err != nil {
		panic(err) // of texts
	}
	return text
}

func (s *Spoke) pattern() map[string]any {
	detail := map[string]any{"errorCode": []any{map[string]any{"exists": false}}, "eventName": issuing}
	pattern := map[string]any{"source": sources, "detail": detail}
	request := map[string]any{}
	if len(s.Match.ExternalIDs) > 0 {
		request["externalId"] = anyOf(s.Match.ExternalIDs)
	}
	if len(s.Match.Roles) > 0 {
		request["roleArn"] = anyOf(s.Match.Roles)
	}
	if len(request) > 0 {
		pattern["source"] = []any{"aws.sts"}
		detail["eventName"] = []any{map[string]any{"prefix": "AssumeRole"}}
		detail["requestParameters"] = request
	}
	for _, f := range s.Match.Fields {
		at, path := detail, strings.Split(f.Path, ".")
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = values(f.Values)
	}
	return pattern
}

func anyOf(texts []string) []any {
	all := make([]any, len(texts))
	for i := range texts {
		all[i] = texts[i]
	}
	return all
}

// number is one that EventBridge compares (EventBridge User Guide, "Comparison
// operators": five billion at most, with six digits behind the point).
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$`)

// values are what a field may be. EventBridge tells "true" from true and "1" from 1:
// either is meant.
func values(texts []string) []any {
	all := anyOf(texts)
	for _, text := range texts {
		switch {
		case text == "true" || text == "false":
			all = append(all, text == "true")
		case number.MatchString(text):
			all = append(all, json.Number(text))
		}
	}
	return all
}
