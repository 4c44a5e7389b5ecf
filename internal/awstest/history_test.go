package awstest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	callersKey = "AKIAIOSFODNN7EXAMPLE"
	issuedKey  = "ASIAIOSFODNN7EXAMPLE"
)

// issuance is an AssumeRole by jsmith, use a call with the key that it gave out.
func issuance(at time.Time) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::%s:user/jsmith",
		"accountId":%q,"accessKeyId":%q,"userName":"jsmith"},"eventTime":%q,"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1",
		"requestParameters":{"roleArn":"arn:aws:iam::999999999999:role/Admin","roleSessionName":"x"},
		"responseElements":{"credentials":{"accessKeyId":%q},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:x","arn":"arn:aws:sts::999999999999:assumed-role/Admin/x"}},
		"eventID":"11111111-1111-4111-8111-111111111111","readOnly":true,"recipientAccountId":%q,"eventCategory":"Management"}`,
		dev, dev, callersKey, at.UTC().Format(time.RFC3339), issuedKey, dev))
}

func use(n int, at time.Time) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:x","accountId":%q,"accessKeyId":%q},
		"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","eventID":"22222222-2222-4222-8222-%012d",
		"readOnly":true,"recipientAccountId":%q,"eventCategory":"Management"}`, dev, issuedKey, at.UTC().Format(time.RFC3339), n, dev))
}

// found are the ids that a lookup gives, page by page, and how many pages.
func found(t *testing.T, cfg aws.Config, input cloudtrail.LookupEventsInput) (ids []string, pages int, err error) {
	t.Helper()
	lists := cloudtrail.NewLookupEventsPaginator(cloudtrail.NewFromConfig(cfg), &input)
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			return ids, pages, err
		}
		pages++
		for _, e := range page.Events {
			ids = append(ids, *e.EventId)
		}
	}
	return ids, pages, nil
}

func with(key types.LookupAttributeKey, value string) []types.LookupAttribute {
	return []types.LookupAttribute{{AttributeKey: key, AttributeValue: &value}}
}

func TestHistory(t *testing.T) {
	stand := stack.Start(t)
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	records := []json.RawMessage{issuance(now.Add(-2 * time.Hour)), use(900, now.Add(-91*24*time.Hour))}
	for i := range 120 {
		records = append(records, use(i, now.Add(-time.Hour).Add(time.Duration(i/2)*time.Second)))
	}
	stand.History(t, awstest.History{Records: records, Now: now})
	reader := stand.Account(dev).User(t, "reader", awstest.Allow("*", "cloudtrail:LookupEvents"))

	for _, c := range []struct {
		what  string
		input cloudtrail.LookupEventsInput
		want  int
		pages int
	}{
		{"all of 90 days", cloudtrail.LookupEventsInput{}, 121, 3},
		{"uses of a key", cloudtrail.LookupEventsInput{LookupAttributes: with(types.LookupAttributeKeyAccessKeyId, issuedKey)}, 120, 3},
		{"its issuance", cloudtrail.LookupEventsInput{LookupAttributes: with(types.LookupAttributeKeyResourceName, issuedKey)}, 1, 1},
		{"an event", cloudtrail.LookupEventsInput{LookupAttributes: with(types.LookupAttributeKeyEventId, "22222222-2222-4222-8222-000000000007")}, 1, 1},
		{"a name", cloudtrail.LookupEventsInput{LookupAttributes: with(types.LookupAttributeKeyEventName, "AssumeRole")}, 1, 1},
		{"a person", cloudtrail.LookupEventsInput{LookupAttributes: with(types.LookupAttributeKeyUsername, "jsmith")}, 1, 1},
		{"ten seconds, both ends in", cloudtrail.LookupEventsInput{StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now.Add(-time.Hour + 9*time.Second))}, 20, 1},
		{"pages of seven", cloudtrail.LookupEventsInput{MaxResults: aws.Int32(7), LookupAttributes: with(types.LookupAttributeKeyReadOnly, "true")}, 121, 18},
	} {
		ids, pages, err := found(t, reader, c.input)
		unique := map[string]bool{}
		for _, id := range ids {
			unique[id] = true
		}
		if err != nil || len(ids) != c.want || len(unique) != c.want || pages != c.pages {
			t.Errorf("%s: %d events, %d unique, in %d pages, %v; want %d in %d", c.what, len(ids), len(unique), pages, err, c.want, c.pages)
		}
	}

	page, err := cloudtrail.NewFromConfig(reader).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	var record struct{ EventID string }
	if err := json.Unmarshal([]byte(*page.Events[0].CloudTrailEvent), &record); err != nil || record.EventID != "22222222-2222-4222-8222-000000000118" {
		t.Errorf("the newest is %q, %v", record.EventID, err)
	}
	elsewhere := reader
	elsewhere.Region = "eu-west-1"
	if ids, _, err := found(t, elsewhere, cloudtrail.LookupEventsInput{}); err != nil || len(ids) != 0 {
		t.Errorf("another region: %d, %v", len(ids), err)
	}
	if ids, _, err := found(t, stand.Account(prod).Config(), cloudtrail.LookupEventsInput{}); err != nil || len(ids) != 0 {
		t.Errorf("another account: %d, %v", len(ids), err)
	}
	for _, c := range []struct {
		cfg   aws.Config
		input cloudtrail.LookupEventsInput
		want  string
	}{
		{stand.Account(dev).User(t, "nobody", ""), cloudtrail.LookupEventsInput{}, "AccessDeniedException"},
		{reader, cloudtrail.LookupEventsInput{MaxResults: aws.Int32(51)}, "InvalidMaxResultsException"},
		{reader, cloudtrail.LookupEventsInput{NextToken: page.NextToken, StartTime: aws.Time(now)}, "InvalidNextTokenException"},
		{reader, cloudtrail.LookupEventsInput{StartTime: aws.Time(now), EndTime: aws.Time(now.Add(-time.Second))}, "InvalidTimeRangeException"},
		{reader, cloudtrail.LookupEventsInput{LookupAttributes: append(with(types.LookupAttributeKeyUsername, "x"), with(types.LookupAttributeKeyReadOnly, "true")...)}, "InvalidLookupAttributesException"},
	} {
		if _, _, err := found(t, c.cfg, c.input); code(err) != c.want {
			t.Errorf("%v, not %s", err, c.want)
		}
	}
}

// TestHistoryThrottled: two calls a second, in each account and region.
func TestHistoryThrottled(t *testing.T) {
	stand := stack.Start(t)
	stand.History(t, awstest.History{Throttled: true})
	impatient := stand.Account(dev).Config()
	impatient.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	var answers []string
	for range 3 {
		_, _, err := found(t, impatient, cloudtrail.LookupEventsInput{})
		answers = append(answers, code(err))
	}
	if fmt.Sprint(answers) != "[ok ok ThrottlingException]" {
		t.Errorf("three at once: %v", answers)
	}
	impatient.Region = "eu-west-1"
	if _, _, err := found(t, impatient, cloudtrail.LookupEventsInput{}); err != nil {
		t.Errorf("in another region: %v", err)
	}
}
