package lookup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/memory"
)

var stack awstest.Stack

const (
	dev  = "111111111111"
	key  = "ASIAQQQQQQQQQQQQQQQQ"
	roll = "AROAEXAMPLE:ci"
)

var now = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

// record is a call in a region, some time ago.
func record(n int, region string, ago time.Duration, identity, rest string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":%s,"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances",
		"awsRegion":%q,"eventID":"22222222-2222-4222-8222-%012d","readOnly":true,"recipientAccountId":%q,"eventCategory":"Management"%s}`,
		identity, now.Add(-ago).Format(time.RFC3339), region, n, dev, rest))
}

// story is an issuance in one region, and uses in another.
func story() []json.RawMessage {
	user := `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::` + dev + `:user/jsmith","accountId":"` + dev + `","accessKeyId":"AKIAQQQQQQQQQQQQQQQQ","userName":"jsmith"}`
	issued := now.Add(-2 * time.Hour)
	session := `{"type":"AssumedRole","principalId":"` + roll + `","arn":"arn:aws:sts::` + dev + `:assumed-role/CI/ci","accountId":"` + dev + `","accessKeyId":"` + key + `",
		"sessionContext":{"attributes":{"creationDate":"` + issued.Format(time.RFC3339) + `"}}}`
	all := []json.RawMessage{json.RawMessage(strings.NewReplacer("ec2.amazonaws.com", "sts.amazonaws.com", "DescribeInstances", "AssumeRole").Replace(
		string(record(1000, "eu-west-1", 2*time.Hour, user, `,"requestParameters":{"roleArn":"arn:aws:iam::`+dev+`:role/CI","roleSessionName":"ci"},
			"responseElements":{"credentials":{"accessKeyId":"`+key+`","expiration":"Mar 3, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"`+roll+`","arn":"arn:aws:sts::`+dev+`:assumed-role/CI/ci"}}`))))}
	for n := range 120 {
		all = append(all, record(n, "us-east-1", 90*time.Minute-time.Duration(n)*time.Second, session, ""))
	}
	return all
}

