package iam

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awserr"
)

// mostLists is how many folders are looked into. An account's files are six deep:
// CloudTrail/us-east-1/2026/11/29, and some days or regions have none to be read.
const mostLists = 40

// newest is the key of a log file below a prefix that the grant lets be read: the
// last of the last folder that has one, which is a newest one of some region.
// Empty: none was found.
func (t *trial) newest(ctx context.Context, cfg aws.Config, prefix string) (string, error) {
	client, left := t.s3(ctx, cfg), mostLists
	var below func(prefix string) (string, error)
	below = func(prefix string) (string, error) {
		if left == 0 {
			return "", nil
		}
		left--
		keys, folders, err := t.entries(ctx, client, prefix)
		if err != nil {
			return "", err
		}
		keys = slices.DeleteFunc(keys, func(key string) bool { return strings.HasSuffix(key, "/") || !t.ground.Readable(key) })
		if len(keys) > 0 {
			return slices.Max(keys), nil
		}
		slices.SortFunc(folders, func(a, b string) int { return cmp.Or(logsFirst(a, b), strings.Compare(b, a)) })
		for _, folder := range folders {
			if !t.ground.Leads(folder) {
				continue
			}
			if key, err := below(folder); key != "" || err != nil {
				return key, err
			}
		}
		return "", nil
	}
	return below(prefix)
}

// logsFirst puts log files before digests and insights.
func logsFirst(a, b string) int {
	is := func(folder string) bool { return path.Base(folder) == "CloudTrail" }
	switch {
	case is(a) == is(b):
		return 0
	case is(a):
		return -1
	}
	return 1
}

// mostEntries is how much of one folder is looked at. Two busy accounts' days have
// more; any of their files will do.
const mostEntries = 5000

func (t *trial) entries(ctx context.Context, client *s3.Client, prefix string) (keys, folders []string, err error) {
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &t.bucket, Prefix: &prefix, Delimiter: aws.String("/"), RequestPayer: t.r.Payer})
	for pages.HasMorePages() && len(keys)+len(folders) < mostEntries {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		for _, f := range page.CommonPrefixes {
			folders = append(folders, aws.ToString(f.Prefix))
		}
	}
	return keys, folders, nil
}

// Beyond finds a log file below a prefix that is not the reader's, so that it can
// try to read what is there. The owner looks. Empty: there is none.
func (c *Client) Beyond(ctx context.Context, bucket, region, prefix string) string {
	client := c.s3(region)
	out, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, MaxKeys: aws.Int32(100)})
	if err != nil {
		return ""
	}
	for _, o := range out.Contents {
		if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") && o.StorageClass != types.ObjectStorageClassGlacier && o.StorageClass != types.ObjectStorageClassDeepArchive {
			return key
		}
	}
	return ""
}

// regionOf is where a bucket is, as S3 tells anybody who asks for it, refused or
// not (S3 API Reference, HeadBucket: x-amz-bucket-region). Empty: not told.
func regionOf(ctx context.Context, client *s3.Client, bucket string) string {
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err == nil {
		return aws.ToString(out.BucketRegion)
	}
	return awserr.Header(err, "X-Amz-Bucket-Region")
}
