package awstest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
)

// putters is how many objects are put at once: the stand-in is one process, and
// more wait there.
const putters = 16

// Bucket is a bucket, and its owner's hand on it.
type Bucket struct {
	Name  string
	Owner *s3.Client
}

// Object is what is put.
type Object struct {
	Key      string
	Body     []byte
	Metadata map[string]string // the user's: x-amz-meta-…
	KMSKey   string            // the ARN of the key that it is kept under, if it is: SSE-KMS
	Context  map[string]string // what is added to the encryption's context, as aws:cloudtrail:arn
}

// Bucket makes a bucket of the account. Names are everybody's, as on AWS.
func (c Account) Bucket(t testing.TB, name string, options ...func(*s3.CreateBucketInput)) *Bucket {
	t.Helper()
	b := &Bucket{Name: name, Owner: s3.NewFromConfig(c.Config())}
	input := &s3.CreateBucketInput{Bucket: &name}
	for _, option := range options {
		option(input)
	}
	if _, err := b.Owner.CreateBucket(t.Context(), input); err != nil && !b.madeBefore(t, err, c.ID) {
		must(t, err)
	}
	return b
}

// madeBefore reports whether a bucket that is there already is that of a call whose
// answer was lost on the way, and which the SDK made again: the same account's,
// and empty.
func (b *Bucket) madeBefore(t testing.TB, err error, account string) bool {
	if answer, ok := errors.AsType[smithy.APIError](err); !ok || !strings.HasPrefix(answer.ErrorCode(), "BucketAlready") {
		return false
	}
	listed, err := b.Owner.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name, ExpectedBucketOwner: &account})
	return err == nil && len(listed.Contents) == 0
}

// Owned is a bucket of the account that is there already.
func (c Account) Owned(name string) *Bucket {
	return &Bucket{Name: name, Owner: s3.NewFromConfig(c.Config())}
}

// In puts a bucket in another region.
func In(region string) func(*s3.CreateBucketInput) {
	return func(input *s3.CreateBucketInput) {
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
}

// Put puts objects as the owner, many at once.
func (b *Bucket) Put(t testing.TB, objects ...Object) {
	t.Helper()
	b.PutAll(t, slices.Values(objects))
}

// PutAll is Put for more objects than are to be held at once.
func (b *Bucket) PutAll(t testing.TB, objects iter.Seq[Object]) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(putters)
	for o := range objects {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			input := &s3.PutObjectInput{Bucket: &b.Name, Key: &o.Key, Body: bytes.NewReader(o.Body), Metadata: o.Metadata}
			if o.KMSKey != "" {
				input.ServerSideEncryption, input.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &o.KMSKey
				input.SSEKMSEncryptionContext = encoded(o.Context)
			}
			_, err := b.Owner.PutObject(ctx, input)
			return err
		})
	}
	must(t, group.Wait())
}

// encoded is an encryption context in S3's header; nil is none.
func encoded(pairs map[string]string) *string {
	if pairs == nil {
		return nil
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		panic(err) // a map of strings
	}
	return aws.String(base64.StdEncoding.EncodeToString(text))
}

// Delete takes an object away.
func (b *Bucket) Delete(t testing.TB, key string) {
	t.Helper()
	_, err := b.Owner.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.Name, Key: &key})
	must(t, err)
}

// Policy gives the bucket this policy in the place of any other.
func (b *Bucket) Policy(t testing.TB, policy string) {
	t.Helper()
	_, err := b.Owner.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b.Name, Policy: &policy})
	must(t, err)
}

// Ownership says whose the objects are that others write: the bucket owner's
// always, as in every new bucket, or not.
func (b *Bucket) Ownership(t testing.TB, whose types.ObjectOwnership) {
	t.Helper()
	_, err := b.Owner.PutBucketOwnershipControls(t.Context(), &s3.PutBucketOwnershipControlsInput{
		Bucket:            &b.Name,
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: whose}}},
	})
	must(t, err)
}

// Versioned makes the bucket keep every version of an object.
func (b *Bucket) Versioned(t testing.TB) {
	t.Helper()
	_, err := b.Owner.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  &b.Name,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	must(t, err)
}

// RequesterPays makes who reads from another account say that it pays.
func (b *Bucket) RequesterPays(t testing.TB) {
	t.Helper()
	_, err := b.Owner.PutBucketRequestPayment(t.Context(), &s3.PutBucketRequestPaymentInput{
		Bucket:                      &b.Name,
		RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: types.PayerRequester},
	})
	must(t, err)
}

// URI is what a user types for a prefix of it.
func (b *Bucket) URI(prefix string) string { return "s3://" + b.Name + "/" + prefix }
