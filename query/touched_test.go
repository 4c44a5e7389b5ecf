package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// decode reads one record; its strings stay valid as long as it does.
func decode(t testing.TB, text string) *cloudtrail.Record {
	t.Helper()
	var d cloudtrail.Decoder
	for r, err := range d.Records([]byte(text)) {
		if err != nil {
			t.Fatalf("decoding %.200s: %.200s", text, err)
		}
		return r.Clone()
	}
	t.Fatalf("no record in %s", text)
	return nil
}

func TestTouched(t *testing.T) {
	tests := []struct{ name, source, event, fields, want string }{
		{"resources", "s3", "GetObject", `"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"},{"accountId":"1","ARN":"arn:aws:s3:::b"}]`, "arn:aws:s3:::b/k arn:aws:s3:::b"},
		{"resources with arn in lower case", "kms", "Decrypt", `"resources":[{"arn":"arn:aws:kms:::key/1"}]`, "arn:aws:kms:::key/1"},
		{"resources that name nothing", "s3", "GetObject", `"resources":[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::b/"}],"requestParameters":{"bucketName":"b","key":"k"}`, "b b/k"},
		{"resources of another shape", "s3", "GetObject", `"resources":"none","requestParameters":{"bucketName":"b"}`, "b"},
		{"table", "dynamodb", "PutItem", `"requestParameters":{"tableName":"ledger","key":{"id":1}}`, "table/ledger"},
		{"role and policy", "iam", "AttachRolePolicy", `"requestParameters":{"roleName":"admin","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, "role/admin arn:aws:iam::aws:policy/AdministratorAccess"},
		{"user, but not the key id's secret", "iam", "CreateLoginProfile", `"requestParameters":{"userName":"jo","password":"hunter2hunter2"}`, "user/jo"},
		{"iam group", "iam", "AddUserToGroup", `"requestParameters":{"groupName":"ops","userName":"jo"}`, "group/ops user/jo"},
		{"ec2 group", "ec2", "CreateSecurityGroup", `"requestParameters":{"groupName":"web","vpcId":"vpc-0b2a3c4d5e6f70819"}`, "security-group/web vpc-0b2a3c4d5e6f70819"},
		{"instances", "ec2", "StopInstances", `"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]},"force":false}`, "i-1 i-2"},
		{"instance list", "ssm", "SendCommand", `"requestParameters":{"instanceIds":["i-1"],"documentName":"AWS-RunShellScript"}`, "i-1 document/AWS-RunShellScript"},
		{"log group", "logs", "DeleteLogGroup", `"requestParameters":{"logGroupName":"/aws/lambda/f"}`, "log-group:/aws/lambda/f"},
		{"parameter", "ssm", "GetParameter", `"requestParameters":{"name":"/db/password","withDecryption":true}`, "parameter/db/password"},
		{"secret by ARN", "secretsmanager", "GetSecretValue", `"requestParameters":{"secretId":"arn:aws:secretsmanager:us-east-1:1:secret:x"}`, "arn:aws:secretsmanager:us-east-1:1:secret:x"},
		{"key alias", "kms", "Decrypt", `"requestParameters":{"keyId":"alias/app"}`, "key/alias/app"},
		{"trail", "cloudtrail", "StopLogging", `"requestParameters":{"name":"main"}`, "trail/main"},
		{"a name of an unknown kind", "elasticloadbalancing", "CreateLoadBalancer", `"requestParameters":{"loadBalancerName":"front"}`, "load-balancer/front"},
		{"assume role: not its session or external id", "sts", "AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::1:role/r","roleSessionName":"s","externalId":"vpc-12345678"}`, "arn:aws:iam::1:role/r"},
		{"tokens and versions", "x", "Y", `"requestParameters":{"clientRequestToken":"D796F4C4","versionId":"v1","nextTokenName":"abc","requestId":"f81d4fae-7dec-11d0"}`, ""},
		{"hidden", "iam", "CreateUser", `"requestParameters":{"userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, ""},
		{"null", "ec2", "DescribeRegions", `"requestParameters":null`, ""},
		{"a string", "ec2", "X", `"requestParameters":"bucketName"`, ""},
		{"wrong types", "ec2", "X", `"requestParameters":{"bucketName":7,"tableName":{"a":1},"instanceIds":{},"instancesSet":[1],"userName":null}`, ""},
		{"escapes", "dynamodb", "X", `"requestParameters":{"table\u004eame":"led\u0067er"}`, "table/ledger"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decode(t, fmt.Sprintf(`{"eventSource":"%s.amazonaws.com","eventName":%q,%s}`, tt.source, tt.event, tt.fields))
			if diff := cmp.Diff(tt.want, strings.Join(query.Touched(r), " ")); diff != "" {
				t.Errorf("Touched (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTouchedIsBounded(t *testing.T) {
	var ids []string
	for i := range 5000 {
		ids = append(ids, fmt.Sprintf(`"i-%d"`, i))
	}
	r := decode(t, `{"eventName":"X","requestParameters":{"instanceIds":[`+strings.Join(ids, ",")+`],"tableName":"`+strings.Repeat("x", 1<<20)+`"}}`)
	if got := query.Touched(r); len(got) != 16 {
		t.Errorf("%d names of a request that lists 5000; want 16", len(got))
	}
}

func BenchmarkTouched(b *testing.B) {
	for _, bb := range []struct{ name, fields string }{
		{"resources", `"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-logs/a/b/c"},{"accountId":"111111111111","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-logs"}]`},
		{"request", `"requestParameters":{"tableName":"ledger","key":{"id":"order-1"},"consistentRead":true,"returnConsumedCapacity":"NONE"}`},
		{"nothing", `"requestParameters":{"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-1"}]}}]},"maxResults":100}`},
	} {
		r := decode(b, `{"eventSource":"dynamodb.amazonaws.com",`+bb.fields+`}`)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				query.Touched(r)
			}
		})
	}
}
