package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

var etagForm = regexp.MustCompile(`^[0-9a-f]{32}(-[0-9]+)?$`)

// Fetch opens a log file of the bucket by its address, with the bytes that it had
// when it was listed: a bucket that keeps versions has those of what was replaced or
// deleted since. An error that is [fs.ErrNotExist] means that nothing is there now.
func (l *Log) Fetch(ctx context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
	_, key, err := Split(f.URI)
	if err != nil {
		return nil, err
	}
	o := Object{Key: key, Size: -1}
	if etagForm.MatchString(f.Version) {
		o.ETag = `"` + f.Version + `"`
	}
	body, _, err := l.current(ctx, &o)
	gone, changed := isAbsent(err), codeOf(err) == "PreconditionFailed"
	if !gone && !changed {
		return body, err
	}
	if o.ETag != "" {
		v, why := l.versionOf(ctx, &o)
		if v != nil {
			o.version = v.version
			body, _, err = l.current(ctx, &o)
			return body, err
		}
		err = &told{"", "what was read of it is not there any more, " + why, err}
	}
	if gone {
		err = &told{"", err.Error(), errors.Join(err, fs.ErrNotExist)}
	}
	return nil, err
}

func isAbsent(err error) bool {
	code := codeOf(err)
	return code == "NoSuchKey" || code == "NotFound"
}

// mostVersions is how many pages of an object's versions are looked through.
const mostVersions = 16

// versionOf finds the version of an object that has its ETag, the newest where that
// is not known, or says why not.
func (l *Log) versionOf(ctx context.Context, o *Object) (found *Object, why string) {
	in := &s3.ListObjectVersionsInput{
		Bucket: aws.String(l.bucket), Prefix: aws.String(o.Key), RequestPayer: l.payer(), EncodingType: types.EncodingTypeUrl,
	}
	for range mostVersions {
		out, err := there(ctx, l, func(api *s3.Client) (*s3.ListObjectVersionsOutput, error) { return api.ListObjectVersions(ctx, in) })
		if err != nil {
			switch codeOf(err) {
			case "NoSuchBucket":
				return nil, "and neither is the bucket " + l.bucket
			case "AccessDenied", "Forbidden":
				err = errors.New("the caller needs s3:ListBucketVersions and s3:GetObjectVersion")
			}
			return nil, "and whether the bucket keeps older versions cannot be told: " + err.Error()
		}
		for i := range out.Versions {
			v := &out.Versions[i]
			key, err := decoded(aws.ToString(v.Key), out.EncodingType == types.EncodingTypeUrl)
			if etag := aws.ToString(v.ETag); err == nil && key == o.Key && (o.ETag == "" || etag == o.ETag) {
				return &Object{Key: key, Size: aws.ToInt64(v.Size), ETag: etag, version: aws.ToString(v.VersionId)}, ""
			}
		}
		if !aws.ToBool(out.IsTruncated) || out.NextKeyMarker == nil {
			break
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
	if o.ETag == "" {
		return nil, "and the bucket keeps no older version of it"
	}
	return nil, "and the bucket keeps no version with those bytes"
}
