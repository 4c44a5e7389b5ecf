package lineage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/lineage"
)

const (
	alice = `{"type":"IAMUser","principalId":"AIDAQQQQALICE","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","accessKeyId":"AKIAQQQQALICE1","userName":"alice"}`
	named = `name id=AIDAQQQQALICE name=alice arn=arn:aws:iam::111111111111:user/alice at=2024-03-01T00:00:00Z`

	credentials = `"credentials":{"accessKeyId":"ASIAQQQQKEYNUMBERONE","sessionToken":"SECRET","expiration":"Mar 1, 2024, 1:00:00 PM"}`
	assumed     = `"assumedRoleUser":{"assumedRoleId":"AROAQQQQREADER:build-7","arn":"arn:aws:sts::222222222222:assumed-role/reader/build-7"}`
	roleNamed   = `name id=AROAQQQQREADER name=reader arn=arn:aws:iam::222222222222:role/x/reader at=2024-03-01T00:00:00Z`
	request     = `{"roleArn":"arn:aws:iam::222222222222:role/x/reader","roleSessionName":"build-7"}`
)

// call is a record in AWS's shape: who called what, when, with what answer.
func call(source, name, identity, request, response, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"eventVersion":"1.08","eventTime":"2024-03-01T12:00:00Z","eventSource":"` + source + `","eventName":"` + name +
		`","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli","userIdentity":` + identity +
		`,"requestParameters":` + request + `,"responseElements":` + response +
		`,"requestID":"req-1","eventID":"ev-1","recipientAccountId":"222222222222"` + more + `}`
}

func sts(name, identity, request, response string) string {
	return call("sts.amazonaws.com", name, identity, request, response, "")
}

