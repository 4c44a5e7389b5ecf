package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// The story that the questions are asked about. Account 111111111111 has jsmith
// and mallory, both take the role Deploy of 222222222222 under the session name
// "work"; jsmith goes on to Admin of 222222222222, and mallory takes a session
// that nobody uses. The log of 333333333333 was never collected.
const (
	jsmithKey, malloryKey    = "AKIAQQQQQQQQQQQQJSMI", "AKIAQQQQQQQQQQQQMALL"
	workKey, otherKey        = "ASIAQQQQQQQQQQQQWORK", "ASIAQQQQQQQQQQQQOTHE"
	adminKey, unusedKey      = "ASIAQQQQQQQQQQQQADMI", "ASIAQQQQQQQQQQQQUNUS"
	workSession              = "AROADEPLOY:work@2026-05-04T10:00:00Z"
	otherSession             = "AROADEPLOY:work@2026-05-04T11:00:00Z"
	adminSession             = "AROAADMIN:admin@2026-05-04T10:05:00Z"
	unusedSession            = "AROADEPLOY:spare@2026-05-04T11:30:00Z"
	secretToken              = "IQoJb3JpZ2luX2VjSECRET"
	jsmithID, malloryID      = "iam:111111111111:AIDAJSMITH", "iam:111111111111:AIDAMALLORY"
	home, prod               = "111111111111", "222222222222"
	deployRole, adminRole    = "arn:aws:iam::222222222222:role/ci/Deploy", "arn:aws:iam::222222222222:role/Admin"
	jsmithAddress, elsewhere = "192.0.2.10", "198.51.100.66"
)

// user and role are the userIdentity of a caller.
func user(name, id, key string) string {
	return fmt.Sprintf(`{"type":"IAMUser","principalId":%q,"arn":"arn:aws:iam::%s:user/%s","accountId":%q,"accessKeyId":%q,"userName":%q}`,
		id, home, name, home, key, name)
}

func role(name, id, session, key, since string) string {
	short := name[strings.LastIndexByte(name, '/')+1:]
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":%q,"accessKeyId":%q,
		"sessionContext":{"sessionIssuer":{"type":"Role","principalId":%q,"arn":"arn:aws:iam::%s:role/%s","accountId":%q,"userName":%q},
		"attributes":{"creationDate":%q,"mfaAuthenticated":"false"}}}`, id, session, prod, short, session, prod, key, id, prod, name, prod, short, since)
}

// record is one event; more are members besides the usual ones.
func record(id, at, source, name, account, identity, ip string, readOnly bool, more string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":%s,"eventTime":%q,"eventSource":"%s.amazonaws.com","eventName":%q,"awsRegion":"us-east-1",
		"sourceIPAddress":%q,"userAgent":"aws-cli/2.1","readOnly":%v,"eventID":%q,"eventType":"AwsApiCall","recipientAccountId":%q%s}`,
		identity, at, source, name, ip, readOnly, id, account, more)
}

func assumed(roleARN, id, session, key, expires string) string {
	short := roleARN[strings.LastIndexByte(roleARN, '/')+1:]
	return fmt.Sprintf(`,"requestParameters":{"roleArn":%q,"roleSessionName":%q},"responseElements":{"credentials":{"accessKeyId":%q,"sessionToken":%q,"expiration":%q},
		"assumedRoleUser":{"assumedRoleId":"%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s"}}`, roleARN, session, key, secretToken, expires, id, session, prod, short, session)
}

