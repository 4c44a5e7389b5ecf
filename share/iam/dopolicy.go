package iam

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/denial"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// putBucketPolicy replaces a bucket's policy. S3 takes no condition with it (S3
// API Reference, PutBucketPolicy: no If-Match), so it is read again right before:
// the milliseconds in between are what is left for somebody else's change to be
// lost in, and the file that the old one is saved to is what undoes that.
func (c *Client) putBucketPolicy(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(s3.PutBucketPolicyInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		bucket, text := aws.ToString(in.Bucket), aws.ToString(in.Policy)
		in.ExpectedBucketOwner = c.account()
		region, was, err := c.bucketNow(ctx, call, bucket)
		if err != nil {
			return err
		}
		arn := c.bucketARN(bucket)
		if same(was, text) {
			return nil
		}
		if err := c.replace("the policy of the bucket "+bucket, arn, was); err != nil {
			return err
		}
		if err := c.known(ctx, func(err error) bool { return c.namesNew(err, text) }, func(ctx context.Context) error {
			_, err := c.s3(region).PutBucketPolicy(ctx, in)
			return err
		}); err != nil {
			return err
		}
		c.read[arn] = text
		return c.shown(ctx, "the policy of the bucket "+bucket, text, func(ctx context.Context) (*policy.Document, error) {
			_, d, err := c.bucketPolicy(ctx, bucket, region)
			return d, err
		})
	}
}

// bucketNow is the bucket's region, and its policy at this moment.
func (c *Client) bucketNow(ctx context.Context, call *share.Call, bucket string) (region, was string, err error) {
	if region, err = c.bucketRegion(ctx, call, bucket); err != nil {
		return "", "", err
	}
	if was, err = c.bucketText(ctx, bucket, region); err != nil {
		return "", "", c.explain(ctx, err, "read the policy of the bucket "+bucket, "s3:GetBucketPolicy", c.bucketARN(bucket))
	}
	return region, was, nil
}

// deleteBucketPolicy is for one of which nothing is left.
func (c *Client) deleteBucketPolicy(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(s3.DeleteBucketPolicyInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		bucket := aws.ToString(in.Bucket)
		in.ExpectedBucketOwner = c.account()
		region, was, err := c.bucketNow(ctx, call, bucket)
		if err != nil {
			return err
		}
		arn := c.bucketARN(bucket)
		if was == "" {
			return nil
		}
		if err := c.replace("the policy of the bucket "+bucket, arn, was); err != nil {
			return err
		}
		if _, err := c.s3(region).DeleteBucketPolicy(ctx, in); err != nil {
			return err
		}
		c.read[arn] = ""
		return nil
	}
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
		arn, text := aws.ToString(in.KeyId), aws.ToString(in.Policy)
		was, err := c.keyText(ctx, arn)
		if err != nil {
			return c.explain(ctx, err, "read the policy of the key "+arn, "kms:GetKeyPolicy", arn)
		}
		if same(was, text) {
			return nil
		}
		if err := c.replace("the policy of the key "+arn, arn, was); err != nil {
			return err
		}
		region := call.Region
		if of := part(arn, 3); of != "" {
			region = of
		}
		if err := c.known(ctx, func(err error) bool { return c.namesNew(err, text) }, func(ctx context.Context) error {
			_, err := c.kms(region).PutKeyPolicy(ctx, in)
			return err
		}); err != nil {
			return err
		}
		c.read[arn] = text
		return c.shown(ctx, "the policy of the key "+arn, text, func(ctx context.Context) (*policy.Document, error) {
			now, err := c.keyText(ctx, arn)
			if err != nil {
				return nil, err
			}
			return policy.Parse(now)
		})
	}
}

// replace saves a policy that is about to go, unless it is another than the plan
// was made from.
func (c *Client) replace(what, arn, was string) error {
	if planned, ok := c.read[arn]; ok && planned != was && !same(planned, was) {
		return &Error{
			Text:  what + " was changed by somebody after it was read: nothing was written over it",
			Hints: []string{"the same command plans anew from what is there"},
		}
	}
	if was == "" {
		return nil
	}
	path, err := save(arn, was, time.Now())
	if err != nil {
		return &Error{Doing: "save " + what + " before it is replaced", Err: err, Hints: []string{"it is saved below $XDG_STATE_HOME, else the state folder of your system"}}
	}
	if c.Saved != nil {
		c.Saved(arn, path)
	}
	return nil
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
	switch codeOf(err) {
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
	d, ok := denial.Parse(messageOf(err))
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
