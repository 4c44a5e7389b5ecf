package deploy

import (
	"encoding/json"
	"strings"
)

// What hands out credentials, by the names of CloudTrail (linkage.md 3).
var (
	// senders are the sources of such events on EventBridge.
	senders = []any{"aws.sts", "aws.signin", "aws.sso"}
	issuing = []any{
		map[string]any{"prefix": "AssumeRole"},
		"AssumeRoot", "GetFederationToken", "GetSessionToken", "GetDelegatedAccessToken",
		"ConsoleLogin", "SwitchRole", "ExitRole", "RenewRole", "GetSigninToken", "CreateOAuth2Token", "GetRoleCredentials",
	}
)

// Pattern is the event pattern of a spoke's rule (EventBridge User Guide, "Creating
// event patterns"). A call that failed handed out nothing, and is left out.
func (s *Spoke) Pattern() json.RawMessage {
	text, err := json.Marshal(s.pattern())
	if err != nil {
		panic(err) // of texts
	}
	return text
}

func (s *Spoke) pattern() map[string]any {
	detail := map[string]any{"errorCode": []any{map[string]any{"exists": false}}, "eventName": issuing}
	pattern := map[string]any{"source": senders, "detail": detail}
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
	if len(s.Match.ExternalIDs)+len(s.Match.Roles) == 0 {
		return pattern
	}
	pattern["source"] = []any{"aws.sts"}
	detail["eventName"] = []any{map[string]any{"prefix": "AssumeRole"}}
	request, ok := detail["requestParameters"].(map[string]any)
	if !ok {
		request = map[string]any{}
		detail["requestParameters"] = request
	}
	if len(s.Match.ExternalIDs) > 0 {
		request["externalId"] = anyOf(s.Match.ExternalIDs)
	}
	if len(s.Match.Roles) > 0 {
		request["roleArn"] = anyOf(s.Match.Roles)
	}
	return pattern
}

func anyOf(of []string) []any {
	all := make([]any, len(of))
	for i := range of {
		all[i] = of[i]
	}
	return all
}

// values are what a field may be. EventBridge tells "true" from true: both are meant.
func values(of []string) []any {
	all := anyOf(of)
	for _, text := range of {
		switch text {
		case "true":
			all = append(all, true)
		case "false":
			all = append(all, false)
		}
	}
	return all
}
