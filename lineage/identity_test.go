package lineage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

func TestIdentity(t *testing.T) {
	use, _ := read(t, call("s3.amazonaws.com", "ListBuckets", `{
		"type":"AssumedRole","principalId":"AROAQQQQREADER:build-7","arn":"arn:aws:sts::222222222222:assumed-role/reader/build-7",
		"accountId":"222222222222","accessKeyId":"ASIAQQQQKEYNUMBERONE","userName":"u","identityProvider":"p","invokedBy":"s3.amazonaws.com","credentialId":"c",
		"invokedByDelegate":{"accountId":"444444444444"},
		"onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::9:identitystore/d-9"},
		"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:eu-west-1:222222222222:function:f"},
		"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAQQQQREADER","arn":"arn:aws:iam::222222222222:role/x/reader","accountId":"222222222222","userName":"reader"},
			"webIdFederationData":{"federatedProvider":"cognito-identity.amazonaws.com","attributes":{"cognito-identity.amazonaws.com:aud":"pool","cognito-identity.amazonaws.com:sub":"eu-west-1:9f"}},
			"attributes":{"creationDate":"2024-03-01T11:00:00Z","mfaAuthenticated":"true"},
			"sourceIdentity":"alice","ec2RoleDelivery":"2.0","assumedRoot":"true","signInSessionArn":"arn:aws:signin:us-east-1:222222222222:session/5"}}`, "null", "null", ""))
	want := lineage.Identity{
		Type: "AssumedRole", PrincipalID: "AROAQQQQREADER:build-7", ARN: "arn:aws:sts::222222222222:assumed-role/reader/build-7",
		AccountID: "222222222222", AccessKeyID: "ASIAQQQQKEYNUMBERONE", UserName: "u", IdentityProvider: "p", InvokedBy: "s3.amazonaws.com", CredentialID: "c",
		DelegateAccount: "444444444444", OnBehalfOfUser: "u-1", OnBehalfOfStore: "d-9",
		InScopeType: "AWS::Lambda::Function", InScopeARN: "arn:aws:lambda:eu-west-1:222222222222:function:f",
		Created: 1709290800, MFA: cloudtrail.True, IssuerType: "Role", IssuerPrincipal: "AROAQQQQREADER",
		IssuerARN: "arn:aws:iam::222222222222:role/x/reader", IssuerAccount: "222222222222", IssuerName: "reader",
		FederatedProvider: "cognito-identity.amazonaws.com", FederatedSubject: "eu-west-1:9f",
		SourceIdentity: "alice", EC2RoleDelivery: "2.0", SignInSessionARN: "arn:aws:signin:us-east-1:222222222222:session/5", AssumedRoot: true,
	}
	got := *use.Caller
	got.Digest, got.Missing = want.Digest, want.Missing
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if use.Caller.Missing != 0 {
		t.Errorf("%d link fields missing, want none", use.Caller.Missing)
	}
}

func TestMaskedValuesAreAbsent(t *testing.T) {
	for _, mask := range []string{"HIDDEN_DUE_TO_SECURITY_REASONS", "REDACTED", "********************", "ASIA****"} {
		use, _ := read(t, call("s3.amazonaws.com", "ListBuckets", `{"type":"AssumedRole","principalId":"AROAQQQQ:s","accessKeyId":"`+mask+`","userName":"`+mask+`"}`, "null", "null", ""))
		if who := use.Caller; who.AccessKeyID != "" || who.UserName != "" || !who.Redacted {
			t.Errorf("%s: key %q, name %q, redacted %v", mask, who.AccessKeyID, who.UserName, who.Redacted)
		}
	}
	use, _ := read(t, call("s3.amazonaws.com", "ListBuckets", `{"type":"AssumedRole","principalId":"AROAQQQQ:s","accessKeyId":""}`, "null", "null", ""))
	if use.Caller.Redacted {
		t.Error("a key that is not there counts as redacted; service-linked roles have none")
	}
}

