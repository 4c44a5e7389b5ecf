package iam

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// Reader is who tries a grant: a caller of the reading account.
type Reader struct {
	Plain aws.Config  // without MFA
	Shown *aws.Config // with MFA shown; nil: no device was named

	ExternalID  string
	SessionName string // empty: crosstrail
	Region      string // of the bucket; empty: it is asked for
	Payer       types.RequestPayer
}

// Whoami is the account and the ARN of a caller. It needs no permission.
func Whoami(ctx context.Context, cfg aws.Config) (account, arn string, err error) {
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", "", err
	}
	return aws.ToString(who.Account), aws.ToString(who.Arn), nil
}

// Try does the tries of a grant one by one, and tells each as it is done. Nothing
// in the bucket can change by it, even where all of it is allowed: see [trial.put]
// and [trial.remove]. Credentials that it is given are used, and nowhere kept.
func (r *Reader) Try(ctx context.Context, bucket string, ground share.Ground, tries []share.Try, done func(share.Tried)) []share.Tried {
	t := &trial{r: r, bucket: bucket, ground: ground, region: r.Region}
	var out []share.Tried
	for _, try := range tries {
		got := t.do(ctx, try)
		got.Try, got.Text, got.Call, got.Wanted = try.Name, try.Text, try.Call, try.Wanted
		got.Where = cmp.Or(got.Where, try.Resource)
		out = append(out, got)
		if done != nil {
			done(got)
		}
	}
	return out
}

// trial is one run of tries.
type trial struct {
	r       *Reader
	bucket  string
	ground  share.Ground
	region  string
	session *aws.Config // in the role, once it was assumed
}

// caller is who the reader is with all that it has to show.
func (t *trial) caller() aws.Config {
	if t.r.Shown != nil {
		return *t.r.Shown
	}
	return t.r.Plain
}

func (t *trial) do(ctx context.Context, try share.Try) share.Tried {
	switch try.Name {
	case share.TryAssume, share.TryNoExternalID, share.TryWrongID, share.TryOtherSession:
		return t.assume(ctx, try)
	case share.TryNoMFA:
		if t.ground.RoleARN != "" {
			return t.assume(ctx, try)
		}
		if t.r.Shown == nil {
			return noDevice
		}
		return t.list(ctx, t.r.Plain, try.Prefix)
	}
	cfg := t.caller()
	if t.ground.RoleARN != "" {
		if t.session == nil {
			return share.Tried{Got: share.NotTried, Why: "there is no session in the role to try it with"}
		}
		cfg = *t.session
	}
	switch try.Name {
	case share.TryLocation:
		_, err := t.s3(ctx, cfg).GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &t.bucket})
		return answered(err)
	case share.TryListOwn, share.TryListOthers, share.TryListBucket:
		return t.list(ctx, cfg, try.Prefix)
	case share.TryGetOwn:
		return t.getNewest(ctx, cfg, try.Prefix)
	case share.TryGetOthers:
		return t.getOthers(ctx, cfg, try.Key)
	case share.TryPut:
		return t.put(ctx, cfg, try.Prefix)
	case share.TryDelete:
		return t.remove(ctx, cfg, try.Prefix)
	case share.TryListBuckets:
		_, err := t.s3(ctx, cfg).ListBuckets(ctx, &s3.ListBucketsInput{MaxBuckets: aws.Int32(1)})
		return answered(err)
	}
	return share.Tried{Got: share.NotTried, Why: "this release does not know how"}
}

// answered is what AWS said to a call that is decided by its permission alone.
func answered(err error, allowed ...string) share.Tried {
	if err == nil {
		return share.Tried{Got: share.Works}
	}
	out := share.Tried{Got: share.Failed, Code: awserr.Code(err), Message: strings.TrimSpace(awserr.Message(err))}
	if out.Code == "" && awserr.Status(err) == 403 {
		out.Code = "AccessDenied"
	}
	if awserr.Denied(out.Code) {
		out.Got = share.Refused
	}
	for _, code := range allowed {
		if out.Code == code {
			out.Got = share.Works // it was allowed, and failed for another reason
		}
	}
	if out.Got == share.Failed {
		out.Why = "AWS did not say whether it is allowed"
	}
	return out
}

// noDevice: what the credentials hold already cannot be told, nor left away.
var noDevice = share.Tried{Got: share.NotTried, Why: "no MFA device was named: all was tried without, or with what the credentials hold already"}

// assume asks for a session in the role, as is meant or in a way that is not.
func (t *trial) assume(ctx context.Context, try share.Try) share.Tried {
	cfg := t.caller()
	in := &sts.AssumeRoleInput{RoleArn: &t.ground.RoleARN, RoleSessionName: aws.String(cmp.Or(t.r.SessionName, "crosstrail")), DurationSeconds: aws.Int32(900)}
	if t.r.ExternalID != "" {
		in.ExternalId = &t.r.ExternalID
	}
	switch try.Name {
	case share.TryNoExternalID:
		in.ExternalId = nil
	case share.TryWrongID:
		in.ExternalId = aws.String("crosstrail-selftest-" + rand.Text())
	case share.TryOtherSession:
		in.RoleSessionName = aws.String("crosstrail-" + rand.Text()[:16])
	case share.TryNoMFA:
		cfg = t.r.Plain
		if t.r.Shown == nil {
			return noDevice
		}
	}
	out, err := sts.NewFromConfig(cfg).AssumeRole(ctx, in)
	if err == nil && try.Name == share.TryAssume {
		in := t.caller().Copy()
		c := out.Credentials
		in.Credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken)))
		t.session = &in
	}
	return answered(err)
}

