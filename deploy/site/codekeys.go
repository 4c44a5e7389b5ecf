package site

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/deploy"
)

// CodeKeys are the keys of the packages that are in the code bucket of this account and
// region: none where there is no such bucket, or it is another account's.
func (s *Site) CodeKeys(ctx context.Context) ([]string, error) {
	me, err := s.Caller(ctx)
	if err != nil {
		return nil, err
	}
	bucket := deploy.CodeBucket(me.Account, me.Region)
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.s3(""), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(deploy.CodePrefix), ExpectedBucketOwner: &me.Account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		switch {
		case err != nil && codeOf(err) == "NoSuchBucket":
			return nil, nil
		case err != nil:
			return nil, s.explain(ctx, err, "look for the function's code", "s3:ListBucket", "arn:"+me.Partition+":s3:::"+bucket)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys, nil
}