func TestSessions(t *testing.T) {
	const at = `"sessionContext":{"attributes":{"creationDate":"2016-04-05T20:39:37Z"}}`
	for _, c := range []struct{ name, identity, role, session, id string }{
		{
			"the seed's", `{"type":"AssumedRole","principalId":"AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount",` + at + `}`,
			"AROAICKBBQTXWLOLJLHW4", "TestSessionCrossAccount", "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount@2016-04-05T20:39:37Z",
		},
		{
			"23 a principal id with three colons", `{"type":"AssumedRole","principalId":"123456789012:aws:ec2-instance:i-02854e4b",` + at + `}`,
			"123456789012:aws:ec2-instance", "i-02854e4b", "123456789012:aws:ec2-instance:i-02854e4b@2016-04-05T20:39:37Z",
		},
		{
			"41 a principal id masked to one value: the ARN has the name", `{"type":"AssumedRole","principalId":"AROC7E598EE6F3133789","arn":"arn:aws:sts::1:assumed-role/r/s-1",` + at + `}`,
			"AROC7E598EE6F3133789", "s-1", "AROC7E598EE6F3133789:s-1@2016-04-05T20:39:37Z",
		},
		{"a person's console session", `{"type":"IAMUser","principalId":"AIDAQQQQALICE",` + at + `}`, "AIDAQQQQALICE", "", "AIDAQQQQALICE@2016-04-05T20:39:37Z"},
		{"14 an OIDC subject is no session name", `{"type":"WebIdentityUser","principalId":"p:aud:a:b"}`, "p:aud:a:b", "", ""},
		{"a federated user", `{"type":"FederatedUser","principalId":"742491224508:red_team",` + at + `}`, "742491224508", "red_team", "742491224508:red_team@2016-04-05T20:39:37Z"},
		{"24 no type, no identity to speak of", `null`, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			use, _ := read(t, call("s3.amazonaws.com", "ListBuckets", c.identity, "null", "null", ""))
			who := use.Caller
			if who.RoleID() != c.role || who.SessionName() != c.session || who.SessionID() != c.id {
				t.Errorf("role %q, session %q, id %q", who.RoleID(), who.SessionName(), who.SessionID())
			}
		})
	}
}

// Events of one session share a key, and nobody else's do.
func TestSessionKeysSetSessionsApart(t *testing.T) {
	session := func(principal, arn, account, created, more string) string {
		return `{"type":"AssumedRole","principalId":"` + principal + `","arn":"` + arn + `","accountId":"` + account + `","sessionContext":{` + more + `"attributes":{"creationDate":"` + created + `"}}}`
	}
	cognito := func(sub string) string {
		return session("AROAQQQQAPP:CognitoIdentityCredentials", "", "1", "2024-03-01T11:00:00Z", `"webIdFederationData":{"attributes":{"cognito-identity.amazonaws.com:sub":"`+sub+`"}},`)
	}
	identities := []string{
		session("AROAQQQQ:s", "arn:aws:sts::1:assumed-role/r/s", "1", "2024-03-01T11:00:00Z", ""),
		session("AROAQQQQ:s", "arn:aws:sts::1:assumed-role/r/s", "1", "2024-03-01T11:00:01Z", ""),
		session("AROAQQQQ:s", "arn:aws:sts::1:assumed-role/r/s", "2", "2024-03-01T11:00:00Z", ""),
		session("AROAQQQQ:t", "arn:aws:sts::1:assumed-role/r/t", "1", "2024-03-01T11:00:00Z", ""),
		session("AROAMASK", "arn:aws:sts::1:assumed-role/r/s", "1", "2024-03-01T11:00:00Z", ""),
		session("AROAMASK", "arn:aws:sts::1:assumed-role/r/t", "1", "2024-03-01T11:00:00Z", ""),
		session("REDACTED", "arn:aws:sts::1:assumed-role/r/t", "1", "2024-03-01T11:00:00Z", ""),
		session("REDACTED", "arn:aws:sts::1:assumed-role/q/t", "1", "2024-03-01T11:00:00Z", ""),
		cognito("eu-west-1:one"), cognito("eu-west-1:two"), // vector 15
		`{"type":"IAMUser","principalId":"AIDAQQQQALICE","accountId":"1","accessKeyId":"AKIA1"}`,
		`{"type":"IAMUser","principalId":"AIDAQQQQALICE","accountId":"1","accessKeyId":"AKIA2"}`,
		`{"type":"IAMUser","principalId":"AIDAQQQQALICE","accountId":"1"}`,
		`{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`,
		`{"type":"AWSService","invokedBy":"rds.amazonaws.com"}`,
		`{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL"}`,
		`null`,
	}
	owner := map[string]string{}
	for _, id := range identities {
		for _, key := range []string{"ASIAONE", "ASIATWO"} {
			keyed := id
			if strings.Contains(id, "creationDate") {
				keyed = id[:len(id)-1] + `,"accessKeyId":"` + key + `"}` // many keys, one session
			}
			use, _ := read(t, call("s3.amazonaws.com", "ListBuckets", keyed, "null", "null", ""))
			k := use.Caller.SessionKey()
			if was, ok := owner[k]; ok && was != id {
				t.Errorf("one session key %q for\n%s\n%s", k, was, id)
			}
			owner[k] = id
		}
	}
	if len(owner) != len(identities) {
		t.Errorf("%d session keys for %d sessions", len(owner), len(identities))
	}
}
