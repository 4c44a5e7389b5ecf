package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
)

// codeTag is the tag of a bucket of ours.
const codeTag, codeValue = "crosstrail", "code"

// Upload puts a function's deployment package where a stack of this account and region
// takes it from, see [deploy.CodeOf]. The bucket is made where there is none: nobody can
// guess who else may have such a bucket, so every call asks that it is this account's.
// The same package is not put twice. A new bucket is private and encrypted (S3 User
// Guide: Block Public Access since April 2023, SSE-S3 since January 2023).
func (s *Site) Upload(ctx context.Context, zip []byte, code deploy.Code) error {
	me, err := s.Caller(ctx)
	if err != nil {
		return err
	}
	b := Bucket{code.Bucket, me.Region, me.Account}
	if err := s.readyCodeBucket(ctx, me, b); err != nil {
		return err
	}
	sum := sha256.Sum256(zip)
	want := base64.StdEncoding.EncodeToString(sum[:])
	head, err := s.s3("").HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &code.Key, ExpectedBucketOwner: &b.Owner, ChecksumMode: types.ChecksumModeEnabled})
	switch {
	case err == nil && aws.ToString(head.ChecksumSHA256) == want: // not only the name of it
		return nil
	case err != nil && awserr.Status(err) != 404:
		// To who may not list, S3 says the same of what is not there (S3 API Reference, HeadObject).
		const doing = "look for the function's code"
		if _, list := s.s3("").ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &code.Key, ExpectedBucketOwner: &b.Owner}); list != nil {
			return s.explain(ctx, list, doing, "s3:ListBucket", s.bucketARN(b.Name))
		}
		return s.explain(ctx, err, doing, "s3:GetObject", s.bucketARN(b.Name)+"/"+code.Key)
	}
	_, err = s.s3("").PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, Key: &code.Key, Body: bytes.NewReader(zip), ContentLength: aws.Int64(int64(len(zip))), ContentType: aws.String("application/zip"),
		ChecksumSHA256: &want, ServerSideEncryption: types.ServerSideEncryptionAes256, ExpectedBucketOwner: &b.Owner,
	})
	if err != nil {
		return s.explain(ctx, err, "upload the function's code", "s3:PutObject", s.bucketARN(b.Name)+"/"+code.Key)
	}
	return nil
}

// readyCodeBucket makes the bucket, where it is not one that somebody named.
func (s *Site) readyCodeBucket(ctx context.Context, me Caller, b Bucket) error {
	if b.Name != deploy.CodeBucket(me.Account, me.Region) {
		_, err := s.HasCodeBucket(ctx, b.Name)
		return err
	}
	there, tagged, err := s.codeBucket(ctx, b)
	switch {
	case err != nil:
		return err
	case !there:
		return s.makeCodeBucket(ctx, b)
	case !tagged:
		return s.tagCodeBucket(ctx, b)
	}
	return nil
}

// HasCodeBucket reports whether the bucket that a hub's stack takes its function from is
// there. Of another account it is an error: Lambda would run whatever that account put
// there, with the hub's permissions. So is one that was named and is not there.
func (s *Site) HasCodeBucket(ctx context.Context, name string) (bool, error) {
	me, err := s.Caller(ctx)
	if err != nil {
		return false, err
	}
	_, err = s.s3("").GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &me.Account})
	switch code := awserr.Code(err); {
	case code == "" && err == nil, code == "NoSuchTagSet":
		return true, nil
	case code == "NoSuchBucket" && name == deploy.CodeBucket(me.Account, me.Region):
		return false, nil
	case code == "NoSuchBucket":
		return false, &Error{Doing: "use the bucket " + name, Err: err, Text: "there is no such bucket", Hints: []string{"make it, private, in " + me.Region + ", or name another: --code-bucket NAME"}}
	}
	return false, s.notOurBucket(ctx, err, name)
}

// notOurBucket is why the code's bucket may not be used.
func (s *Site) notOurBucket(ctx context.Context, err error, name string) error {
	told := s.explain(ctx, err, "use the bucket "+name, "s3:GetBucketTagging", s.bucketARN(name))
	if e, ok := errors.AsType[*Error](told); ok && e.Denied {
		e.Hints = append(e.Hints, "or a bucket of this name is another account's: S3 does not say which; whoever made it hopes for code to be put there, and none was. A bucket of your own takes its place: --code-bucket NAME")
	}
	return told
}

// codeBucket reports whether the bucket is there, and is an error where it is not ours:
// of another account, which names foretold may be, or made for something else.
func (s *Site) codeBucket(ctx context.Context, b Bucket) (there, tagged bool, err error) {
	const doing = "use the bucket "
	out, err := s.s3("").GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Owner})
	switch code := awserr.Code(err); {
	case err == nil && slices.ContainsFunc(out.TagSet, func(t types.Tag) bool {
		return aws.ToString(t.Key) == codeTag && aws.ToString(t.Value) == codeValue
	}):
		return true, true, nil
	case code == "NoSuchBucket":
		return false, false, nil
	case awserr.Denied(code):
		return false, false, s.notOurBucket(ctx, err, b.Name)
	case err != nil && code != "NoSuchTagSet":
		return false, false, s.explain(ctx, err, doing+b.Name, "s3:GetBucketTagging", s.bucketARN(b.Name))
	}
	// Ours, were it not for the tag: where making it was cut short it is empty.
	list, err := s.s3("").ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.Name, ExpectedBucketOwner: &b.Owner, MaxKeys: aws.Int32(1)})
	if err != nil {
		return false, false, s.explain(ctx, err, doing+b.Name, "s3:ListBucket", s.bucketARN(b.Name))
	}
	if len(list.Contents) > 0 || out != nil && len(out.TagSet) > 0 {
		return false, false, &Error{
			Doing: doing + b.Name, Text: fmt.Sprintf("it has no tag %s=%s, so it is not of crosstrail's making", codeTag, codeValue),
			Hints: []string{"remove it, or give it that tag if it is for crosstrail's code alone: what is in it is deleted with the last hub"},
		}
	}
	return true, false, nil
}

func (s *Site) makeCodeBucket(ctx context.Context, b Bucket) error {
	in := &s3.CreateBucketInput{Bucket: &b.Name}
	if b.Region != "us-east-1" { // which has no such name (S3 API Reference, CreateBucket)
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.Region)}
	}
	_, err := s.s3("").CreateBucket(ctx, in)
	switch code := awserr.Code(err); {
	case code == "BucketAlreadyExists":
		return &Error{
			Doing: "make the bucket " + b.Name, Err: err, Text: "another account has a bucket of this name, which is made of this account's number: nothing was put there",
			Hints: []string{"name a bucket of your own for the code: --code-bucket NAME"},
		}
	case err != nil && code != "BucketAlreadyOwnedByYou": // another operator was faster
		return s.explain(ctx, err, "make the bucket "+b.Name, "s3:CreateBucket", s.bucketARN(b.Name))
	}
	return s.tagCodeBucket(ctx, b)
}

func (s *Site) tagCodeBucket(ctx context.Context, b Bucket) error {
	_, err := s.s3("").PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Owner, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String(codeTag), Value: aws.String(codeValue)}}},
	})
	if err != nil {
		return s.explain(ctx, err, "tag the bucket "+b.Name, "s3:PutBucketTagging", s.bucketARN(b.Name))
	}
	return nil
}
