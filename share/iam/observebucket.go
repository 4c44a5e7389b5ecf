package iam

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awsbucket"
	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// bucket reads what must be known of it: where it is, whose, Object Ownership and
// the policy.
func (o *observing) bucket(ctx context.Context) error {
	b := &o.s.Bucket
	if !awsbucket.Named(b.Name) {
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

// region asks where a bucket is.
func (c *Client) region(ctx context.Context, bucket string) (string, error) {
	region, err := awsbucket.Region(ctx, c.s3(""), bucket)
	switch {
	case awsbucket.None(err):
		return "", &Error{
			Doing: "read the bucket " + bucket, Text: "there is no such bucket", Err: err,
			Hints: []string{"check the spelling, and that the account and partition are the right ones"},
		}
	case err != nil:
		return "", c.explain(ctx, err, "read where the bucket "+bucket+" is", "s3:ListBucket", c.bucketARN(bucket))
	}
	return region, nil
}

// Owns reports whether a bucket is of the caller's account, as far as S3 tells.
func (c *Client) Owns(ctx context.Context, bucket string) bool {
	region, err := c.region(ctx, bucket)
	return err == nil && c.account() != nil && awsbucket.Owns(ctx, c.s3(region), bucket, *c.account())
}

// ownership reads Object Ownership. A bucket without any such setting was made
// before April 2023, or had it deleted: who writes owns (Amazon S3 API Reference,
// GetBucketOwnershipControls; User Guide, Controlling ownership of objects).
func (o *observing) ownership(ctx context.Context) error {
	b := &o.s.Bucket
	const doing, action = "read the Object Ownership of the bucket ", "s3:GetBucketOwnershipControls"
	api, in := o.s3(b.Region), &s3.GetBucketOwnershipControlsInput{Bucket: &b.Name, ExpectedBucketOwner: &o.s.Caller.Account}
	out, err := api.GetBucketOwnershipControls(ctx, in)
	if awserr.Denied(awserr.Code(err)) { // S3 says no more to who expects another owner
		in.ExpectedBucketOwner = nil
		if _, others := api.GetBucketOwnershipControls(ctx, in); others == nil || awserr.Code(others) == noControls {
			return &Error{
				Doing: doing + b.Name, Err: err,
				Text:  "it belongs to another account than " + o.s.Caller.Account + ", which " + o.caller + " is of",
				Hints: []string{ownersHint},
			}
		}
	}
	switch {
	case awserr.Code(err) == noControls:
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
	case awserr.Code(err) == "NoSuchBucketPolicy":
		return "", nil
	case err != nil:
		return "", err
	}
	return aws.ToString(out.Policy), nil
}
