package iam

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/pattern"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// bucketForm is what S3 takes as a name (Amazon S3 User Guide, General purpose
// bucket naming rules), older ones of us-east-1 too.
var bucketForm = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

// bucket reads what must be known of it: where it is, whose, Object Ownership and
// the policy.
func (o *observing) bucket(ctx context.Context) error {
	b := &o.s.Bucket
	if !bucketForm().MatchString(b.Name) {
		return &Error{Text: "S3 has no bucket with such a name: " + b.Name, Hints: []string{"--bucket takes a bucket's name alone, as acme-logs"}, Misread: true}
	}
	var err error
	if b.Region, err = o.region(ctx, b.Name); err != nil {
		return err
	}
	if err := o.ownership(ctx); err != nil {
		return err
	}
	b.Text, b.Policy, err = o.bucketPolicy(ctx, b.Name, b.Region)
	return err
}

// arn is the ARN of the bucket.
func (o *observing) arn() string { return o.bucketARN(o.s.Bucket.Name) }

func (c *Client) bucketARN(name string) string {
	return "arn:" + cmp.Or(part(c.caller, 1), "aws") + ":s3:::" + name
}

// region asks where a bucket is. S3 tells that in a header, to who may not read
// the bucket too (Amazon S3 API Reference, HeadBucket).
func (c *Client) region(ctx context.Context, bucket string) (string, error) {
	head, err := c.s3("").HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err == nil {
		return cmp.Or(aws.ToString(head.BucketRegion), c.cfg.Region), nil
	}
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		if region := r.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return region, nil
		}
	}
	switch code := codeOf(err); {
	case statusOf(err) == 404 || code == "NoSuchBucket":
		return "", &Error{
			Doing: "read the bucket " + bucket, Text: "there is no such bucket", Err: err,
			Hints: []string{"check the spelling, and that the account and partition are the right ones"},
		}
	case isDenied(code) || statusOf(err) == 403:
		return c.askLocation(ctx, bucket), nil
	}
	return "", c.explain(ctx, err, "read where the bucket "+bucket+" is", "s3:ListBucket", c.bucketARN(bucket))
}

// Owns reports whether a bucket is of the caller's account, as far as S3 tells: to
// who may neither head it nor ask for its region it does not (Amazon S3 User Guide,
// Verifying bucket ownership with bucket owner condition).
func (c *Client) Owns(ctx context.Context, bucket string) bool {
	region, err := c.region(ctx, bucket)
	if err != nil || c.account() == nil {
		return false
	}
	if _, err = c.s3(region).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket, ExpectedBucketOwner: c.account()}); err != nil {
		_, err = c.s3(region).GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket, ExpectedBucketOwner: c.account()})
	}
	return err == nil
}

// askLocation is for what answers without that header; where it refuses, the
// caller's own region is as good as any.
func (c *Client) askLocation(ctx context.Context, bucket string) string {
	out, err := c.s3("").GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket})
	switch {
	case err != nil:
		return c.cfg.Region
	case out.LocationConstraint == "EU":
		return "eu-west-1"
	}
	return cmp.Or(string(out.LocationConstraint), "us-east-1")
}

// ownership reads Object Ownership. A bucket without any such setting was made
// before April 2023, or had it deleted: who writes owns (Amazon S3 API Reference,
// GetBucketOwnershipControls; User Guide, Controlling ownership of objects).
func (o *observing) ownership(ctx context.Context) error {
	b := &o.s.Bucket
	const doing, action = "read the Object Ownership of the bucket ", "s3:GetBucketOwnershipControls"
	api, in := o.s3(b.Region), &s3.GetBucketOwnershipControlsInput{Bucket: &b.Name, ExpectedBucketOwner: &o.s.Caller.Account}
	out, err := api.GetBucketOwnershipControls(ctx, in)
	if isDenied(codeOf(err)) { // S3 says no more to who expects another owner
		in.ExpectedBucketOwner = nil
		if _, others := api.GetBucketOwnershipControls(ctx, in); others == nil || codeOf(others) == noControls {
			return &Error{
				Doing: doing + b.Name, Err: err,
				Text:  "it belongs to another account than " + o.s.Caller.Account + ", which " + o.caller + " is of",
				Hints: []string{ownersHint},
			}
		}
	}
	switch {
	case codeOf(err) == noControls:
		b.Ownership = share.Writer
	case err != nil:
		return o.explain(ctx, err, doing+b.Name, action, o.arn())
	case out.OwnershipControls == nil || len(out.OwnershipControls.Rules) == 0:
		b.Ownership = share.Writer
	default:
		b.Ownership = share.Ownership(out.OwnershipControls.Rules[0].ObjectOwnership)
	}
	b.Account = o.s.Caller.Account
	return nil
}

const noControls = "OwnershipControlsNotFoundError"

// bucketPolicy reads the policy, and remembers it as what a plan is made from.
func (c *Client) bucketPolicy(ctx context.Context, bucket, region string) (string, *policy.Document, error) {
	text, err := c.bucketText(ctx, bucket, region)
	if err != nil {
		return "", nil, c.explain(ctx, err, "read the policy of the bucket "+bucket, "s3:GetBucketPolicy", c.bucketARN(bucket))
	}
	c.read[c.bucketARN(bucket)] = text
	if text == "" {
		return "", nil, nil
	}
	d, err := policy.Parse(text)
	if err != nil {
		return "", nil, &Error{
			Doing: "read the policy of the bucket " + bucket, Err: err,
			Hints: []string{"what is there: aws s3api get-bucket-policy --bucket " + bucket},
		}
	}
	return text, d, nil
}

// bucketText is the policy as it is, "" where there is none.
func (c *Client) bucketText(ctx context.Context, bucket, region string) (string, error) {
	out, err := c.s3(region).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	switch {
	case codeOf(err) == "NoSuchBucketPolicy":
		return "", nil
	case err != nil:
		return "", err
	}
	return aws.ToString(out.Policy), nil
}
