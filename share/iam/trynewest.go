package iam

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// deepest is how many folders lie between an account's and its files, and some
// more: o-…/222222222222/CloudTrail/us-east-1/2026/11/29.
const deepest = 10

// newest is the key of a log file below a prefix that the grant lets be read: the
// last of the last folder that there is, folder by folder, which is a newest one of
// some region. Empty: there is none.
func (t *trial) newest(ctx context.Context, cfg aws.Config, prefix string) (string, error) {
	client := t.s3(ctx, cfg)
	for range deepest {
		keys, folders, err := t.entries(ctx, client, prefix)
		if err != nil {
			return "", err
		}
		keys = slices.DeleteFunc(keys, func(key string) bool { return strings.HasSuffix(key, "/") || !t.ground.Readable(key) })
		folders = slices.DeleteFunc(folders, func(folder string) bool { return !t.ground.Leads(folder) })
		switch {
		case len(keys) > 0:
			return slices.Max(keys), nil
		case len(folders) == 0:
			return "", nil
		}
		prefix = slices.Max(folders)
		if logs := slices.IndexFunc(folders, func(f string) bool { return path.Base(f) == "CloudTrail" }); logs >= 0 {
			prefix = folders[logs] // rather than digests
		}
	}
	return "", nil
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
	return headerOf(err, "X-Amz-Bucket-Region")
}
