package awstest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

// Trail makes a trail of the account that logs into a bucket, of any account, from
// every region, and gives its ARN.
func (c Account) Trail(t testing.TB, name, bucket string, options ...func(*cloudtrail.CreateTrailInput)) (arn string) {
	t.Helper()
	client := cloudtrail.NewFromConfig(c.Config())
	input := &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: &bucket, IsMultiRegionTrail: aws.Bool(true)}
	for _, option := range options {
		option(input)
	}
	made, err := client.CreateTrail(t.Context(), input)
	must(t, err)
	_, err = client.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: made.TrailARN})
	must(t, err)
	return *made.TrailARN
}
