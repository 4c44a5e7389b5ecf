package storetest

import (
	"fmt"
	"strings"
)

const (
	dev  = "111111111111"
	prod = "222222222222"
	role = "AROAEXAMPLEROLEADMIN1"
	user = "AIDAEXAMPLEUSERALICE1"
)

// eventID is a UUID that sorts as n does.
func eventID(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-00000000000a", n) }

// issued is an AssumeRole by a user: an issuance of a key to a session.
func issued(n int, time, session, key string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"%[1]s","arn":"arn:aws:iam::%[2]s:user/alice","accountId":"%[2]s","accessKeyId":"AKIAEXAMPLEALICE0001","userName":"alice"},`+
		`"eventTime":"%[3]s","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.15",`+
		`"requestParameters":{"roleArn":"arn:aws:iam::%[4]s:role/admin","roleSessionName":"%[5]s"},`+
		`"responseElements":{"credentials":{"accessKeyId":"%[6]s","expiration":"Jan 2, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"%[7]s:%[5]s","arn":"arn:aws:sts::%[4]s:assumed-role/admin/%[5]s"}},`+
		`"requestID":"%[8]s","eventID":"%[9]s","readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"%[2]s","sharedEventID":"%[10]s"}`,
		user, dev, time, prod, session, key, role, eventID(0x1000+n), eventID(n), eventID(0x2000+n))
}

// used is a call of a role session.
func used(n int, time, session, key string, more ...string) string {
	fields := ""
	if len(more) > 0 {
		fields = "," + strings.Join(more, ",")
	}
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"%[1]s:%[2]s","arn":"arn:aws:sts::%[3]s:assumed-role/admin/%[2]s","accountId":"%[3]s","accessKeyId":"%[4]s",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%[1]s","arn":"arn:aws:iam::%[3]s:role/admin","accountId":"%[3]s","userName":"admin"},"attributes":{"creationDate":"2026-01-02T10:00:00Z","mfaAuthenticated":"false"}}},`+
		`"eventTime":"%[5]s","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.9","userAgent":"[Boto3/1.34]",`+
		`"requestParameters":{"bucketName":"acme-logs","key":"a/b.gz"},"responseElements":null,"eventID":"%[6]s","readOnly":true,`+
		`"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-logs/a/b.gz"},{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-logs","accountId":"%[3]s"}],`+
		`"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"%[3]s"%[7]s}`,
		role, session, prod, key, time, eventID(n), fields)
}

// odd are records that a store must keep as they are, however little they say.
var odd = []string{
	`{"eventVersion":"1.08"}`,
	`{"eventID":"` + strings.ToUpper(eventID(0xabc)) + `","eventTime":"2026-01-02T10:00:00Z"}`,
	`{"eventID":"0123456789abcdef","eventTime":"2026-01-02T10:00:00Z","requestID":"47B8E8D397DCE7A6"}`,
	`{"eventID":"0123456789abcdefg","eventTime":"2026-01-02T10:00:00Z","requestID":"4KQNSO5AEMVJF66Q9ASUAAJGXXVV4KQNSO5AEMVJF66Q9ASUAAJG"}`,
	`{"eventID":"short","eventTime":"2026-01-02T10:00:00Z","errorCode":"AccessDenied","errorMessage":"User: nobody"}`,
	`{"eventID":"\u0000\u202e","eventTime":"9999-12-31T23:59:59Z","awsRegion":"` + strings.Repeat("long", 2000) + `"}`,
	`{"eventID":"` + eventID(0xdd) + `","eventTime":"1969-12-31T23:59:59Z","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}}`,
	`{"eventID":"` + eventID(0xde) + `","userIdentity":"not an object","resources":[{"ARN":""},{"ARN":"arn:aws:s3:::b"}]}`,
}
