package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func parseStamp(s string) (cloudtrail.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	return cloudtrail.TimeOf(t), err
}

// TestLineOfTheContract holds the line to contract.md, "Output": fields, order
// and what is left out.
func TestLineOfTheContract(t *testing.T) {
	names := &query.Names{}
	names.Add("111111111111", "dev")
	got := NewEncoder(Style{Names: names}).Append(nil, jsmith())
	want := `{"eventID":"099ff820-00f2-4500-94fc-2b9da26d576f","eventTime":"2016-04-05T20:39:39Z","eventSource":"s3.amazonaws.com",` +
		`"eventName":"ListBuckets","awsRegion":"us-east-1","recipientAccountId":"999999999999","accessKeyId":"ASIAJJQOJ64OAM7C65AA",` +
		`"principalId":"AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount","sourceIPAddress":"AWS Internal",` +
		`"userAgent":"[Boto3/1.3.0 Python/3.4.4 Darwin/15.4.0 Botocore/1.4.8 Resource]","requestID":"2ED523DEA5409137",` +
		`"crossAccount":true,"evidence":"exact",` +
		`"origin":{"id":"iam:111111111111:AIDAIDVUOOO7V6R6HKL6E","kind":"IAMUser","rule":"access-key","arn":"arn:aws:iam::111111111111:user/jsmith",` +
		`"principalId":"AIDAIDVUOOO7V6R6HKL6E","accountId":"111111111111","accountName":"dev","name":"jsmith","accessKeyId":"AKIAJ2DZP3QVQ3D6VJBQ"},` +
		`"chain":[{"id":"AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount@2016-04-05T20:39:37Z",` +
		`"session":"arn:aws:sts::999999999999:assumed-role/CrossAccountTest/TestSessionCrossAccount",` +
		`"roleArn":"arn:aws:iam::999999999999:role/CrossAccountTest","accountId":"999999999999","by":"AssumeRole","rule":"access-key","evidence":"exact",` +
		`"eventID":"e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf","eventTime":"2016-04-05T20:39:37Z","expires":"2016-04-05T21:39:37Z",` +
		`"accessKeyId":"ASIAJJQOJ64OAM7C65AA","callerAccessKeyId":"AKIAJ2DZP3QVQ3D6VJBQ","callerAccountId":"111111111111",` +
		`"sourceIPAddress":"72.21.196.66","userAgent":"Boto3/1.3.0 Python/3.4.4 Darwin/15.4.0 Botocore/1.4.8","externalId":"3414","mfa":false,` +
		`"file":"dev.json","record":3}],"file":"prod.json","record":17}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestLineOrder holds the order of the contract's example, in which every field
// stands once.
func TestLineOrder(t *testing.T) {
	order := []string{
		"eventID", "eventTime", "eventSource", "eventName", "awsRegion", "recipientAccountId", "accessKeyId", "principalId",
		"sourceIPAddress", "userAgent", "errorCode", "errorMessage", "readOnly", "requestID", "sharedEventID", "invokedBy",
		"resources", "crossAccount", "evidence", "origin", "chain", "via", "conflicts", "gaps", "candidates", "file", "record",
	}
	dec := json.NewDecoder(bytes.NewReader(NewEncoder(Style{}).Append(nil, everything())))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key.(string))
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if s := string(value); s == `""` || s == "null" || s == "[]" || s == "{}" {
			t.Errorf("%s is empty and was not left out", key)
		}
	}
	if diff := cmp.Diff(order, got); diff != "" {
		t.Error(diff)
	}
}

// TestLineMeansTheSame compares with encoding/json: the same line, hostile in
// every field, as a struct.
func TestLineMeansTheSame(t *testing.T) {
	for _, h := range hostile {
		t.Run(h, func(t *testing.T) {
			l := everything()
			poison(&l, h)
			got := NewEncoder(Style{}).Append(nil, l)
			wantBytes, err := json.Marshal(lineOf(l))
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if err := json.Unmarshal(got, &a); err != nil {
				t.Fatalf("%v in %s", err, got)
			}
			if err := json.Unmarshal(wantBytes, &b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(b, a); diff != "" {
				t.Error(diff)
			}
			if i := bytes.IndexFunc(got, hidden); i >= 0 {
				t.Errorf("a character that a terminal may obey at %d of %q", i, got)
			}
		})
	}
}

// poison adds s to every text that came out of a log.
func poison(l *query.Line, s string) {
	r := l.Row
	who := *r.Caller
	r.Caller = &who
	i := l.Chain.Hops[0].Issuance
	for _, p := range []*string{
		&r.ID.Event, &r.ID.Recipient, &r.EventSource, &r.EventName, &r.Region, &who.AccessKeyID, &who.PrincipalID, &r.SourceIP, &r.UserAgent,
		&r.ErrorCode, &r.ErrorMessage, &r.RequestID, &r.SharedEventID, &who.InvokedBy, &r.Resources[1], &r.File,
		&l.Chain.Origin.Name, &l.Chain.Origin.ARN, &l.Chain.Origin.SignIn.SourceIP,
		&l.Chain.Hops[0].SessionARN, &l.Chain.Hops[0].SourceIdentity, &l.Chain.Hops[0].Notes[0], &l.Chain.Gaps[0].AccountID,
		&i.UserAgent, &i.Request.ExternalID, &i.File,
	} {
		*p += s
	}
	l.Chain.Hops[0].Tags = map[string]string{"team" + s: s + "payments", "b": "c"}
}

func TestOnlyWhatIsKnown(t *testing.T) {
	l := query.Line{Row: &query.Row{}, Chain: &lineage.Chain{}}
	l.Row.ID.Event = "sha256:00"
	if got, want := string(NewEncoder(Style{}).Append(nil, l)), `{"eventID":"sha256:00","crossAccount":false}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	l.Row.ReadOnly = cloudtrail.False
	l.Row.File = "a.json"
	if got := string(NewEncoder(Style{}).Append(nil, l)); !strings.Contains(got, `"readOnly":false`) || !strings.Contains(got, `"file":"a.json","record":0`) {
		t.Errorf("what is false or 0 and known was left out: %s", got)
	}
}

func TestNamesBesideIDs(t *testing.T) {
	names := &query.Names{}
	names.Add("999999999999", "prod")
	names.Add("AROAICKBBQTXWLOLJLHW4", "auditors")
	names.Add("72.21.196.0/24", "office")
	l := jsmith()
	l.Row.SourceIP = "72.21.196.66"
	got := string(NewEncoder(Style{Names: names}).Append(nil, l))
	for _, want := range []string{`"recipientAccountName":"prod"`, `"principalName":"auditors"`, `"sourceIPName":"office"`, `"accountName":"prod"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// TestForgettingChangesNothing fills the memory for chains over its bound.
func TestForgettingChangesNothing(t *testing.T) {
	e := NewEncoder(Style{})
	l := jsmith()
	want := string(e.Append(nil, l))
	big := everything()
	big.Chain.Origin.Name = strings.Repeat("x", keep/3)
	for range 5 {
		c := *big.Chain
		big.Chain = &c
		e.Append(nil, big)
	}
	if got := string(e.Append(nil, l)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkLine(b *testing.B) {
	e := NewEncoder(Style{})
	l := jsmith()
	dst := e.Append(nil, l)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], l)
	}
}
