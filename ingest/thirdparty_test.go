package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
)

const vendor = "777777777777"

// vendorStory is what is known of a vendor whose trail nobody lets us read: its rule
// forwards who assumes roles, without a recipientAccountId, and our own log files
// have our copy of the last such call and what was done then.
func vendorStory() (forwarded, logged []string) {
	const record = `{"eventVersion":"1.08","userIdentity":%s,"eventTime":%q,"eventSource":%q,"eventName":%q,"awsRegion":"us-east-1","sourceIPAddress":"198.51.100.9","userAgent":"cli",` +
		`"requestParameters":%s,"responseElements":%s,"requestID":%q,"eventID":%q,"readOnly":true,"eventType":"AwsApiCall"%s}`
	session := func(account, role, id, name, key, since string) string {
		return fmt.Sprintf(`{"type":"AssumedRole","principalId":"%[3]s:%[4]s","arn":"arn:aws:sts::%[1]s:assumed-role/%[2]s/%[4]s","accountId":"%[1]s","accessKeyId":"%[5]s",`+
			`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%[3]s","arn":"arn:aws:iam::%[1]s:role/%[2]s","accountId":"%[1]s","userName":"%[2]s"},"attributes":{"creationDate":"%[6]s","mfaAuthenticated":"false"}}}`,
			account, role, id, name, key, since)
	}
	issued := func(account, role, id, name, key string) (asked, answered string) {
		return fmt.Sprintf(`{"roleArn":"arn:aws:iam::%s:role/%s","roleSessionName":%q,"externalId":"3414"}`, account, role, name),
			fmt.Sprintf(`{"credentials":{"accessKeyId":%q,"sessionToken":"IQoJb3JpZ2luX2VjSECRET","expiration":"Mar 3, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%[3]s"}}`,
				key, id, name, account, role)
	}
	alice := `{"type":"IAMUser","principalId":"AIDAQQQQQQQQQQQALICE","arn":"arn:aws:iam::` + vendor + `:user/alice","accountId":"` + vendor + `","accessKeyId":"AKIAQQQQQQQQQQQALICE","userName":"alice"}`
	ops := session(vendor, "Ops", "AROAQQQQQQQQQQQQQOPS", "alice", "ASIAQQQQQQQQQQQQQOPS", "2026-03-03T10:00:00Z")
	const recipient = `,"recipientAccountId":"` + hub + `"`
	asked, answered := issued(vendor, "Ops", "AROAQQQQQQQQQQQQQOPS", "alice", "ASIAQQQQQQQQQQQQQOPS")
	forwarded = append(forwarded, fmt.Sprintf(record, alice, "2026-03-03T10:00:00Z", "sts.amazonaws.com", "AssumeRole", asked, answered, "r1", "vendor-first", ""))
	asked, answered = issued(hub, "Vendor", "AROAQQQQQQQQQQVENDOR", "fix", "ASIAQQQQQQQQQQVENDOR")
	const shared = `,"sharedEventID":"one-call"`
	forwarded = append(forwarded, fmt.Sprintf(record, ops, "2026-03-03T10:00:10Z", "sts.amazonaws.com", "AssumeRole", asked, answered, "r2", "vendor-second", shared))
	logged = append(logged, fmt.Sprintf(record, `{"type":"AWSAccount","principalId":"AROAQQQQQQQQQQQQQOPS:alice","accountId":"`+vendor+`"}`,
		"2026-03-03T10:00:10Z", "sts.amazonaws.com", "AssumeRole", asked, answered, "r2", "our-copy", shared+recipient))
	used := session(hub, "Vendor", "AROAQQQQQQQQQQVENDOR", "fix", "ASIAQQQQQQQQQQVENDOR", "2026-03-03T10:00:10Z")
	return forwarded, append(logged, fmt.Sprintf(record, used, "2026-03-03T10:01:00Z", "dynamodb.amazonaws.com", "DeleteTable", `{"tableName":"ledger"}`, "null", "r3", "deleted", recipient))
}

