package main

import (
	"encoding/json"
	"time"
)

// assumption is an AssumeRole as EventBridge tells of it, for patterns to be tried on.
type assumption struct {
	account, region     string // the caller's
	caller, role        string // ARNs
	session, externalID string
	at                  time.Time
}

// event is the event, as far as patterns look at it (EventBridge User Guide, "Events
// from AWS services delivered by CloudTrail").
func (a *assumption) event() string {
	parameters := map[string]any{"roleArn": a.role, "roleSessionName": a.session, "durationSeconds": 900}
	if a.externalID != "" {
		parameters["externalId"] = a.externalID
	}
	text, err := json.Marshal(map[string]any{
		"id": "00000000-0000-0000-0000-000000000000", "version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.sts",
		"account": a.account, "time": a.at.UTC().Format(time.RFC3339), "region": a.region, "resources": []string{},
		"detail": map[string]any{
			"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventType": "AwsApiCall", "awsRegion": a.region, "recipientAccountId": a.account,
			"userIdentity": map[string]any{"arn": a.caller, "accountId": a.account}, "requestParameters": parameters,
		},
	})
	if err != nil {
		panic(err) // of texts
	}
	return string(text)
}
