package bucket

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// there calls S3 in the bucket's region. Which that is, S3 tells who asks in
// another one; nobody has to be asked before.
func there[T any](ctx context.Context, l *Log, call func(*s3.Client) (T, error)) (T, error) {
	api := l.s3()
	out, err := call(api)
	if err == nil || !elsewhere(err) {
		return out, err
	}
	region := regionOf(err)
	if region == "" {
		region = l.askRegion(ctx, api)
	}
	if region == "" || region == api.Options().Region {
		return out, err
	}
	l.mu.Lock()
	if l.api == api {
		l.api = l.client(region)
	}
	l.mu.Unlock()
	return call(l.s3())
}

// elsewhere reports whether an error says that the bucket is in another region.
func elsewhere(err error) bool {
	switch codeOf(err) {
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently", "301":
		return true
	}
	r, ok := errors.AsType[*awshttp.ResponseError](err)
	return ok && r.HTTPStatusCode() == http.StatusMovedPermanently
}

var expecting = regexp.MustCompile(`expecting '([a-z0-9-]+)'`)

// regionOf is the bucket's region, as an answer's header or its words tell it.
func regionOf(err error) string {
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok && r.Response != nil {
		if region := r.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return region
		}
	}
	if m := expecting.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

// askRegion asks for the region alone. S3 tells it to who may not read the bucket
// too.
func (l *Log) askRegion(ctx context.Context, api *s3.Client) string {
	out, err := api.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(l.bucket)})
	if err != nil {
		return regionOf(err)
	}
	return cmp.Or(aws.ToString(out.BucketRegion), "us-east-1")
}

// codeOf is what S3 calls an error.
func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
