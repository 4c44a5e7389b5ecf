package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// MostPut is how large an object may be that is written at once (S3 API
// Reference, PutObject).
const MostPut = 5 << 30

// ErrThere is that an object was not written, for another is there, or has come
// there since it was looked.
var ErrThere = errors.New("another object is there")

// Stat is what a bucket has under a key, with its metadata; nil: nothing. Who may
// not list the bucket is not told that there is nothing, but refused.
func (l *Log) Stat(ctx context.Context, key string) (*Object, map[string]string, error) {
	out, err := there(ctx, l, func(api *s3.Client) (*s3.HeadObjectOutput, error) {
		return api.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(l.bucket), Key: aws.String(key), RequestPayer: l.payer()})
	})
	if isAbsent(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, l.explain(ctx, err, "s3:GetObject and s3:ListBucket", key)
	}
	o := l.listed(key, aws.ToInt64(out.ContentLength), aws.ToString(out.ETag), string(out.StorageClass))
	o.Modified = aws.ToTime(out.LastModified)
	return &o, out.Metadata, nil
}

// Unwritable is one error for a place that may not be written to, where an error of
// [Log.Stat] or [Log.Put] is that S3 refused it: with all that writing below a
// prefix needs, and which of it was refused. nil: it was not.
func (l *Log) Unwritable(err error, prefix string) error {
	if !isRefused(err) {
		return nil
	}
	was := "s3:PutObject"
	if called, ok := errors.AsType[*smithy.OperationError](err); ok && called.OperationName == "HeadObject" {
		was = "s3:GetObject or s3:ListBucket, to look at what is there"
	}
	who, why := "the caller", ""
	if d, ok := denial.Parse(messageOf(err)); ok {
		if strings.HasPrefix(d.Action, "kms:") {
			return &told{l.URI(prefix), fmt.Sprintf("refused: the bucket encrypts with a KMS key, and %s needs %s on %s, in a policy of its own and in the key's policy; kms:Decrypt to look at what is there", d.Who, d.Action, d.Resource), err}
		}
		who, was = d.Who, d.Action
		if d.Why != "" {
			why = " (" + d.Why + ")"
		}
	}
	return &told{l.URI(prefix), fmt.Sprintf("cannot be written to: %s was refused %s%s. It needs s3:PutObject and s3:GetObject on %s, and s3:ListBucket on %s; where the bucket is another account's its policy has to allow them too",
		who, was, why, l.arn(prefix+"*"), l.arn("")), err}
}

// Put writes an object: a new one where over is empty, else over the one with that
// ETag ([ErrThere] where that is not so: S3 User Guide, How to prevent object
// overwrites with conditional writes). The SHA-256 of what is sent goes along: S3
// holds it to what arrives, and keeps it.
func (l *Log) Put(ctx context.Context, key string, content io.ReadSeeker, size int64, like *Body, metadata map[string]string, over string) error {
	in := &s3.PutObjectInput{
		Bucket: aws.String(l.bucket), Key: aws.String(key), Body: content, ContentLength: aws.Int64(size),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, Metadata: metadata, RequestPayer: l.payer(),
	}
	if like.Type != "" {
		in.ContentType = aws.String(like.Type)
	}
	if like.Encoding != "" {
		in.ContentEncoding = aws.String(like.Encoding)
	}
	if over == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(over)
	}
	_, err := there(ctx, l, func(api *s3.Client) (*s3.PutObjectOutput, error) {
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return api.PutObject(ctx, in)
	})
	if code := codeOf(err); code == "PreconditionFailed" || code == "ConditionalRequestConflict" {
		return &told{"", "it came there while it was copied: the same command again looks at it", errors.Join(ErrThere, err)}
	}
	if err != nil {
		return l.explain(ctx, err, "s3:PutObject", key)
	}
	return nil
}
