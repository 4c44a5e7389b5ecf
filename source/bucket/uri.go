package bucket

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Scheme is how a SOURCE in S3 begins.
const Scheme = "s3://"

// Is reports whether a SOURCE is one of this package.
func Is(source string) bool { return strings.HasPrefix(source, Scheme) }

// meantForms are what people write for an address, with what is wrong of it cut off.
var meantForms = regexp.MustCompile(`^(?i:s3):/{0,2}([^/].*)$|^arn:aws[a-z-]*:s3:::(.+)$|^(arn:aws[a-z-]*:s3:[^:]+:[^:]+:accesspoint/.+)$`)

// Meant is the address that a SOURCE of another form was meant for; empty: none.
func Meant(source string) string {
	m := meantForms.FindStringSubmatch(source)
	if m == nil || Is(source) {
		return ""
	}
	return Scheme + m[1] + m[2] + m[3]
}

// Split takes s3://bucket/key apart.
func Split(uri string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(uri, Scheme)
	if !ok {
		return "", "", fmt.Errorf("%s: is no s3:// address", uri)
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if name, ok := accessPoint(rest); ok {
		bucket, key = name, strings.TrimPrefix(rest[len(name):], "/")
	}
	if bucket == "" {
		return "", "", fmt.Errorf("%s: names no bucket: s3://BUCKET/PREFIX", uri)
	}
	if strings.ContainsAny(bucket, "*?[") {
		return "", "", errors.New(uri + ": the name of a bucket holds no wildcards: name one bucket, and the prefix in it")
	}
	return bucket, key, nil
}

// accessPoint is the ARN of an access point that an address begins with, which
// is used as a bucket is: arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME.
func accessPoint(rest string) (arn string, ok bool) {
	if !strings.HasPrefix(rest, "arn:") {
		return "", false
	}
	kind, name, ok := strings.Cut(rest, "/")
	if !ok || !strings.HasSuffix(kind, ":accesspoint") {
		return "", false
	}
	name, _, _ = strings.Cut(name, "/")
	return kind + "/" + name, true
}