func open(t *testing.T, cfg aws.Config, o lookup.Options) *lookup.Log {
	t.Helper()
	o.Now = cloudtrail.TimeOf(now)
	l, err := lookup.Open(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestHistory reads pages of the history as the decoder takes them.
func TestHistory(t *testing.T) {
	stand := stack.Start(t)
	stand.History(t, awstest.History{Records: append(story(), record(7777, "us-east-1", 100*24*time.Hour, `{"type":"Root"}`, "")), Now: now, Throttled: true})
	reader := stand.Account(dev).User(t, "reader", awstest.Allow("*", "cloudtrail:LookupEvents"))
	reader.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // the pace alone keeps to the rate
	l := open(t, reader, lookup.Options{})
	for name, c := range map[string]struct {
		windows       []source.Window
		pages, events int
	}{
		"all":                  {nil, 4, 121},
		"one region":           {[]source.Window{{Region: "eu-west-1"}}, 1, 1},
		"a minute":             {[]source.Window{{Account: dev, Region: "us-east-1", Since: ago(90 * time.Minute), Until: ago(90*time.Minute - 59*time.Second)}}, 2, 60},
		"another account's":    {[]source.Window{{Account: "222222222222"}}, 0, 0},
		"before there was any": {[]source.Window{{Region: "us-east-1", Until: ago(95 * 24 * time.Hour)}}, 0, 0},
		"from before on":       {[]source.Window{{Region: "us-east-1", Since: ago(101 * 24 * time.Hour), Until: ago(2 * time.Hour)}}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := memory.New()
			files, records, err := ingest.Pump(t.Context(), l.Within(c.windows...), s, ingest.Options{OnError: func(err error) { t.Error(err) }})
			if err != nil || files.Kept != c.pages || records.Kept != c.events {
				t.Errorf("%d pages, %d events, %v; want %d and %d", files.Kept, records.Kept, err, c.pages, c.events)
			}
			spans, err := s.Spans(t.Context())
			for _, span := range spans {
				if span.Newest != 0 || span.Account != "" {
					t.Errorf("a page moved a watermark: %+v", span)
				}
			}
			if err != nil {
				t.Error(err)
			}
			for row, err := range s.Rows(t.Context(), query.Selection{}) {
				if err != nil || !strings.HasPrefix(row.File, "inline:") || row.ID.Recipient != dev {
					t.Fatalf("%+v %v", row, err)
				}
				if raw, err := s.Raw(t.Context(), row.Location); err != nil || !strings.Contains(string(raw), row.ID.Event) {
					t.Fatalf("%s: %v", raw, err)
				}
			}
			if len(c.windows) == 1 {
				items, err := l.List(t.Context(), c.windows...)
				if err != nil || len(items) != c.pages {
					t.Errorf("listed: %d pages, %v", len(items), err)
				}
			}
		})
	}
}

func ago(d time.Duration) cloudtrail.Time { return cloudtrail.TimeOf(now.Add(-d)) }

// TestFind looks things up by what the history knows of them.
func TestFind(t *testing.T) {
	stand := stack.Start(t)
	stand.History(t, awstest.History{Records: story(), Now: now})
	l := open(t, stand.Account(dev).User(t, "reader", awstest.Allow("*", "cloudtrail:LookupEvents")), lookup.Options{Regions: []string{"us-east-1", "eu-west-1"}})
	l.Hurry()
	for asked, want := range map[string]int{
		key:                            51, // its issuance, and a page of its newest uses
		"AKIAQQQQQQQQQQQQQQQQ":         1,
		roll + "@2026-03-03T10:00:00Z": 51,
		"arn:aws:sts::" + dev + ":assumed-role/CI/ci": 51,
		"22222222-2222-4222-8222-000000000003":        1,
		"22222222-2222-4222-8222-000000000003@" + dev: 1,
		"22222222-2222-4222-8222-00000000ffff":        0,
		"jsmith":                                      1,
	} {
		items, err := l.Find(t.Context(), asked, source.Window{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, item := range items {
			body, err := item.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			var page struct{ Events []json.RawMessage }
			if err := json.Unmarshal(text, &page); err != nil {
				t.Fatal(err)
			}
			n += len(page.Events)
		}
		if n != want {
			t.Errorf("%s: %d events, want %d", asked, n, want)
		}
	}
}

// TestRefused: a region that nobody named is left out and told, one that was named
// is an error, and so is none at all.
func TestRefused(t *testing.T) {
	stand := stack.Start(t)
	stand.History(t, awstest.History{Records: story(), Now: now})
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"},
		{"Effect":"Deny","Action":"cloudtrail:LookupEvents","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]}}}]}`
	some := stand.Account(dev).User(t, "some", policy)
	var notes []string
	l := open(t, some, lookup.Options{Note: func(text string) { notes = append(notes, text) }})
	items, err := l.List(t.Context(), source.Window{})
	if err != nil || len(items) != 4 {
		t.Errorf("%d pages, %v", len(items), err)
	}
	if left, _ := l.Regions(t.Context(), dev); len(left) != 2 || len(notes) != 15 {
		t.Errorf("regions left: %v; told: %q", left, notes)
	}
	for _, c := range []struct {
		cfg     aws.Config
		regions []string
	}{
		{some, []string{"us-east-1", "eu-west-2"}},
		{stand.Account(dev).User(t, "nobody", ""), nil},
	} {
		_, err := open(t, c.cfg, lookup.Options{Regions: c.regions}).List(t.Context(), source.Window{})
		refused, ok := errors.AsType[*lookup.Error](err)
		if !ok || !strings.Contains(refused.Hints()[0], "cloudtrail:LookupEvents") {
			t.Errorf("%v: %v", c.regions, err)
		}
	}
}

// TestThrottled comes through where others use the account's rate up.
func TestThrottled(t *testing.T) {
	stand := stack.Start(t)
	stand.History(t, awstest.History{Records: story(), Now: now})
	faults := stand.Faults(t)
	faults.Set(t, awstest.Fault{Service: "cloudtrail", Operation: "LookupEvents", Times: 2, Error: "ThrottlingException", Status: 400})
	reader := faults.Through(stand.Account(dev).User(t, "reader", awstest.Allow("*", "cloudtrail:LookupEvents")))
	items, err := open(t, reader, lookup.Options{Regions: []string{"eu-west-1"}}).List(t.Context(), source.Window{})
	if err != nil || len(items) != 1 || len(faults.Fired(t)) != 2 {
		t.Errorf("%d pages after %d faults: %v", len(items), len(faults.Fired(t)), err)
	}
}
