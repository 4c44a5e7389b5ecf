package deploy_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
)

// TestTakes: what a spoke's own pattern takes, where all is known of an event and where not.
func TestTakes(t *testing.T) {
	type fields = map[string]any
	event := func(more fields) fields {
		f := fields{"source": "aws.sts", "detail.eventName": "AssumeRole", "detail.errorCode": nil, "detail.requestParameters.externalId": nil, "detail.requestParameters.roleArn": "arn:aws:iam::1:role/R", "detail.requestParameters.durationSeconds": 900, "detail.readOnly": true}
		for name, v := range more {
			f[name] = v
		}
		return f
	}
	of := func(m deploy.Match) string { return string((&deploy.Spoke{Match: m}).Pattern()) }
	field := func(path string, values ...string) deploy.Match {
		return deploy.Match{Fields: []deploy.Field{{Path: path, Values: values}}}
	}
	for name, c := range map[string]struct {
		pattern string
		event   fields
		want    [2]bool // takes, sure
	}{
		"all":                        {of(deploy.Match{}), event(nil), [2]bool{true, true}},
		"a call that failed":         {of(deploy.Match{}), event(fields{"detail.errorCode": "AccessDenied"}), [2]bool{false, true}},
		"a call that issues nothing": {of(deploy.Match{}), event(fields{"detail.eventName": "GetCallerIdentity"}), [2]bool{false, true}},
		"another service's":          {of(deploy.Match{}), event(fields{"source": "aws.s3"}), [2]bool{false, true}},
		"its external id":            {of(deploy.Match{ExternalIDs: []string{"1", "3414"}}), event(fields{"detail.requestParameters.externalId": "3414"}), [2]bool{true, true}},
		"another":                    {of(deploy.Match{ExternalIDs: []string{"3414"}}), event(fields{"detail.requestParameters.externalId": "9999"}), [2]bool{false, true}},
		"none":                       {of(deploy.Match{ExternalIDs: []string{"3414"}}), event(nil), [2]bool{false, true}},
		"its role, another id":       {of(deploy.Match{ExternalIDs: []string{"3414"}, Roles: []string{"arn:aws:iam::1:role/R"}}), event(nil), [2]bool{false, true}},
		"its role":                   {of(deploy.Match{Roles: []string{"arn:aws:iam::1:role/R"}}), event(nil), [2]bool{true, true}},
		"a number":                   {of(field("requestParameters.durationSeconds", "900")), event(nil), [2]bool{true, true}},
		"another number":             {of(field("requestParameters.durationSeconds", "901")), event(nil), [2]bool{false, true}},
		"truth":                      {of(field("readOnly", "true")), event(nil), [2]bool{true, true}},
		"what is not known":          {of(field("userIdentity.type", "FederatedUser")), event(nil), [2]bool{false, false}},
		"that, and another id":       {of(deploy.Match{ExternalIDs: []string{"3414"}, Fields: []deploy.Field{{Path: "userIdentity.type", Values: []string{"X"}}}}), event(nil), [2]bool{false, true}},
		"more than is read":          {`{"source":[{"wildcard":"aws.*"}]}`, event(nil), [2]bool{false, false}},
		"either":                     {`{"source":[{"wildcard":"aws.*"},"aws.sts"]}`, event(nil), [2]bool{true, true}},
		"no pattern":                 {`x`, event(nil), [2]bool{false, false}},
	} {
		takes, sure := deploy.Takes(c.pattern, func(path string) (any, bool) { v, known := c.event[path]; return v, known })
		if got := [2]bool{takes, sure}; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