// s3 calls the bucket where it is.
func (t *trial) s3(ctx context.Context, cfg aws.Config) *s3.Client {
	client := func() *s3.Client {
		return s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil
			o.DisableLogOutputChecksumValidationSkipped = true
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired // put gives its own
			o.Region = cmp.Or(t.region, o.Region)
		})
	}
	if t.region == "" { // S3 tells anybody's bucket's region in a header, refused or not
		t.region = regionOf(ctx, client(), t.bucket)
	}
	return client()
}

func (t *trial) list(ctx context.Context, cfg aws.Config, prefix string) share.Tried {
	in := &s3.ListObjectsV2Input{Bucket: &t.bucket, MaxKeys: aws.Int32(1), RequestPayer: t.r.Payer}
	if prefix != "" {
		in.Prefix = &prefix
	}
	_, err := t.s3(ctx, cfg).ListObjectsV2(ctx, in)
	return answered(err)
}

// read fetches the beginning of an object: it is decrypted as a whole or not.
func (t *trial) read(ctx context.Context, cfg aws.Config, key string) error {
	out, err := t.s3(ctx, cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: &t.bucket, Key: &key, Range: aws.String("bytes=0-0"), RequestPayer: t.r.Payer})
	switch {
	case awserr.Code(err) == "InvalidRange": // it is empty, and may be read
		return nil
	case err != nil:
		return err
	}
	defer out.Body.Close() //nolint:errcheck // what is read of it is
	_, err = io.Copy(io.Discard, io.LimitReader(out.Body, 1))
	return err
}

// getNewest reads a newest log file of the reader's own.
func (t *trial) getNewest(ctx context.Context, cfg aws.Config, prefix string) share.Tried {
	key, err := t.newest(ctx, cfg, prefix)
	switch {
	case err != nil:
		return share.Tried{Got: share.NotTried, Code: awserr.Code(err), Why: "no log file was found: its folder could not be listed"}
	case key == "":
		return share.Tried{Got: share.NotTried, Why: "there is no log file there that it may read"}
	}
	got := answered(t.read(ctx, cfg, key))
	got.Where = "s3://" + t.bucket + "/" + key
	return got
}

// getOthers reads an object that is not the reader's. S3 tells only who may list
// that an object is not there (S3 API Reference, GetObject), so a key that was made
// up proves little.
func (t *trial) getOthers(ctx context.Context, cfg aws.Config, key string) share.Tried {
	got := answered(t.read(ctx, cfg, key), "NoSuchKey", "NotFound")
	if got.Got == share.Refused {
		got.Why = t.ground.MadeUp
	}
	return got
}

// put tries to write a file, and cannot: S3 takes a body only with the MD5 and the
// SHA-256 that were announced (S3 API Reference, PutObject, BadDigest), and these
// are of no body. Its key is not there, so nothing could be overwritten by a store
// that looks at neither.
func (t *trial) put(ctx context.Context, cfg aws.Config, prefix string) share.Tried {
	key := notThere(prefix)
	_, err := t.s3(ctx, cfg).PutObject(ctx, &s3.PutObjectInput{
		Bucket: &t.bucket, Key: &key, Body: bytes.NewReader([]byte("crosstrail share selftest")), ContentMD5: aws.String("AAAAAAAAAAAAAAAAAAAAAA=="),
		ChecksumSHA256: aws.String("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), RequestPayer: t.r.Payer,
	})
	got := answered(err, "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")
	if err == nil {
		got.Where = "s3://" + t.bucket + "/" + key
		got.Why = "this store takes what is not what was announced: the file is there now, and is to be deleted"
	}
	return got
}

// remove tries to delete a file that is not there, and only if one is there: with
// If-Match * (S3 User Guide, "How to perform conditional deletes"), which wants
// s3:DeleteObject alone, where an ETag wants s3:GetObject as well. Allowed, it
// fails because nothing is there. An object that is there is never named, whatever
// its ETag: stores that do not know If-Match on DELETE would delete it.
func (t *trial) remove(ctx context.Context, cfg aws.Config, prefix string) share.Tried {
	key := notThere(prefix)
	out, err := t.s3(ctx, cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &t.bucket, Key: &key, IfMatch: aws.String("*"), RequestPayer: t.r.Payer})
	got := answered(err, "NoSuchKey", "NotFound", "PreconditionFailed", "ConditionalRequestConflict")
	if err == nil && aws.ToBool(out.DeleteMarker) {
		got.Where = "s3://" + t.bucket + "/" + key
		got.Why = "this store knows no If-Match on DELETE: it left a delete marker for a file that never was, version " + aws.ToString(out.VersionId) + ", which is to be deleted"
	}
	return got
}

// notThere is a key that nobody has.
func notThere(prefix string) string {
	return fmt.Sprintf("%scrosstrail-selftest-%s", prefix, rand.Text())
}