func story() []string {
	jo, mal := user("jsmith", "AIDAJSMITH", jsmithKey), user("mallory", "AIDAMALLORY", malloryKey)
	outside := fmt.Sprintf(`{"type":"AWSAccount","principalId":"AIDAJSMITH","accountId":%q}`, home)
	work := role("ci/Deploy", "AROADEPLOY", "work", workKey, "2026-05-04T10:00:00Z")
	other := role("ci/Deploy", "AROADEPLOY", "work", otherKey, "2026-05-04T11:00:00Z")
	admin := role("Admin", "AROAADMIN", "admin", adminKey, "2026-05-04T10:05:00Z")
	lost := role("Lost", "AROALOST", "x", "ASIAQQQQQQQQQQQQLOST", "2026-05-04T09:00:00Z")
	assumeWork := assumed(deployRole, "AROADEPLOY", "work", workKey, "May 4, 2026, 11:00:00 AM")
	return []string{
		record("issue-work", "2026-05-04T10:00:00Z", "sts", "AssumeRole", home, jo, jsmithAddress, true, assumeWork+`,"sharedEventID":"shared-1","requestID":"req-1"`),
		record("issue-work-copy", "2026-05-04T10:00:00Z", "sts", "AssumeRole", prod, outside, jsmithAddress, true, assumeWork+`,"sharedEventID":"shared-1","requestID":"req-1"`),
		record("list", "2026-05-04T10:01:00Z", "s3", "ListBuckets", prod, work, jsmithAddress, true, ``),
		record("put", "2026-05-04T10:02:00Z", "dynamodb", "PutItem", prod, work, elsewhere, false, `,"resources":[{"ARN":"arn:aws:dynamodb:us-east-1:222222222222:table/ledger"}]`),
		record("issue-admin", "2026-05-04T10:05:00Z", "sts", "AssumeRole", prod, work, jsmithAddress, true, assumed(adminRole, "AROAADMIN", "admin", adminKey, "May 4, 2026, 11:05:00 AM")),
		record("new-user", "2026-05-04T10:06:00Z", "iam", "CreateUser", prod, admin, jsmithAddress, false, `,"requestParameters":{"userName":"backdoor"},"errorCode":"AccessDenied","errorMessage":"no"`),
		record("new-key", "2026-05-04T10:07:00Z", "iam", "CreateAccessKey", prod, admin, jsmithAddress, false,
			`,"requestParameters":{"userName":"app"},"responseElements":{"accessKey":{"accessKeyId":"AKIAQQQQQQQQQQQQNEWK","userName":"app","status":"Active"}}`),
		record("issue-other", "2026-05-04T11:00:00Z", "sts", "AssumeRole", home, mal, elsewhere, true, assumed(deployRole, "AROADEPLOY", "work", otherKey, "May 4, 2026, 12:00:00 PM")),
		record("read", "2026-05-04T11:10:00Z", "s3", "GetObject", prod, other, elsewhere, true, `,"requestParameters":{"bucketName":"acme-logs","key":"a/b"}`),
		record("issue-unused", "2026-05-04T11:30:00Z", "sts", "AssumeRole", home, mal, elsewhere, true, assumed(deployRole, "AROADEPLOY", "spare", unusedKey, "May 4, 2026, 12:30:00 PM")),
		record("orphan", "2026-05-04T09:30:00Z", "ec2", "StopInstances", prod, lost, elsewhere, false, ``),
	}
}

// tell puts records into a store, each into the log of its account. The order
// of the records and how they are cut into files is the caller's.
func tell(t testing.TB, records []string, perFile int) (*memory.Store, *lineage.Resolver) {
	t.Helper()
	store := memory.New()
	for i := 0; i < len(records); i += perFile {
		part := records[i:min(i+perFile, len(records))]
		account := home
		if strings.Contains(part[0], `"recipientAccountId":"`+prod+`"`) {
			account = prod
		}
		body := []byte(`{"Records":[` + strings.Join(part, ",") + `]}`)
		name := fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/05/04/%s_CloudTrail_us-east-1_20260504T1140Z_%016d.json.gz", account, account, i)
		var d cloudtrail.Decoder
		file := source.File{LogFile: cloudtrail.ParseLogFileName(name), Body: body, Records: func(yield func(*cloudtrail.Record) bool) {
			for r, err := range d.Records(body) {
				if err != nil {
					t.Fatalf("decoding: %v", err)
				}
				if !yield(r) {
					return
				}
			}
		}}
		if _, _, err := store.Add(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans, err := store.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return store, lineage.NewResolver(store, lineage.NewHorizon(spans))
}