// TestThirdParty: what a third party forwards names its person, and says nothing of
// what its log covers (linkage.md vector 38). In every order, told alike by every
// store at every step.
func TestThirdParty(t *testing.T) {
	stand := stack.Start(t)
	cfg := stand.Account(hub).Config()
	forwarded, logged := vendorStory()
	d := dice(t)
	var all []notice.Message
	for _, r := range forwarded {
		all = append(all, enveloped(t, d, bridged(d, vendor, []byte(r)))...)
	}
	for n, r := range logged {
		f := synth.File{Name: fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/03/03/%[1]s_CloudTrail_us-east-1_20260303T10%02dZ_000000000000000%d.json.gz", hub, 5+n, n), Records: [][]byte{[]byte(r)}}
		b := put(t, stand, fmt.Sprintf("logs-%d", n), []synth.File{f})
		all = append(all, enveloped(t, d, announce(d, b.name, f.Name, b.etags[f.Name], b.sizes[f.Name]))...)
	}
	opener := queue.NewOpener(cfg, queue.OpenerOptions{})
	end := ""
	for n, order := range orders(len(all)) {
		stores := map[string]kept{"memory": openMemory()}
		if n%4 == 0 {
			stores["local"] = openLocal(t)
		}
		if n%12 == 0 {
			stores["dynamo"] = openTable(t, cfg, fmt.Sprintf("Third%d", n), nil)
		}
		have := map[int]bool{}
		for _, i := range order {
			have[i] = true
			answers := map[string]string{}
			for name, store := range stores {
				fill(t, store, &messages{opener, []any{all[i], all[i]}})
				answers[name] = told(t, store)
				if answers[name] != answers["memory"] && answers["memory"] != "" {
					t.Errorf("order %v, after %d, %s: %s", order, i, name, differs(answers[name], answers["memory"]))
				}
				end = answers[name]
			}
			if t.Failed() {
				return
			}
			if have[3] {
				checkVendor(t, fmt.Sprint(order, " after ", i), end, have)
			}
			if strings.Contains(end, `"kind":"log","accountId":"`+vendor) {
				t.Errorf("the log of the third party is covered: %s", end)
			}
		}
	}
}

// checkVendor holds the deletion's line to what can be known of it: of four messages
// 0 is alice's call, 1 that of her session, 2 our copy of it.
func checkVendor(t *testing.T, when, told string, have map[int]bool) {
	t.Helper()
	var l struct {
		Evidence string
		Origin   struct{ ID, Name string }
		Chain    []struct{ EventID string }
		Gaps     []struct{ Reason, AccountID string }
	}
	for line := range strings.Lines(told) {
		if strings.Contains(line, `"eventID":"deleted"`) {
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	alice := "iam:" + vendor + ":AIDAQQQQQQQQQQQALICE alice 2 hops []"
	want := ""
	switch {
	case have[0] && have[1]:
		want = "exact " + alice
	case have[0] && have[2]: // our copy names the session, its key does not go on to alice's call
		want = "inferred " + alice
	case have[1]:
		want = "unresolved   2 hops [{no-issuer-log " + vendor + "}]"
	case have[2]:
		want = "unresolved   1 hops [{caller-account-not-collected " + vendor + "}]"
	default:
		want = "unresolved   1 hops [{pending " + hub + "}]"
	}
	if got := fmt.Sprintf("%s %s %s %d hops %v", l.Evidence, l.Origin.ID, l.Origin.Name, len(l.Chain), l.Gaps); got != want {
		t.Errorf("%s: %s, want %s", when, got, want)
	}
}

// orders are all permutations of n.
func orders(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, shorter := range orders(n - 1) {
		for at := range n {
			one := append(append(append([]int{}, shorter[:at]...), n-1), shorter[at:]...)
			all = append(all, one)
		}
	}
	return all
}
