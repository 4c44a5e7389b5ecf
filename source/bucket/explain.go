package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// told is an error of S3 in words that say what to do about it. What the SDK
// said is below.
type told struct {
	uri, text string // uri is empty where who asked names the object
	err       error
}

func (t *told) Error() string {
	if t.uri == "" {
		return t.text
	}
	return t.uri + ": " + t.text
}
func (t *told) Unwrap() error { return t.err }

// explain puts an error into words. action is what the call needs, key what it
// was about: a key, or the prefix of a list.
func (l *Log) explain(ctx context.Context, err error, action, key string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := l.words(ctx, err, action, key); text != "" {
		uri := ""
		if action == "s3:ListBucket" {
			uri = l.URI(key)
		}
		return &told{uri, text, err}
	}
	if action == "s3:ListBucket" {
		return &told{l.URI(key), "cannot be listed: " + err.Error(), err}
	}
	return err
}

func (l *Log) words(ctx context.Context, err error, action, key string) string {
	if !answered(err) {
		return ""
	}
	if isRefused(err) {
		return l.refused(ctx, err, action, key)
	}
	switch code := codeOf(err); code {
	case "NoSuchBucket":
		return "there is no bucket " + l.bucket + ": check the spelling, and that the account and partition are the right ones"
	case "NoSuchKey", "NotFound":
		return "it is not there any more: it was deleted after it was listed or announced"
	case "PreconditionFailed":
		return "it has changed since it was listed" + l.again(": the same command again reads it as it is now")
	case "InvalidObjectState":
		return "it is archived (Glacier), and cannot be read before it is restored: aws s3api restore-object --restore-request Days=7 --bucket " + l.bucket + " --key …"
	case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "TooManyRequestsException", "503":
		return "S3 says that there are too many requests, and went on saying so" + l.again(": the same command again, later")
	case "InvalidRequest", "KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException", "KMS.InvalidStateException":
		if strings.HasPrefix(code, "KMS.") || strings.Contains(messageOf(err), "KMS") {
			return "its encryption key cannot be used: " + messageOf(err) + ": ask the owner of the key"
		}
	}
	if e, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return "S3 cannot be reached: " + e.Err.Error()
	}
	return ""
}

// isRefused reports whether S3 refused a call for want of permission.
func isRefused(err error) bool {
	if err == nil || !answered(err) {
		return false
	}
	switch codeOf(err) {
	case "AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled", "403":
		return true
	case "":
		r, ok := errors.AsType[*awshttp.ResponseError](err)
		return ok && r.HTTPStatusCode() == http.StatusForbidden
	}
	return false
}

// IsOutage reports whether an error is likely to be about more than the one object: S3
// refuses the caller, or the use of a key, or too many requests, or it cannot be reached,
// or there are no credentials.
func IsOutage(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	_, unsent := errors.AsType[*smithyhttp.RequestSendError](err)
	code := codeOf(err)
	switch code {
	case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "TooManyRequestsException", "InternalError", "503", "500",
		"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "RequestTimeTooSkewed":
		return true
	}
	return unsent || !answered(err) || isRefused(err) || strings.HasPrefix(code, "KMS.") || errors.Is(err, errStalled)
}

// NotListable reports whether an error is that the caller may not list what lies
// below an address.
func NotListable(err error) bool {
	called, ok := errors.AsType[*smithy.OperationError](err)
	return ok && called.OperationName == "ListObjectsV2" && isRefused(err)
}

// answered reports whether it was S3 that said no. Credentials are fetched by
// calls of their own, whose errors are not meant: a role that may not be assumed
// says nothing of the bucket.
func answered(err error) bool {
	called, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return true
	}
	_, other := errors.AsType[*smithy.OperationError](called.Err)
	return !other
}

// refused says which permission is missing, on what, and who has to give it.
func (l *Log) refused(ctx context.Context, err error, action, key string) string {
	if d, ok := denial.Parse(messageOf(err)); ok && d.Resource != "" {
		why := ""
		if d.Why != "" {
			why = " (" + d.Why + ")"
		}
		if strings.HasPrefix(d.Action, "kms:") {
			return fmt.Sprintf("it is encrypted with the KMS key %s, and %s may not use that: it needs %s on the key, in a policy of its own and in the key's policy%s", d.Resource, d.Who, d.Action, why)
		}
		if action == "s3:GetObject" && d.Action == "s3:ListBucket" {
			return fmt.Sprintf("it is not there, as far as S3 tells: to know, %s needs %s on %s%s", d.Who, d.Action, d.Resource, why)
		}
		return fmt.Sprintf("refused: %s needs %s on %s%s", d.Who, d.Action, d.Resource, why)
	}
	payer := ""
	if !l.options.RequesterPays {
		payer = "; or the bucket wants its readers to pay: --request-payer requester"
	}
	if action == "s3:ListBucket" {
		where := ""
		if key != "" {
			where = " with the prefix " + key
		}
		return fmt.Sprintf("refused: the caller needs s3:ListBucket on %s%s, and where the bucket is another account's its policy has to allow it too%s", l.arn(""), where, payer)
	}
	if id := l.keyOf(ctx, key); id != "" {
		return fmt.Sprintf("refused: it is encrypted with the KMS key %s; the caller may look at the object and needs kms:Decrypt on that key, in a policy of its own and in the key's policy", id)
	}
	return fmt.Sprintf("refused: the caller needs %s on %s, and where the bucket is another account's its policy has to allow it too; or kms:Decrypt on the key that encrypts it; or it is not there, which S3 does not tell without s3:ListBucket%s", action, l.arn(key), payer)
}

// keyOf is the KMS key that encrypts an object, where the caller may look at it:
// then what was refused is the key.
func (l *Log) keyOf(ctx context.Context, key string) string {
	out, err := l.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(l.bucket), Key: aws.String(key), RequestPayer: l.payer()})
	if err != nil {
		return ""
	}
	return aws.ToString(out.SSEKMSKeyId)
}

// arn is the ARN of a key in the bucket, or of the bucket.
func (l *Log) arn(key string) string {
	if strings.HasPrefix(l.bucket, "arn:") {
		if key == "" {
			return l.bucket
		}
		return l.bucket + "/object/" + key
	}
	partition := "aws"
	switch region := l.s3().Options().Region; {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	arn := "arn:" + partition + ":s3:::" + l.bucket
	if key != "" {
		arn += "/" + key
	}
	return arn
}

func messageOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorMessage()
	}
	return err.Error()
}
