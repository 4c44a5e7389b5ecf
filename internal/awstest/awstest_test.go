package awstest_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
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
	third = "222222222222"
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

// quiet: not a line of log for every object that was put without a checksum.
func quiet(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

func TestReset(t *testing.T) {
	aws := stack.Start(t)
	aws.Account(prod).Bucket(t, "logs").Put(t, awstest.Object{Key: "one"})
	user := aws.Account(prod).User(t, "kim", awstest.Allow("*", "*"))
	faults := aws.Faults(t)
	faults.Set(t, awstest.Fault{Error: "SlowDown"})
	aws.Reset(t)

	if _, err := get(t, user, "logs", "one"); code(err) != "InvalidAccessKeyId" {
		t.Errorf("a user's key after a reset: %v", err)
	}
	if _, err := get(t, aws.Account(prod).Config(), "logs", "one"); code(err) != "NoSuchBucket" {
		t.Errorf("a bucket after a reset: %v", err)
	}
	if _, err := get(t, faults.Through(aws.Account(prod).Config()), "logs", "one"); code(err) != "NoSuchBucket" {
		t.Errorf("a fault after a reset: %v", err)
	}
}

// TestEnclosed: what reads the usual places finds this AWS and no credentials.
func TestEnclosed(t *testing.T) {
	t.Setenv("AWS_PROFILE", "of-this-machine")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHISMACHINE000")
	t.Run("inside", func(t *testing.T) {
		aws := stack.Start(t)
		cfg, err := config.LoadDefaultConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.Credentials.Retrieve(t.Context()); err == nil {
			t.Error("there are credentials")
		}
		for _, entry := range aws.Environment(t, aws.Account(dev).Config()) {
			name, value, _ := strings.Cut(entry, "=")
			t.Setenv(name, value)
		}
		if cfg, err = config.LoadDefaultConfig(t.Context()); err != nil {
			t.Fatal(err)
		}
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
		if err != nil || *who.Account != dev {
			t.Errorf("as a program that was started with Environment: %v, %v", who, err)
		}
	})
	if os.Getenv("AWS_PROFILE") != "of-this-machine" {
		t.Error("the machine's own configuration was not put back")
	}
}

func TestRequests(t *testing.T) {
	aws := stack.Start(t)
	bucket := aws.Account(prod).Bucket(t, "logs")
	bucket.Put(t, awstest.Object{Key: "one"})
	before := aws.Requests(t)
	user := aws.Account(prod).User(t, "kim", awstest.Allow("*", "s3:GetObject"))
	for _, key := range []string{"one", "none"} {
		_, _ = get(t, user, "logs", key)
	}
	_ = list(t, user, "logs", "")
	_, _ = bucket.Owner.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket.Name, Key: &bucket.Name})
	after := aws.Requests(t)
	for name, want := range map[string]int{"s3:GetObject": 2, "s3:ListBucket": 1, "HEAD s3:GetObject": 1, "iam:CreateUser": 1, "s3:PutObject": 0} {
		if got := after[name] - before[name]; got != want {
			t.Errorf("%s: %d, not %d", name, got, want)
		}
	}
}

// TestStartsAgain: a stand-in that died costs the test that saw it, not the rest.
func TestStartsAgain(t *testing.T) {
	var own awstest.Stack
	var first string
	t.Run("dies", func(t *testing.T) {
		aws := own.Start(t)
		first = aws.Endpoint
		if err := aws.Close(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("again", func(t *testing.T) {
		aws := own.Start(t)
		if aws.Endpoint == first {
			t.Errorf("still at %s", first)
		}
		aws.Account(prod).Bucket(t, "logs")
		if err := aws.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
