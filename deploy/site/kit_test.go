package site_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

const (
	hub    = "999999999999"
	other  = "111111111111"
	third  = "222222222222"
	bucket = "acme-logs"
)

// open is a site of a caller, that waits for nothing.
func open(cfg aws.Config) *site.Site { return site.New(cfg).Hurry() }

// operator is a user who may do just some work.
func operator(t *testing.T, account awstest.Account, name string, may ...string) *site.Site {
	t.Helper()
	return open(account.User(t, name, awstest.Allow("*", may...)))
}

// without is what is left of actions.
func without(actions []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == one })
}

// ready is a queue of the hub that the bucket may send to, and the rule for it.
func ready(t *testing.T, account awstest.Account, name deploy.Name, prefix string) (*awstest.Queue, deploy.Notification) {
	t.Helper()
	q := account.Queue(t, string(name))
	q.AllowService(t, "s3.amazonaws.com", "arn:aws:s3:::"+bucket)
	return q, deploy.Notify(name.NotificationID(), q.ARN, prefix)
}

// configuration is what S3 has of a bucket's notifications.
func configuration(t *testing.T, b *awstest.Bucket) *s3.GetBucketNotificationConfigurationOutput {
	t.Helper()
	out, err := b.Owner.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// replaced puts a configuration as another's tool does: whole.
func replaced(t *testing.T, b *awstest.Bucket, n *types.NotificationConfiguration) {
	t.Helper()
	_, err := b.Owner.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: &b.Name, NotificationConfiguration: n, SkipDestinationValidation: aws.Bool(true)})
	if err != nil {
		t.Error(err)
	}
}

// told is whether an error of a site says something, in its text or a hint.
func told(err error, parts ...string) bool {
	e, ok := errors.AsType[*site.Error](err)
	if !ok {
		return false
	}
	text := e.Error() + "\n" + strings.Join(e.Hints, "\n")
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
