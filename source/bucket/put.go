package bucket

import (
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
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
