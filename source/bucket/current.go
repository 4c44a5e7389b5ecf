package bucket

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/source"
)

// Get opens an object as it is now, with the metadata that its writer gave it.
func (l *Log) Get(ctx context.Context, key string) (body io.ReadCloser, meta map[string]string, err error) {
	return l.current(ctx, &Object{Key: key, Size: -1})
}

// current opens an object that was not listed: of any size, or of one that was told.
func (l *Log) current(ctx context.Context, o *Object) (body io.ReadCloser, meta map[string]string, err error) {
	out, body, err := l.get(ctx, o, 0)
	if err != nil {
		return nil, nil, err
	}
	size := aws.ToInt64(out.ContentLength)
	if o.Size >= 0 && out.ContentLength != nil && size != o.Size {
		body.Close() //nolint:errcheck // not wanted
		return nil, nil, &told{"", fmt.Sprintf("it has %d bytes, and not %d as was told of it", size, o.Size), errReplaced}
	}
	if size > whole {
		rest := Object{Key: o.Key, Size: size, ETag: aws.ToString(out.ETag), version: o.version}
		return &long{ctx: ctx, log: l, object: rest, body: body}, out.Metadata, nil
	}
	all, err := readBody(body, size)
	if err != nil && ctx.Err() == nil {
		o.ETag = aws.ToString(out.ETag) // the metadata is that of these bytes
		all, err = l.entire(ctx, o)
	}
	if err != nil {
		return nil, nil, err
	}
	return io.NopCloser(bytes.NewReader(all)), out.Metadata, nil
}

// Open opens an object that was listed: with those bytes or not at all.
func (l *Log) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	if o.Size > whole {
		return &long{ctx: ctx, log: l, object: o}, nil
	}
	all, err := l.entire(ctx, &o)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

// Item is an object of the bucket by its address, as it is now.
func (l *Log) Item(ctx context.Context, uri string) (source.Item, error) {
	_, key, err := Split(uri)
	if err != nil {
		return source.Item{}, err
	}
	o, err := l.head(ctx, key, "")
	if err != nil {
		return source.Item{}, l.explain(ctx, err, "s3:GetObject", key)
	}
	return (&held{log: l, object: *o}).item(), nil
}

// head is what S3 tells of an object, or of a version of it.
func (l *Log) head(ctx context.Context, key, version string) (*Object, error) {
	in := &s3.HeadObjectInput{Bucket: aws.String(l.bucket), Key: aws.String(key), RequestPayer: l.payer()}
	if version != "" {
		in.VersionId = aws.String(version)
	}
	out, err := there(ctx, l, func(api *s3.Client) (*s3.HeadObjectOutput, error) { return api.HeadObject(ctx, in) })
	if err != nil {
		return nil, err
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	o := l.listed(key, size, aws.ToString(out.ETag), string(out.StorageClass))
	o.Modified = aws.ToTime(out.LastModified)
	return &o, nil
}
