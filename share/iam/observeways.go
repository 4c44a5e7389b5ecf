package iam

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// ways reads other ways to the bucket than its policy, and what new objects are
// encrypted with. All of it can be done without.
func (o *observing) ways(ctx context.Context) error {
	for _, way := range []func(context.Context) error{o.public, o.encryption, o.acl, o.accessPoints} {
		if err := way(ctx); err != nil {
			return err
		}
	}
	return nil
}

// public reads Block Public Access of bucket and account: of the two the stricter
// holds, and RestrictPublicBuckets is the one that binds a policy that is there
// (Amazon S3 User Guide, Blocking public access to your Amazon S3 storage).
func (o *observing) public(ctx context.Context) error {
	b := &o.s.Bucket
	restricted, told := false, true
	out, err := o.s3(b.Region).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &b.Name})
	switch {
	case awserr.Code(err) == noBlock:
	case err != nil:
		told = false
		if err := o.optional(ctx, err, "s3:GetBucketPublicAccessBlock", o.arn()); err != nil {
			return err
		}
	default:
		restricted = out.PublicAccessBlockConfiguration != nil && aws.ToBool(out.PublicAccessBlockConfiguration.RestrictPublicBuckets)
	}
	if restricted {
		return nil // whatever the account's is
	}
	whole, err := o.s3control(b.Region).GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &b.Account})
	switch {
	case awserr.Code(err) == noBlock:
	case err != nil:
		if err := o.optional(ctx, err, "s3:GetAccountPublicAccessBlock", "*"); err != nil {
			return err
		}
	default:
		restricted = whole.PublicAccessBlockConfiguration != nil && aws.ToBool(whole.PublicAccessBlockConfiguration.RestrictPublicBuckets)
	}
	b.Public = told && !restricted
	return nil
}

const noBlock = "NoSuchPublicAccessBlockConfiguration"

// encryption is what S3 does to objects that come without a word about it.
func (o *observing) encryption(ctx context.Context) error {
	b := &o.s.Bucket
	out, err := o.s3(b.Region).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.Name})
	switch {
	case awserr.Code(err) == "ServerSideEncryptionConfigurationNotFoundError":
		return nil
	case err != nil:
		return o.optional(ctx, err, "s3:GetEncryptionConfiguration", o.arn())
	case out.ServerSideEncryptionConfiguration == nil:
		return nil
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		d := rule.ApplyServerSideEncryptionByDefault
		if d == nil || d.SSEAlgorithm != s3types.ServerSideEncryptionAwsKms && d.SSEAlgorithm != s3types.ServerSideEncryptionAwsKmsDsse {
			continue
		}
		o.sealed = append(o.sealed, cmp.Or(aws.ToString(d.KMSMasterKeyID), awsKey)) // without one it is AWS's own
	}
	return nil
}

// awsKey is the key that S3 takes where none is named.
const awsKey = "alias/aws/s3"

// acl reads who else the bucket's ACL lets in. With BucketOwnerEnforced it lets
// nobody in.
func (o *observing) acl(ctx context.Context) error {
	b := &o.s.Bucket
	if b.Ownership == share.Enforced {
		return nil
	}
	out, err := o.s3(b.Region).GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &b.Name})
	if err != nil {
		return o.optional(ctx, err, "s3:GetBucketAcl", o.arn())
	}
	if out.Owner != nil {
		o.owner = aws.ToString(out.Owner.ID)
	}
	for _, g := range out.Grants {
		if g.Grantee == nil || o.owner != "" && aws.ToString(g.Grantee.ID) == o.owner {
			continue
		}
		who := cmp.Or(aws.ToString(g.Grantee.URI), aws.ToString(g.Grantee.EmailAddress), aws.ToString(g.Grantee.ID), aws.ToString(g.Grantee.DisplayName))
		b.ACL = append(b.ACL, share.ACLGrant{Grantee: who, Permission: string(g.Permission)})
	}
	return nil
}

// accessPoints reads the bucket's access points and their policies. Those that
// other accounts made for it are not listed here (Amazon S3 API Reference,
// ListAccessPoints: owned by the current account).
func (o *observing) accessPoints(ctx context.Context) error {
	b := &o.s.Bucket
	api := o.s3control(b.Region)
	pages := s3control.NewListAccessPointsPaginator(api, &s3control.ListAccessPointsInput{AccountId: &b.Account, Bucket: &b.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return o.optional(ctx, err, "s3:ListAccessPoints", "*")
		}
		for _, p := range page.AccessPointList {
			point := share.AccessPoint{Name: aws.ToString(p.Name), ARN: aws.ToString(p.AccessPointArn)}
			out, err := api.GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{AccountId: &b.Account, Name: p.Name})
			switch {
			case awserr.Code(err) == "NoSuchAccessPointPolicy":
			case err != nil:
				if err := o.optional(ctx, err, "s3:GetAccessPointPolicy", point.ARN); err != nil {
					return err
				}
			default:
				if point.Policy, err = policy.Parse(aws.ToString(out.Policy)); err != nil {
					o.unread("s3:GetAccessPointPolicy", point.ARN, err.Error())
				}
			}
			b.AccessPoints = append(b.AccessPoints, point)
		}
	}
	return nil
}
