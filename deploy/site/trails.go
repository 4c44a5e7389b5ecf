package site

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// Trail is a trail, as CloudTrail tells of it.
type Trail struct {
	ARN, Name       string
	Account, Region string // of whom, and its home
	Bucket          string
	Prefix          string // of keys, above AWSLogs/, without a slash at its end; "" for none
	Key             string // ARN of the KMS key that seals its log files, "" for none
	Topic           string // ARN of the SNS topic that it tells, "" for none
	EveryRegion     bool   // of its partition
	Organization    bool   // logs all accounts of an organisation
}

// Folder is where its log files lie in its bucket: keys begin so.
func (t Trail) Folder() string {
	if t.Prefix == "" {
		return "AWSLogs/"
	}
	return t.Prefix + "/AWSLogs/"
}

// trailsIn are those that the caller sees in a region ("": its own): the account's own,
// those of every region that have their home elsewhere, and its organisation's
// (CloudTrail API Reference, DescribeTrails). Each is told once, by name.
func (s *Site) trailsIn(ctx context.Context, region string, arns ...string) ([]Trail, error) {
	out, err := s.cloudtrail(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: arns, IncludeShadowTrails: aws.Bool(true)})
	if err != nil {
		return nil, s.explain(ctx, err, "look for trails", "cloudtrail:DescribeTrails", "*")
	}
	var all []Trail
	for i := range out.TrailList {
		t := trailOf(&out.TrailList[i])
		if !slices.ContainsFunc(all, func(o Trail) bool { return o.ARN == t.ARN }) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Trail) int { return strings.Compare(a.Name+" "+a.ARN, b.Name+" "+b.ARN) })
	return all, nil
}

func trailOf(t *types.Trail) Trail {
	arn := aws.ToString(t.TrailARN)
	region := aws.ToString(t.HomeRegion)
	if region == "" {
		region = part(arn, 3)
	}
	return Trail{
		ARN: arn, Name: aws.ToString(t.Name), Account: part(arn, 4), Region: region,
		Bucket: aws.ToString(t.S3BucketName), Prefix: strings.Trim(aws.ToString(t.S3KeyPrefix), "/"),
		Key: aws.ToString(t.KmsKeyId), Topic: aws.ToString(t.SnsTopicARN),
		EveryRegion: aws.ToBool(t.IsMultiRegionTrail), Organization: aws.ToBool(t.IsOrganizationTrail),
	}
}
