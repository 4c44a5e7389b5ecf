package cloudtrail_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// record is one in AWS's shape.
func record(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLE001","arn":"arn:aws:iam::111111111111:user/jsmith","accountId":"111111111111","accessKeyId":"AKIAEXAMPLEEXAMPLE01","userName":"jsmith"},"eventTime":"2016-04-05T20:39:39Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"[aws-cli/1.10]","requestParameters":null,"responseElements":{"a":["}",{"b":"]"}]},"requestID":"R1","eventID":%q,"readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"111111111111"}`, id)
}

func pretty(s string) string {
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		panic(err)
	}
	b, _ := json.MarshalIndent(v, "", "    ")
	return string(b)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func entry(id string) string {
	return fmt.Sprintf(`{"EventId":%q,"EventName":"ListBuckets","ReadOnly":"true","EventTime":1459888779.0,"Username":"jsmith","Resources":[],"CloudTrailEvent":%s}`, id, quote(record(id)))
}

func envelope(id string) string {
	return fmt.Sprintf(`{"version":"0","id":"e-%s","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"222222222222","time":"2016-04-05T20:39:39Z","region":"us-east-1","resources":[{"ARN":"x"}],"detail":%s}`, id, record(id))
}

// decoded is what came out of an input: event ids, errors as "! text".
func decoded(d *cloudtrail.Decoder, in string) []string {
	var out []string
	for r, err := range d.Records([]byte(in)) {
		if err != nil {
			out = append(out, "! "+err.Error())
			continue
		}
		out = append(out, strings.Clone(r.EventID))
	}
	return out
}

func TestForms(t *testing.T) {
	a, b := record("a"), record("b")
	ab := []string{"a", "b"}
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"log file":                   {`{"Records":[` + a + "," + b + `]}`, ab},
		"log file, other members":    {`{"x":{"Records":[1]},"Records" : [` + a + "," + b + `],"y":[[]]}`, ab},
		"log file, pretty":           {pretty(`{"Records":[` + a + "," + b + `]}`), ab},
		"log file, byte order mark":  {"\ufeff" + `{"Records":[` + a + "," + b + `]}`, ab},
		"log file, no records":       {`{"Records":[ ]}`, nil},
		"log files, concatenated":    {`{"Records":[` + a + `]}` + `{"Records":[` + b + `]}`, ab},
		"array of log files":         {`[{"Records":[` + a + `]},{"Records":[` + b + `]}]`, ab},
		"array":                      {" [" + a + " , " + b + "] \n", ab},
		"array, empty":               {"[]", nil},
		"lines":                      {a + "\n" + b + "\n", ab},
		"lines, CRLF":                {a + "\r\n\r\n" + b + "\r\n", ab},
		"records, concatenated":      {a + b, ab},
		"one record":                 {a, []string{"a"}},
		"one record, pretty":         {pretty(a), []string{"a"}},
		"records, pretty":            {pretty(a) + "\n" + pretty(b), ab},
		"lookup-events":              {`{"Events":[` + entry("a") + "," + entry("b") + `],"NextToken":"x"}`, ab},
		"lookup-events, pretty":      {pretty(`{"Events":[` + entry("a") + "," + entry("b") + `]}`), ab},
		"lookup-events, lines":       {entry("a") + "\n" + entry("b"), ab},
		"lookup-events, array":       {"[" + entry("a") + "," + entry("b") + "]", ab},
		"envelope":                   {envelope("a"), []string{"a"}},
		"envelopes, lines":           {envelope("a") + "\n" + envelope("b"), ab},
		"envelopes, array":           {"[" + envelope("a") + "," + envelope("b") + "]", ab},
		"envelopes, pretty":          {pretty(envelope("a")) + pretty(envelope("b")), ab},
		"envelope, detail first":     {`{"detail":` + a + `,"detail-type":"AWS API Call via CloudTrail","account":"1"}`, []string{"a"}},
		"envelope, pretty from jq":   {pretty(envelope("a")), []string{"a"}},
		"record with foreign fields": {`{"id":"i","account":"9","detail":{"eventID":"z"},"time":1,` + a[1:], []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, decoded(new(cloudtrail.Decoder), c.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvelopes(t *testing.T) {
	plain := cloudtrail.Envelope{}
	for name, c := range map[string]struct {
		in   string
		want cloudtrail.Envelope
		id   cloudtrail.ID
	}{
		"log file":     {`{"Records":[` + record("a") + `]}`, plain, cloudtrail.ID{Event: "a", Recipient: "111111111111"}},
		"foreign":      {`{"id":"i","account":"9",` + record("a")[1:], plain, cloudtrail.ID{Event: "a", Recipient: "111111111111"}},
		"lookup":       {entry("a"), cloudtrail.Envelope{ID: "a", Time: "1459888779.0"}, cloudtrail.ID{Event: "a", Recipient: "111111111111"}},
		"event bridge": {envelope("a"), cloudtrail.Envelope{ID: "e-a", Account: "222222222222", Region: "us-east-1", Time: "2016-04-05T20:39:39Z", DetailType: "AWS API Call via CloudTrail"}, cloudtrail.ID{Event: "a", Recipient: "111111111111"}},
		"no recipient": {`{"detail":{"eventID":"a"},"account":"222222222222"}`, cloudtrail.Envelope{Account: "222222222222"}, cloudtrail.ID{Event: "a", Recipient: "222222222222"}},
		"path account": {`{"eventID":"a"}`, plain, cloudtrail.ID{Event: "a", Recipient: "333333333333"}},
		"no event id":  {`{"account":"222222222222","detail":{"eventName":"x"}}`, cloudtrail.Envelope{Account: "222222222222"}, cloudtrail.ID{Event: "sha256:e55d2a8c08b42e83e8696fd38522fc87b34913de8118f29771be59cbc6036056", Recipient: "222222222222"}},
	} {
		t.Run(name, func(t *testing.T) {
			var d cloudtrail.Decoder
			for r, err := range d.Records([]byte(c.in)) {
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, r.Envelope); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if got := r.ID("333333333333"); got != c.id {
					t.Errorf("ID is %+v, want %+v", got, c.id)
				}
				if r.Resources != "" {
					t.Errorf("resources of the envelope in the record: %s", r.Resources)
				}
			}
		})
	}
}

func TestLookupRawIsTheRecord(t *testing.T) {
	var d cloudtrail.Decoder
	in := `{"Events":[` + entry("a") + `]}`
	for r, err := range d.Records([]byte(in)) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(record("a"), string(r.Raw)); diff != "" {
			t.Error(diff)
		}
		if !strings.HasPrefix(in[r.Offset:], `{\"eventVersion\"`) {
			t.Errorf("offset %d is not that of the text", r.Offset)
		}
	}
}