// Every way that credentials are handed out (linkage.md section 3), and what
// only looks like one.
var issuanceCases = []struct {
	name   string
	record string
	want   []string
}{
	{
		"3.1 AssumeRole, with all that may be asked for",
		sts("AssumeRole", alice, `{"roleArn":"arn:aws:iam::222222222222:role/x/reader","roleSessionName":"build-7","externalId":"3414","durationSeconds":900,
			"sourceIdentity":"alice","serialNumber":"arn:aws:iam::111111111111:mfa/alice","tags":[{"key":"team","value":"red"}],
			"transitiveTagKeys":["team","cost"],"incomingTransitiveTags":{"org":"acme"}}`, `{`+credentials+`,`+assumed+`,"packedPolicySize":3}`),
		[]string{named, `issuance role=arn:aws:iam::222222222222:role/x/reader session=build-7 externalId=3414 sourceIdentity=alice mfa=arn:aws:iam::111111111111:mfa/alice seconds=900 ` +
			`tags=[org:acme][team:red] incoming=[org:acme] transitive=cost,team key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z ` +
			`principal=AROAQQQQREADER:build-7 arn=arn:aws:sts::222222222222:assumed-role/reader/build-7`, roleNamed},
	},
	{
		"3.2 the role owner's copy knows the caller by account",
		sts("AssumeRole", `{"type":"AWSAccount","principalId":"AIDAQQQQALICE","accountId":"111111111111"}`, request, `{`+credentials+`,`+assumed+`}`),
		[]string{`issuance role=arn:aws:iam::222222222222:role/x/reader session=build-7 key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z ` +
			`principal=AROAQQQQREADER:build-7 arn=arn:aws:sts::222222222222:assumed-role/reader/build-7`, roleNamed},
	},
	{
		"3.3 AssumeRoleWithSAML",
		sts("AssumeRoleWithSAML", `{"type":"SAMLUser","principalId":"q1w2=:eve","userName":"eve","identityProvider":"q1w2="}`,
			`{"sAMLAssertionID":"_1","roleSessionName":"eve","roleArn":"arn:aws:iam::222222222222:role/saml","principalArn":"arn:aws:iam::222222222222:saml-provider/idp","principalTags":{"dept":"ops"}}`,
			`{`+credentials+`,"assumedRoleUser":{"assumedRoleId":"AROAQQQQSAML:eve","arn":"arn:aws:sts::222222222222:assumed-role/saml/eve"},"subject":"eve","subjectType":"persistent","issuer":"https://idp.example","audience":"https://signin.aws.amazon.com/saml","nameQualifier":"q1w2="}`),
		[]string{
			`issuance role=arn:aws:iam::222222222222:role/saml session=eve tags=[dept:ops] key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z ` +
				`principal=AROAQQQQSAML:eve arn=arn:aws:sts::222222222222:assumed-role/saml/eve subject=eve provider=q1w2= issuer=https://idp.example`,
			`name id=AROAQQQQSAML name=saml arn=arn:aws:iam::222222222222:role/saml at=2024-03-01T00:00:00Z`,
		},
	},
	{
		"3.4 AssumeRoleWithWebIdentity, a subject with colons",
		sts("AssumeRoleWithWebIdentity", `{"type":"WebIdentityUser","principalId":"arn:aws:iam::222222222222:oidc-provider/ci.example:sts.amazonaws.com:repo:acme/app:ref:refs/heads/main","userName":"repo:acme/app:ref:refs/heads/main","identityProvider":"arn:aws:iam::222222222222:oidc-provider/ci.example"}`,
			`{"roleArn":"arn:aws:iam::222222222222:role/ci","roleSessionName":"job"}`,
			`{`+credentials+`,"subjectFromWebIdentityToken":"repo:acme/app:ref:refs/heads/main","audience":"sts.amazonaws.com","provider":"arn:aws:iam::222222222222:oidc-provider/ci.example","assumedRoleUser":{"assumedRoleId":"AROAQQQQCI:job","arn":"arn:aws:sts::222222222222:assumed-role/ci/job"}}`),
		[]string{
			`issuance role=arn:aws:iam::222222222222:role/ci session=job key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z principal=AROAQQQQCI:job ` +
				`arn=arn:aws:sts::222222222222:assumed-role/ci/job subject=repo:acme/app:ref:refs/heads/main provider=arn:aws:iam::222222222222:oidc-provider/ci.example`,
			`name id=AROAQQQQCI name=ci arn=arn:aws:iam::222222222222:role/ci at=2024-03-01T00:00:00Z`,
		},
	},
	{
		"3.6 GetSessionToken makes no session of a role",
		sts("GetSessionToken", alice, `{"durationSeconds":3600,"serialNumber":"arn:aws:iam::111111111111:mfa/alice"}`, `{`+credentials+`}`),
		[]string{named, `issuance mfa=arn:aws:iam::111111111111:mfa/alice seconds=3600 key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z`},
	},
	{
		"3.7 GetFederationToken",
		sts("GetFederationToken", alice, `{"name":"guest","policy":"{}"}`, `{`+credentials+`,"federatedUser":{"federatedUserId":"111111111111:guest","arn":"arn:aws:sts::111111111111:federated-user/guest"},"packedPolicySize":4}`),
		[]string{named, `issuance session=guest key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z principal=111111111111:guest arn=arn:aws:sts::111111111111:federated-user/guest`},
	},
	{
		"3.8 AssumeRoot",
		sts("AssumeRoot", alice, `{"targetPrincipal":"333333333333","taskPolicyArn":{"arn":"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}`, `{`+credentials+`}`),
		[]string{named, `issuance target=333333333333 key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z`},
	},
	{
		"3.14 Cognito",
		call("cognito-identity.amazonaws.com", "GetCredentialsForIdentity", `{"type":"Unknown"}`, `{"identityId":"eu-west-1:9f","logins":{"x":"HIDDEN_DUE_TO_SECURITY_REASONS"}}`, `{`+credentials+`,"identityId":"eu-west-1:9f"}`, ""),
		[]string{`issuance key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z subject=eu-west-1:9f provider=cognito-identity.amazonaws.com`},
	},
	{
		"3.15 Roles Anywhere keeps its credentials in an array",
		call("rolesanywhere.amazonaws.com", "CreateSession", `{"type":"Unknown"}`, `{"roleArn":"arn:aws:iam::222222222222:role/x/reader","roleSessionName":"payroll"}`,
			`{"credentialSet":[{`+credentials+`,`+assumed+`,"roleArn":"arn:aws:iam::222222222222:role/x/reader","sourceIdentity":"CN=payroll"}],"subjectArn":"arn:aws:rolesanywhere:eu-west-1:222222222222:subject/7"}`, ""),
		[]string{`issuance role=arn:aws:iam::222222222222:role/x/reader session=payroll sourceIdentity=CN=payroll key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z ` +
			`principal=AROAQQQQREADER:build-7 arn=arn:aws:sts::222222222222:assumed-role/reader/build-7 subject=arn:aws:rolesanywhere:eu-west-1:222222222222:subject/7`, roleNamed},
	},
	{
		"3.16 S3 Express",
		call("s3express.amazonaws.com", "CreateSession", alice, `{"bucketName":"b--use1-az4--x-s3"}`, `{`+credentials+`}`, ""),
		[]string{named, `issuance key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z`},
	},
	{
		"3.17 an instance: no assumedRoleUser",
		sts("AssumeRole", `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, `{"roleArn":"arn:aws:iam::222222222222:role/web","roleSessionName":"i-0dbc"}`, `{`+credentials+`}`),
		[]string{`issuance role=arn:aws:iam::222222222222:role/web session=i-0dbc key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z`},
	},
	{
		"9 a call that nobody knew of, two credentials deep inside, by key whatever their order",
		call("new.amazonaws.com", "LendAccess", alice, `null`, `{"loan":[{"Credentials":{"AccessKeyId":"ASIAQQQQKEYNUMBERTWO","Expiration":"2024-03-01T13:00:00Z"}},{"inner":{`+credentials+`}}]}`, ""),
		[]string{named, `issuance key=ASIAQQQQKEYNUMBERONE expires=2024-03-01T13:00:00Z`, `issuance key=ASIAQQQQKEYNUMBERTWO expires=2024-03-01T13:00:00Z`},
	},
	{
		"a request and a response that are JSON in a string",
		sts("GetSessionToken", alice, `"{\"durationSeconds\":3600}"`, `"{\"credentials\":{\"accessKeyId\":\"ASIAQQQQKEYNUMBERONE\"}}"`),
		[]string{named, `issuance seconds=3600 key=ASIAQQQQKEYNUMBERONE`},
	},
	{
		"a masked key: an issuance all the same, found by its session",
		sts("AssumeRole", alice, request, `{"credentials":{"accessKeyId":"****"},`+assumed+`}`),
		[]string{named, `issuance role=arn:aws:iam::222222222222:role/x/reader session=build-7 principal=AROAQQQQREADER:build-7 arn=arn:aws:sts::222222222222:assumed-role/reader/build-7`, roleNamed},
	},
	{
		"an expiration in no known form is unknown and no error",
		sts("GetSessionToken", alice, `null`, `{"credentials":{"accessKeyId":"ASIAQQQQKEYNUMBERONE","expiration":"soon"}}`),
		[]string{named, `issuance key=ASIAQQQQKEYNUMBERONE`},
	},
	{"a long-term key is no issuance of an unknown call", call("new.amazonaws.com", "LendAccess", alice, `null`, `{"credentials":{"accessKeyId":"AKIAQQQQKEYNUMBERONE"},"note":"ASIA"}`, ""), []string{named}},
	{"a key outside of credentials is none", call("new.amazonaws.com", "ListKeys", alice, `null`, `{"keys":[{"accessKeyId":"ASIAQQQQKEYNUMBERONE"}]}`, ""), []string{named}},
	{"16 a call that failed", call("sts.amazonaws.com", "AssumeRole", alice, request, `{`+credentials+`}`, `"errorCode":"AccessDenied"`), []string{named}},
	{"a denied call as AWS writes it", call("sts.amazonaws.com", "AssumeRole", alice, `null`, `null`, `"errorCode":"AccessDenied"`), []string{named}},
	{"a response left out", sts("AssumeRole", alice, request, `null`), []string{named}},
	{"GetCallerIdentity issues nothing", sts("GetCallerIdentity", alice, `null`, `null`), []string{named}},
	{"AssumeRole of another service is not STS's", call("new.amazonaws.com", "AssumeRole", alice, request, `{"credentials":{"accessKeyId":"anything"}}`, ""), []string{named}},
}

func TestFactsOfIssuances(t *testing.T) {
	for _, c := range issuanceCases {
		t.Run(c.name, func(t *testing.T) {
			_, facts := read(t, c.record)
			var got []string
			for _, f := range facts {
				got = append(got, tell(&f))
				if f.Kind == lineage.Issuance && f.Time.String() != "2024-03-01T12:00:00Z" {
					t.Errorf("issued at %v", f.Time)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if strings.Contains(strings.Join(got, " "), "SECRET") {
				t.Errorf("a session token left its record: %q", got)
			}
		})
	}
}

func TestKeysOfIssuances(t *testing.T) {
	const chained = `{"type":"AssumedRole","principalId":"AROAQQQQJUMP:eve@example.com","accountId":"111111111111","accessKeyId":"ASIAQQQQPARENT",
		"sessionContext":{"attributes":{"creationDate":"2024-03-01T11:00:00Z"},"sourceIdentity":"eve"},"onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::1:identitystore/d-9"}}`
	for _, c := range []struct {
		name, record string
		want         []string
	}{
		{
			"a user's AssumeRole", sts("AssumeRole", alice, request, `{`+credentials+`,`+assumed+`}`),
			[]string{
				"kASIAQQQQKEYNUMBERONE", "tAROAQQQQREADER:build-7", "rarn:aws:iam::222222222222:role/x/reader", "rarn:aws:iam::222222222222:role/x/reader|build-7",
				"ists.amazonaws.com|req-1", "cAIDAQQQQALICE", "cAKIAQQQQALICE1",
			},
		},
		{
			"a session's, with a partner copy",
			call("sts.amazonaws.com", "AssumeRole", chained, `{"roleArn":"arn:aws:iam::222222222222:role/x/reader","roleSessionName":"build-7","sourceIdentity":"eve"}`, `{`+credentials+`}`, `"sharedEventID":"sh-1"`),
			[]string{
				"kASIAQQQQKEYNUMBERONE", "rarn:aws:iam::222222222222:role/x/reader", "rarn:aws:iam::222222222222:role/x/reader|build-7", "hsts.amazonaws.com|sh-1", "ists.amazonaws.com|req-1",
				"cAROAQQQQJUMP:eve@example.com", "cAROAQQQQJUMP:eve@example.com|1709290800", "cASIAQQQQPARENT", "cidc:d-9:u-1", "csourceIdentity:eve",
			},
		},
		{
			"26 a service's call has no partner that we could get",
			call("sts.amazonaws.com", "AssumeRole", `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, request, `{`+credentials+`}`, `"sharedEventID":"sh-1"`),
			[]string{"kASIAQQQQKEYNUMBERONE", "rarn:aws:iam::222222222222:role/x/reader", "rarn:aws:iam::222222222222:role/x/reader|build-7", "cec2.amazonaws.com"},
		},
		{
			"masked and empty values are never keys",
			call("sts.amazonaws.com", "AssumeRole", `{"type":"IAMUser","principalId":"REDACTED","accessKeyId":"HIDDEN_DUE_TO_SECURITY_REASONS"}`,
				`{"roleArn":"REDACTED","roleSessionName":"s"}`, `{"credentials":{"accessKeyId":"***"},"assumedRoleUser":{"assumedRoleId":"AROA****:s","arn":"***"}}`, `"sharedEventID":"REDACTED"`),
			[]string{"ists.amazonaws.com|req-1"},
		},
		{
			"a SAML subject and an OIDC one are found by the id of their origin",
			sts("AssumeRoleWithWebIdentity", `{"type":"WebIdentityUser","principalId":"p:aud:a:b","identityProvider":"arn:aws:iam::222222222222:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB"}`, `null`,
				`{`+credentials+`,"subjectFromWebIdentityToken":"system:serviceaccount:ns:sa"}`),
			[]string{"kASIAQQQQKEYNUMBERONE", "ists.amazonaws.com|req-1", "cp:aud:a:b", "coidc:oidc.eks.eu-west-1.amazonaws.com/id/AB:system:serviceaccount:ns:sa"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, facts := read(t, c.record)
			var got []string
			for _, f := range facts {
				if f.Kind == lineage.Issuance {
					got = keysOf(&f)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}
