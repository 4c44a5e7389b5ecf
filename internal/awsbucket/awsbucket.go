// Package awsbucket asks S3 where a bucket is and whose.
package awsbucket

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/internal/pattern"
)

var name = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

// Named reports whether a text is what S3 takes as a name (Amazon S3 User Guide, General
// purpose bucket naming rules), older ones of us-east-1 too.
func Named(text string) bool { return name().MatchString(text) }

// Region asks where a bucket is. S3 tells that in a header, to who may not read the
// bucket too (Amazon S3 API Reference, HeadBucket). What answers without that header is
// asked by another call; where it refuses, the caller's own region is as good as any.
// The error is AWS's; a bucket that is not there: [None].
func Region(ctx context.Context, api *s3.Client, bucket string) (string, error) {
	home := api.Options().Region
	head, err := api.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err == nil {
		return cmp.Or(aws.ToString(head.BucketRegion), home), nil
	}
	if region := awserr.Header(err, "X-Amz-Bucket-Region"); region != "" {
		return region, nil
	}
	if !awserr.Denied(awserr.Code(err)) && awserr.Status(err) != 403 {
		return "", err
	}
	out, err := api.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket})
	switch {
	case err != nil:
		return home, nil
	case out.LocationConstraint == "EU":
		return "eu-west-1", nil
	}
	return cmp.Or(string(out.LocationConstraint), "us-east-1"), nil
}

// None reports whether AWS says that there is no such bucket.
func None(err error) bool {
	return awserr.Code(err) == "NoSuchBucket" || awserr.Status(err) == 404
}

// Owns reports whether a bucket is of an account, as far as S3 tells: to who may neither
// head it nor ask for its region it does not (Amazon S3 User Guide, Verifying bucket
// ownership with bucket owner condition). api is of the bucket's region.
func Owns(ctx context.Context, api *s3.Client, bucket, account string) bool {
	_, err := api.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket, ExpectedBucketOwner: &account})
	if err != nil {
		_, err = api.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket, ExpectedBucketOwner: &account})
	}
	return err == nil
}
