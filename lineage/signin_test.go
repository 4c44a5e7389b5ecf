package lineage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/lineage"
)

const (
	roleCaller   = `{"type":"AssumedRole","principalId":"AROAQQQQADMIN:alice","accountId":"222222222222"}`
	personCaller = `{"type":"IdentityCenterUser","accountId":"999999999999","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::999999999999:identitystore/d-9"},"credentialId":"cred-1"}`
)

// signinCall is a record of the sign-in service.
func signinCall(name, identity, response, more string) string {
	return call("signin.amazonaws.com", name, identity, "null", response, `"additionalEventData":`+more)
}

// What the kinds of facts other than issuances are read from, and the keys that
// they are found by.
var otherCases = []struct {
	name, record string
	want         string // the first fact that is no name; "" for none
	keys         []string
}{
	{
		"ConsoleLogin", signinCall("ConsoleLogin", alice, `{"ConsoleLogin":"Success"}`, `{"MFAUsed":"Yes"}`),
		"sign-in mfaUsed=yes",
		[]string{"wAIDAQQQQALICE"},
	},
	{"a login that failed", signinCall("ConsoleLogin", alice, `{"ConsoleLogin":"Failure"}`, `{}`), "", nil},
	{"a login that says nothing", signinCall("ConsoleLogin", alice, `null`, `{}`), "", nil},
	{
		"SwitchRole", signinCall("SwitchRole", roleCaller, `{"SwitchRole":"Success"}`, `{"SwitchFrom":"arn:aws:iam::111111111111:user/alice"}`),
		"sign-in from=arn:aws:iam::111111111111:user/alice",
		[]string{"wAROAQQQQADMIN:alice"},
	},
	{"a switch that failed", signinCall("SwitchRole", roleCaller, `{"SwitchRole":"Failure"}`, `{}`), "", nil},
	{"ExitRole", signinCall("ExitRole", roleCaller, `{"ExitRole":"Success"}`, `{}`), "sign-in", []string{"wAROAQQQQADMIN:alice"}},
	{"RenewRole", signinCall("RenewRole", roleCaller, `{"RenewRole":"Success"}`, `{}`), "sign-in", []string{"wAROAQQQQADMIN:alice"}},
	{"GetSigninToken", signinCall("GetSigninToken", roleCaller, `{"GetSigninToken":"Success"}`, `{}`), "sign-in", []string{"wAROAQQQQADMIN:alice"}},
	{
		"CreateOAuth2Token is found by its session too",
		signinCall("CreateOAuth2Token", `{"type":"AssumedRole","principalId":"AROAQQQQADMIN:alice","sessionContext":{"attributes":{"creationDate":"2024-03-01T11:00:00Z"}}}`,
			`null`, `{"success":"true","signInSessionArn":"arn:aws:signin:us-east-1:222222222222:session/5"}`),
		"sign-in signin=arn:aws:signin:us-east-1:222222222222:session/5",
		[]string{"wAROAQQQQADMIN:alice", "sarn:aws:signin:us-east-1:222222222222:session/5", "cAROAQQQQADMIN:alice|1709290800"},
	},
	{"a grant that failed", signinCall("CreateOAuth2Token", roleCaller, `null`, `{"success":"false"}`), "", nil},
	{
		"Identity Center's CreateToken, by its credential id",
		call("sso.amazonaws.com", "CreateToken", personCaller, "null", "null", `"additionalEventData":"{\"identitycenter:CredentialId\":\"cred-1\",\"identitystore:UserId\":\"u-1\"}"`),
		"sign-in subject=u-1 signin=cred-1",
		[]string{"scred-1"},
	},
	{
		"GetRoleCredentials", call("sso.amazonaws.com", "GetRoleCredentials", personCaller, "null", "null", `"serviceEventDetails":{"role_name":"Admin","account_id":"222222222222"}`),
		"portal account=222222222222 role=Admin",
		[]string{"g222222222222|Admin", "scred-1", "cidc:d-9:u-1"},
	},
	{"GetRoleCredentials without details", call("sso.amazonaws.com", "GetRoleCredentials", personCaller, "null", "null", ""), "", nil},
	{
		"an agent's event", call("aws-mcp.amazonaws.com", "CallTool", roleCaller, "null", "null", `"eventType":"AwsMcpEvent","additionalEventData":{"downstreamRequests":[{"requestId":"r1"},{"requestId":"r2"},{}]}`),
		"downstream requests=r1,r2",
		[]string{"qr1", "qr2"},
	},
	{
		"a copy that can be given", call("s3.amazonaws.com", "GetObject", roleCaller, "null", "null", `"sharedEventID":"sh-1"`),
		"copy",
		[]string{"hs3.amazonaws.com|sh-1"},
	},
	{"a copy that is needed is looked for, not kept", call("s3.amazonaws.com", "GetObject", `{"type":"AWSAccount","principalId":"AROAQQQQADMIN:alice","accountId":"1"}`, "null", "null", `"sharedEventID":"sh-1"`), "", nil},
	{"26 a service's copy", call("kms.amazonaws.com", "Decrypt", `{"type":"AWSService","invokedBy":"rds.amazonaws.com"}`, "null", "null", `"sharedEventID":"sh-1"`), "", nil},
	{
		"CreateAccessKey", call("iam.amazonaws.com", "CreateAccessKey", alice, `{"userName":"bob"}`, `{"accessKey":{"accessKeyId":"AKIAQQQQKEYNUMBERTWO","userName":"bob","status":"Active"}}`, ""),
		"key-minted name=bob key=AKIAQQQQKEYNUMBERTWO",
		[]string{"mAKIAQQQQKEYNUMBERTWO", "cAIDAQQQQALICE", "cAKIAQQQQALICE1"},
	},
	{"CreateAccessKey denied", call("iam.amazonaws.com", "CreateAccessKey", alice, `{"userName":"bob"}`, `null`, `"errorCode":"AccessDenied"`), "", nil},
	{
		"CreateRole", call("iam.amazonaws.com", "CreateRole", alice, `{"roleName":"web"}`, `{"role":{"roleId":"AROAQQQQWEB","roleName":"web","arn":"arn:aws:iam::222222222222:role/app/web"}}`, ""),
		"role-changed name=web arn=arn:aws:iam::222222222222:role/app/web",
		[]string{"cAIDAQQQQALICE", "cAKIAQQQQALICE1"},
	},
	{
		"AttachRolePolicy has no ARN of the role", call("iam.amazonaws.com", "AttachRolePolicy", alice, `{"roleName":"web","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, "null", ""),
		"role-changed name=web arn=arn:aws:iam::222222222222:role/web",
		[]string{"cAIDAQQQQALICE", "cAKIAQQQQALICE1"},
	},
	{
		"an addendum gives fields anew", call("s3.amazonaws.com", "GetObject", alice, "null", "null",
			`"addendum":{"reason":"UPDATED_DATA","updatedFields":"userIdentity.arn, userIdentity.userName,userAgent","originalEventID":"ev-0"}`),
		"correction id=ev-0 fields=[userIdentity.arn:arn:aws:iam::111111111111:user/alice][userIdentity.userName:alice]",
		[]string{"oev-0", "o"},
	},
	{"an addendum of a late delivery corrects nothing", call("s3.amazonaws.com", "GetObject", alice, "null", "null", `"addendum":{"reason":"DELIVERY_DELAY"}`), "", nil},
}

func TestFactsOfOtherRecords(t *testing.T) {
	for _, c := range otherCases {
		t.Run(c.name, func(t *testing.T) {
			_, facts := read(t, c.record)
			got, keys := "", []string(nil)
			for _, f := range facts {
				if f.Kind != lineage.Name && got == "" {
					got, keys = tell(&f), keysOf(&f)
				}
			}
			if got != c.want {
				t.Errorf("fact %q\nwant %q", got, c.want)
			}
			if diff := cmp.Diff(c.keys, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name, record string
		want         []string
		keys         []string // of the first
	}{
		{
			"a user, on any record", call("s3.amazonaws.com", "ListBuckets", alice, "null", "null", ""),
			[]string{named},
			[]string{"pAIDAQQQQALICE", "nalice", "narn:aws:iam::111111111111:user/alice"},
		},
		{
			"a role, by its session's issuer",
			call("s3.amazonaws.com", "ListBuckets", `{"type":"AssumedRole","principalId":"AROAQQQQWEB:i-1","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAQQQQWEB","arn":"arn:aws:iam::222222222222:role/app/Web","userName":"Web"}}}`, "null", "null", ""),
			[]string{"name id=AROAQQQQWEB name=Web arn=arn:aws:iam::222222222222:role/app/Web at=2024-03-01T00:00:00Z"},
			[]string{"pAROAQQQQWEB", "nweb", "narn:aws:iam::222222222222:role/app/web"},
		},
		{
			"a person of Identity Center, by the session that bears the name",
			call("s3.amazonaws.com", "ListBuckets", `{"type":"AssumedRole","principalId":"AROAQQQQSSO:Eve@example.com","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::9:identitystore/d-9"},"sessionContext":{"sessionIssuer":{"userName":"AWSReservedSSO_Admin_1"}}}`, "null", "null", ""),
			[]string{"name id=idc:d-9:u-1 name=Eve@example.com at=2024-03-01T00:00:00Z"},
			[]string{"pidc:d-9:u-1", "neve@example.com"},
		},
		{
			"a person of Identity Center, signing in",
			call("signin.amazonaws.com", "UserAuthentication", personCaller, "null", "null", `"additionalEventData":{"UserName":"eve@example.com"}`),
			[]string{"name id=idc:d-9:u-1 name=eve@example.com at=2024-03-01T00:00:00Z"},
			[]string{"pidc:d-9:u-1", "neve@example.com"},
		},
		{
			"no name of a session that an application made on a person's behalf",
			call("s3.amazonaws.com", "ListBuckets", `{"type":"AssumedRole","principalId":"AROAQQQQAPP:access-grants-1","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::9:identitystore/d-9"},"sessionContext":{"sessionIssuer":{"userName":"app"}}}`, "null", "null", ""),
			nil, nil,
		},
		{
			"a new user, to the second",
			call("iam.amazonaws.com", "CreateUser", `{"type":"AWSService","invokedBy":"x.amazonaws.com"}`, `{"userName":"bob"}`, `{"user":{"userId":"AIDAQQQQBOB","userName":"bob","arn":"arn:aws:iam::222222222222:user/bob"}}`, ""),
			[]string{"name id=AIDAQQQQBOB name=bob arn=arn:aws:iam::222222222222:user/bob at=2024-03-01T12:00:00Z"},
			[]string{"pAIDAQQQQBOB", "nbob", "narn:aws:iam::222222222222:user/bob"},
		},
		{"a hidden name is none", call("signin.amazonaws.com", "ConsoleLogin", `{"type":"IAMUser","principalId":"AIDAQQQQALICE","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, "null", `{"ConsoleLogin":"Failure"}`, ""), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, facts := read(t, c.record)
			var got []string
			for _, f := range facts {
				if f.Kind != lineage.Name {
					continue
				}
				got = append(got, tell(&f))
				if len(got) == 1 {
					if diff := cmp.Diff(c.keys, keysOf(&f)); diff != "" {
						t.Errorf("keys (-want +got):\n%s", diff)
					}
				}
				if f.ID != (lineage.Use{}).ID || f.Caller == nil {
					t.Errorf("a name belongs to event %v of %v", f.ID, f.Caller)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// Vector 29: what an addendum changes is one thing, whenever it is applied.
func TestCorrected(t *testing.T) {
	_, facts := read(t, sts("AssumeRole", alice, request, `{`+credentials+`,`+assumed+`}`))
	issued := facts[1]
	_, more := read(t, `{"eventTime":"2024-03-01T12:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","eventID":"ev-9","recipientAccountId":"222222222222",
		"userIdentity":{"type":"IAMUser","principalId":"AIDAQQQQALICE","sessionContext":{"attributes":{"creationDate":"2024-03-01T10:00:00Z"}}},
		"addendum":{"reason":"UPDATED_DATA","originalEventID":"ev-1","updatedFields":["userIdentity","responseElements.assumedRoleUser"]}}`)
	if len(more) != 1 || more[0].Kind != lineage.Correction {
		t.Fatalf("the addendum gives %d facts, want one correction", len(more))
	}
	got := issued.Corrected([]*lineage.Fact{&more[0]})
	if got.Caller.PrincipalID != "AIDAQQQQALICE" || got.Caller.ARN != "" || got.Caller.Created.String() != "2024-03-01T10:00:00Z" {
		t.Errorf("caller %+v", got.Caller)
	}
	if got.Grant.PrincipalID != "" || got.Grant.AccessKeyID != issued.Grant.AccessKeyID || got.Time != issued.Time {
		t.Errorf("grant %+v at %v: only what the addendum names may change", got.Grant, got.Time)
	}
	if issued.Caller.PrincipalID != "AIDAQQQQALICE" {
		t.Error("the fact itself was changed")
	}
	other := more[0]
	other.ID.Recipient = "333333333333"
	if issued.Corrected([]*lineage.Fact{&other}) != &issued {
		t.Error("another account's addendum changed the fact")
	}
}

func TestRolesInEveryPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "arn:aws:iam::222222222222:role/web", "cn-north-1": "arn:aws-cn:iam::222222222222:role/web",
		"us-gov-west-1": "arn:aws-us-gov:iam::222222222222:role/web",
	} {
		record := call("iam.amazonaws.com", "PutRolePolicy", alice, `{"roleName":"web"}`, "null", "")
		_, facts := read(t, strings.Replace(record, "us-east-1", region, 1))
		if got := facts[len(facts)-1].Detail.ARN; got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

// An EventBridge envelope repeats eventTime, and names the recipient.
func TestUseInAnEnvelope(t *testing.T) {
	use, _ := read(t, `{"version":"0","id":"b1","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"222222222222","time":"2024-03-01T12:00:00Z","region":"us-east-1",
		"detail":{"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventID":"ev-1","userIdentity":`+alice+`}}`)
	if use.Time.String() != "2024-03-01T12:00:00Z" || use.ID.Recipient != "222222222222" {
		t.Errorf("at %v for %s", use.Time, use.ID.Recipient)
	}
}
