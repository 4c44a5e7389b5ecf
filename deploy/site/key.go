package site

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share/policy"
)

// keyOf finds the key that seals log files, the trail's or else the bucket's, and reads
// whether its policy leaves it to IAM who may decrypt.
func (s *Site) keyOf(ctx context.Context, f *Found) error {
	id := f.Trail.Key
	if id == "" {
		var err error
		if id, err = s.bucketKey(ctx, f); err != nil {
			return err
		}
	}
	if id == "" || id == "alias/aws/s3" {
		return nil // whoever of the account reads by S3 may use AWS's own
	}
	region := cmp.Or(part(id, 3), f.BucketRegion)
	f.Key, f.KeyOwner = id, cmp.Or(part(id, 4), f.Caller.Account)
	out, err := s.kms(region).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	switch {
	case err != nil:
		if err := s.unread(ctx, f, err, "look at the key "+id, "kms:DescribeKey", id); err != nil {
			return err
		}
	case out.KeyMetadata.KeyManager == types.KeyManagerTypeAws:
		f.Key, f.KeyOwner = "", ""
		return nil
	default:
		f.Key, f.KeyOwner = cmp.Or(aws.ToString(out.KeyMetadata.Arn), id), cmp.Or(aws.ToString(out.KeyMetadata.AWSAccountId), f.KeyOwner)
	}
	if !strings.HasPrefix(f.Key, "arn:") {
		f.Key = "arn:" + f.Caller.Partition + ":kms:" + region + ":" + f.KeyOwner + ":key/" + strings.TrimPrefix(f.Key, "key/")
	}
	if f.KeyOwner != f.Caller.Account {
		f.KeyWhy = "the key is of the account " + f.KeyOwner + ", and its policy has to let the function's role, or this account, call kms:Decrypt"
		return nil
	}
	text, err := s.kms(region).GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &f.Key, PolicyName: aws.String("default")})
	if err != nil {
		f.KeyWhy = "its policy could not be read"
		return s.unread(ctx, f, err, "read the policy of the key "+f.Key, "kms:GetKeyPolicy", f.Key)
	}
	f.KeyLets, f.KeyWhy = leaves(aws.ToString(text.Policy), f)
	return nil
}

// leaves reports whether a key's policy lets the account itself decrypt, which leaves it
// to IAM who of it may (KMS Developer Guide, "Default key policy"), and that nothing in
// it may deny that.
func leaves(text string, f *Found) (lets bool, why string) {
	d, err := policy.Parse(text)
	if err != nil {
		return false, "its policy is not understood: " + err.Error()
	}
	q := policy.Request{
		Principals: []string{"arn:" + f.Caller.Partition + ":iam::" + f.KeyOwner + ":root", f.KeyOwner}, Account: f.KeyOwner,
		Action: "kms:Decrypt", Resource: policy.Exactly(f.Key, false),
		Known: map[string][]string{
			"kms:calleraccount": {f.KeyOwner}, "aws:principalaccount": {f.KeyOwner}, "aws:securetransport": {"true"},
			"kms:viaservice": {"s3." + f.BucketRegion + "." + deploy.Suffix(f.Caller.Partition)},
		},
	}
	if f.Trail.ARN != "" {
		q.Known["kms:encryptioncontext:aws:cloudtrail:arn"] = []string{f.Trail.ARN}
	}
	for i, st := range d.Statements {
		switch answer := d.Answer(i, q); {
		case st.Effect == policy.Deny && answer != policy.No:
			return false, fmt.Sprintf("a statement of its policy may deny it: %s", cmp.Or(st.Sid, "without a Sid"))
		case st.Effect == policy.Allow && answer == policy.Yes:
			lets = true
		}
	}
	if !lets {
		return false, "its policy does not leave it to the account's IAM who may decrypt"
	}
	return true, ""
}

// bucketKey is the key that the bucket seals what comes without a word about it.
func (s *Site) bucketKey(ctx context.Context, f *Found) (string, error) {
	b := f.bucket()
	out, err := s.s3(b.Region).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.Name, ExpectedBucketOwner: b.owner()})
	switch {
	case awserr.Code(err) == "ServerSideEncryptionConfigurationNotFoundError":
		return "", nil
	case err != nil:
		return "", s.unread(ctx, f, err, "read how the bucket "+b.Name+" encrypts", "s3:GetEncryptionConfiguration", s.bucketARN(b.Name))
	case out.ServerSideEncryptionConfiguration == nil:
		return "", nil
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		d := rule.ApplyServerSideEncryptionByDefault
		if d != nil && (d.SSEAlgorithm == s3types.ServerSideEncryptionAwsKms || d.SSEAlgorithm == s3types.ServerSideEncryptionAwsKmsDsse) {
			return cmp.Or(aws.ToString(d.KMSMasterKeyID), "alias/aws/s3"), nil
		}
	}
	return "", nil
}

// unread takes note of a call that AWS refused and that can be done without. What has
// nothing to do with the call, as a broken line, stays an error.
func (s *Site) unread(ctx context.Context, f *Found, err error, doing, action, resource string) error {
	told := s.explain(ctx, err, doing, action, resource)
	if ctx.Err() != nil || awserr.Code(err) == "" {
		return told
	}
	f.Unread = append(f.Unread, told.Error())
	return nil
}
