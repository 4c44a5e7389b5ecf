package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

const (
	owner  = "111111111111"
	reader = "222222222222"
	third  = "333333333333"
)

// delivery is CloudTrail's statement of a bucket's policy.
const delivery = `{"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/AWSLogs/*"}`

// logged is a bucket with log files of two accounts, and a trail that writes there.
func logged(t *testing.T, stand *awstest.AWS, options ...func(*awscloudtrail.CreateTrailInput)) (*awstest.Bucket, string) {
	t.Helper()
	b := stand.Account(owner).Bucket(t, "acme-logs")
	for _, account := range []string{owner, reader} {
		b.Put(t, awstest.Object{Key: "AWSLogs/" + account + "/CloudTrail/us-east-1/2026/10/31/" + account + "_CloudTrail_us-east-1_20261031T0000Z_aaaaaaaaaaaaaaaa.json.gz", Body: []byte("old")})
		b.Put(t, awstest.Object{Key: "AWSLogs/" + account + "/CloudTrail/us-east-1/2026/11/02/" + account + "_CloudTrail_us-east-1_20261102T0000Z_aaaaaaaaaaaaaaaa.json.gz", Body: []byte("new")})
	}
	b.Policy(t, `{"Version":"2012-10-17","Statement":[`+delivery+`]}`)
	return b, stand.Account(owner).Trail(t, "main", b.Name, options...)
}

func observed(t *testing.T, cfg aws.Config, ask iam.Ask) *share.Surroundings {
	t.Helper()
	s, err := iam.Open(cfg).Observe(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
