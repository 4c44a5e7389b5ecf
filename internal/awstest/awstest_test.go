package awstest_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

const (
	dev   = "111111111111"
	prod  = "999999999999"
	other = "222222222222"
)

// code is the error code that AWS answered with, "ok" for none, and the error's
// own words where it is none of AWS's.
func code(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return err.Error()
}

func get(t *testing.T, cfg aws.Config, bucket, key string) ([]byte, error) {
	t.Helper()
	out, err := s3.NewFromConfig(cfg, quiet).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

func quiet(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

func TestFirst(t *testing.T) {
	aws := stack.Start(t)
	b := aws.Account(prod).Bucket(t, "logs")
	b.Put(t, awstest.Object{Key: "a/1", Body: []byte("one"), Metadata: map[string]string{"x": "y"}}, awstest.Object{Key: "b/1", Body: []byte("two")})
	reader := aws.Account(prod).User(t, "reader", awstest.Allow("arn:aws:s3:::logs/a/*", "s3:GetObject"))
	body, err := get(t, reader, "logs", "a/1")
	if err != nil || !bytes.Equal(body, []byte("one")) {
		t.Fatal(string(body), err)
	}
	if _, err := get(t, reader, "logs", "b/1"); code(err) != "AccessDenied" {
		t.Fatal(err)
	}
	f := aws.Faults(t)
	body, err = get(t, f.Through(reader), "logs", "a/1")
	if err != nil || string(body) != "one" {
		t.Fatal(string(body), err)
	}
	f.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Error: "SlowDown", Times: 1})
	body, err = get(t, f.Through(reader), "logs", "a/1")
	if err != nil || string(body) != "one" {
		t.Fatal(string(body), err)
	}
	if fired := f.Fired(t); len(fired) != 1 {
		t.Fatal(fired)
	}
	arn := aws.Account(prod).Role(t, "Read", awstest.Trust("3414", dev), awstest.Allow("*", "s3:*"))
	caller := aws.Account(dev).User(t, "kim", awstest.Allow(arn, "sts:AssumeRole"))
	s := aws.Assume(t, caller, arn, func(in *sts.AssumeRoleInput) { id := "3414"; in.ExternalId = &id })
	if _, err := get(t, s, "logs", "b/1"); err != nil {
		t.Fatal(err)
	}
	aws.Expire(t, arn)
	if _, err := get(t, s, "logs", "b/1"); code(err) != "ExpiredToken" {
		t.Fatal(err)
	}
}
