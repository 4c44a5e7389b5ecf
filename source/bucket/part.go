package bucket

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// ErrAltered is that all bytes of an object came, and are not those that its
// checksum is of.
var ErrAltered = errors.New("it came with other bytes than S3 has a checksum of")

// Body is an object that was listed, as it comes. Where it is cut it goes on from
// there, with the same bytes or not at all.
type Body struct {
	io.ReadCloser
	// MD5 is that of the whole object in hexadecimal, empty where S3 tells none: of
	// an object in parts, or under a KMS key (S3 API Reference, Common response
	// headers, ETag).
	MD5      string
	Metadata map[string]string // its writer's: x-amz-meta-…
	Type     string            // Content-Type
	Encoding string            // Content-Encoding
}

// From opens an object that was listed from a byte on. What is read from its first
// byte to its last, and was never cut, is held to S3's checksum, where it has one.
func (l *Log) From(ctx context.Context, o Object, at int64) (*Body, error) {
	out, body, err := l.get(ctx, &o, at)
	if err != nil {
		return nil, err
	}
	r := &long{ctx: ctx, log: l, object: o, at: at, cut: at}
	if err := r.take(out, body); err != nil {
		body.Close() //nolint:errcheck // not wanted
		return nil, err
	}
	return &Body{
		ReadCloser: r, MD5: md5Of(out), Metadata: out.Metadata,
		Type: aws.ToString(out.ContentType), Encoding: aws.ToString(out.ContentEncoding),
	}, nil
}

// md5Of is the MD5 that an ETag is, where it is one.
func md5Of(out *s3.GetObjectOutput) string {
	etag := strings.Trim(aws.ToString(out.ETag), `"`)
	plain := out.ServerSideEncryption == "" || out.ServerSideEncryption == types.ServerSideEncryptionAes256
	if !plain || out.SSECustomerAlgorithm != nil || !etagForm.MatchString(etag) || strings.Contains(etag, "-") {
		return ""
	}
	return etag
}
