package iam

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/internal/denial"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// putBucketPolicy replaces a bucket's policy. S3 takes no condition with it (S3
// API Reference, PutBucketPolicy: no If-Match): what is done in its place, [shared]
// says.
func (c *Client) putBucketPolicy(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(s3.PutBucketPolicyInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		in.ExpectedBucketOwner = c.account()
		p, err := c.ofBucket(ctx, call, aws.ToString(in.Bucket))
		if err != nil {
			return err
		}
		p.text = aws.ToString(in.Policy)
		p.write = func(ctx context.Context) error {
			_, err := c.s3(p.region).PutBucketPolicy(ctx, in)
			return err
		}
		return c.replace(ctx, p)
	}
}

// deleteBucketPolicy is for one of which nothing is left.
func (c *Client) deleteBucketPolicy(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(s3.DeleteBucketPolicyInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		in.ExpectedBucketOwner = c.account()
		p, err := c.ofBucket(ctx, call, aws.ToString(in.Bucket))
		if err != nil {
			return err
		}
		p.write = func(ctx context.Context) error {
			_, err := c.s3(p.region).DeleteBucketPolicy(ctx, in)
			return err
		}
		return c.replace(ctx, p)
	}
}

// ofBucket is a bucket's policy, to be replaced.
func (c *Client) ofBucket(ctx context.Context, call *share.Call, bucket string) (*shared, error) {
	region, err := c.bucketRegion(ctx, call, bucket)
	if err != nil {
		return nil, err
	}
	return &shared{
		what: "the policy of the bucket " + bucket, arn: c.bucketARN(bucket), action: "s3:GetBucketPolicy", region: region,
		read: func(ctx context.Context) (string, error) { return c.bucketText(ctx, bucket, region) },
	}, nil
}

// putKeyPolicy replaces a key's policy, as putBucketPolicy a bucket's. KMS refuses
// one that would lock its writer out (KMS API Reference, PutKeyPolicy,
// BypassPolicyLockoutSafetyCheck), and that check is never passed by.
func (c *Client) putKeyPolicy(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(kms.PutKeyPolicyInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		in.BypassPolicyLockoutSafetyCheck = false
		arn, region := aws.ToString(in.KeyId), call.Region
		if of := part(arn, 3); of != "" {
			region = of
		}
		return c.replace(ctx, &shared{
			what: "the policy of the key " + arn, arn: arn, action: "kms:GetKeyPolicy", region: region, text: aws.ToString(in.Policy),
			read: func(ctx context.Context) (string, error) { return c.keyText(ctx, arn) },
			write: func(ctx context.Context) error {
				_, err := c.kms(region).PutKeyPolicy(ctx, in)
				return err
			},
		})
	}
}

// same reports whether two texts are one policy.
func same(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	x, err := policy.Parse(a)
	if err != nil {
		return false
	}
	y, err := policy.Parse(b)
	return err == nil && policy.Equal(x, y)
}

// namesNew reports whether a policy was refused that names a role made here: other
// services learn of it within seconds.
func (c *Client) namesNew(err error, text string) bool {
	switch awserr.Code(err) {
	case "MalformedPolicy", "MalformedPolicyDocument", "MalformedPolicyDocumentException":
	default:
		return false
	}
	for name := range c.made {
		if strings.Contains(text, "/"+name+`"`) {
			return true
		}
	}
	return false
}

// isLocked reports whether it is the organisation that forbids.
func isLocked(err error) bool {
	d, ok := denial.Parse(awserr.Message(err))
	return ok && d.ByOrganization()
}

// account is whose bucket is meant: a name may have become another's.
func (c *Client) account() *string {
	if id := part(c.caller, 4); id != "" {
		return &id
	}
	return nil
}

func (c *Client) bucketRegion(ctx context.Context, call *share.Call, bucket string) (string, error) {
	if call.Region != "" {
		return call.Region, nil
	}
	region, err := c.region(ctx, bucket)
	if err != nil {
		return "", fmt.Errorf("%s: %w", call.Operation, err)
	}
	return region, nil
}
