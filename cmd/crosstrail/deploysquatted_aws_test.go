package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestDeploySquatted: where another account has the bucket that the function's code would
// be in, a hub is neither made nor changed, whatever is to be changed of it, and nothing is
// left of the attempt; it is with another bucket, and is taken down.
func TestDeploySquatted(t *testing.T) {
	const account, stranger = "560000000004", "560000000005"
	d := newDowns(t, account)
	d.prod.Bucket(t, "acme-own-code")
	foretold := deploy.CodeBucket(account, awstest.Region)
	up := func(more ...string) []string {
		return append([]string{"up", "hub", "--no-logs", "--function", d.code, "--yes"}, more...)
	}
	stands := func() bool {
		_, err := cfn.New(d.prod.Config()).Find(t.Context(), "crosstrail-hub")
		if err != nil && !errors.Is(err, cfn.ErrNone) {
			t.Fatal(err)
		}
		return err == nil
	}

	// It is there, and its bucket becomes a stranger's.
	d.is(exitDone, "", up()...)
	mine := d.prod.Bucket(t, foretold)
	out, err := mine.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &foretold})
	if err != nil || len(out.Contents) != 1 {
		t.Fatal(out, err)
	}
	key := aws.ToString(out.Contents[0].Key)
	mine.Delete(t, key)
	if _, err := mine.Owner.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &foretold}); err != nil {
		t.Fatal(err)
	}
	theirs := d.stand.Account(stranger).Bucket(t, foretold)
	theirs.Policy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"s3:*","Resource":["arn:aws:s3:::`+foretold+`","arn:aws:s3:::`+foretold+`/*"]}]}`)
	theirs.Put(t, awstest.Object{Key: key, Body: []byte("evil")})
	d.is(exitFailed, "--code-bucket NAME", up("--account", stranger)...)
	d.is(exitFailed, "--code-bucket NAME", up("--memory-size", "1024")...)
	d.is(exitFailed, "there is no such bucket", up("--code-bucket", "acme-nowhere-code")...)
	d.is(exitDone, "left alone", "down", "hub", "--yes")
	if stands() {
		t.Error("the hub stands")
	}

	// It is a stranger's from the first.
	d.is(exitFailed, "is another account's", up()...)
	if stands() {
		t.Error("a stack is left")
	}
	d.is(exitDone, "done: the function's code is in the bucket acme-own-code", up("--code-bucket", "acme-own-code")...)
	d.is(exitDone, "nothing to change", up()...)
	if said := d.is(exitDone, "", up("--memory-size", "1024")...); strings.Contains(said, "function's code") {
		t.Errorf("the code was put once more: %s", said)
	}
	d.is(exitDone, "the bucket acme-own-code stays", "down", "hub", "--yes")
	own := "acme-own-code"
	if out, err := mine.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &own}); err != nil || len(out.Contents) != 0 {
		t.Errorf("there are %v, %v", out, err)
	}
}
