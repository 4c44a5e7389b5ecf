package notice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/source/notice"
)

// TestOnlyOf: through a topic comes what its account got, and nothing else; and which
// topic it was, SNS says, not who publishes there.
func TestOnlyOf(t *testing.T) {
	const own, other, hub = "111111111111", "222222222222", "999999999999"
	topic := "arn:aws:sns:us-east-1:" + own + ":crosstrail"
	inTopic := func(topic, message string) string {
		text, err := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": topic, "Message": message})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	record := func(caller, recipient, role string) string {
		return fmt.Sprintf(`{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","eventTime":"2026-03-03T10:00:00Z","userIdentity":{"type":"IAMUser"%s},"requestParameters":{"roleArn":"arn:aws:iam::%s:role/R"}%s}`, caller, role, recipient)
	}
	of := func(account string) string { return `,"accountId":"` + account + `"` }
	to := func(account string) string { return `,"recipientAccountId":"` + account + `"` }
	event := func(account, detail string) string {
		return fmt.Sprintf(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":%q,"detail":%s}`, account, detail)
	}
	good := event(own, record(of(own), to(own), hub))
	for _, c := range []struct{ name, message, want string }{
		{"its own call", good, ""},
		{"its own call, of a record without a recipient", event(own, record(of(own), "", hub)), ""},
		{"another's call for its own role", event(own, record(of(other), to(own), own)), ""},
		{"a caller with no account, for its own role", event(own, record("", to(own), own)), ""},
		{"in an envelope more", inTopic("arn:aws:sns:us-east-1:"+hub+":x", good), ""},
		{"another's call for another's role", event(own, record(of(other), to(own), hub)), "neither was that account's"},
		{"a caller that is no text", event(own, record(`,"accountId":222222222222`, to(own), hub)), "neither was that account's"},
		{"a caller twice", event(own, record(of(own)+of(other), to(own), hub)), "twice"},
		{"another's event", event(other, record(of(other), to(other), hub)), `an event of account "222222222222"`},
		{"the hub's event", event(hub, record(of(hub), to(hub), hub)), `an event of account "999999999999"`},
		{"a recipient that is no text", event(own, record(of(own), `,"recipientAccountId":222222222222`, hub)), "another account got"},
		{"a bare record", record(of(own), to(own), hub), "in no event of EventBridge"},
		{"bare records", `{"Records":[` + record(of(own), to(own), hub) + `]}`, "in no event of EventBridge"},
		{"a log file", `{"s3Bucket":"logs","s3ObjectKey":["AWSLogs/x.json.gz"]}`, "the name of an object"},
		{"nothing", `{"Event":"s3:TestEvent"}`, "no event of CloudTrail"},
		{"an envelope that names another topic", inTopic("arn:aws:sns:us-east-1:"+other+":theirs", event(other, record(of(other), to(other), hub))), `an event of account "222222222222"`},
	} {
		n, err := notice.Parse([]byte(inTopic(topic, c.message)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if n.Topic != topic {
			t.Errorf("%s: it came through %q", c.name, n.Topic)
		}
		err = n.OnlyOf(n.Topic)
		if (c.want == "") != (err == nil) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	n, err := notice.Parse([]byte(`{"Type":"SubscriptionConfirmation","TopicArn":"` + topic + `","Token":"x"}`))
	if err == nil {
		err = n.OnlyOf(n.Topic)
	}
	if err != nil {
		t.Errorf("SNS's own word: %v", err)
	}
}
