package awscfg

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// CredentialsError is a call that was not made: there were no credentials for it.
type CredentialsError struct {
	failed string
	Err    error
}

func (e *CredentialsError) Unwrap() error { return e.Err }

func (e *CredentialsError) Error() string {
	if inner, ok := errors.AsType[*CredentialsError](e.Err); ok {
		return inner.Error() // of the caller, before any role
	}
	if e.failed == "" {
		return "AWS credentials: " + e.Err.Error()
	}
	if answer, ok := errors.AsType[smithy.APIError](e.Err); ok {
		return e.failed + ": " + answer.ErrorCode() + ": " + strings.TrimSpace(answer.ErrorMessage())
	}
	if way, ok := errors.AsType[*smithyhttp.RequestSendError](e.Err); ok {
		return e.failed + ": " + way.Err.Error()
	}
	return e.failed + ": " + e.Err.Error()
}

// Hints says what to do about an error of a call, as far as it has to do with
// who called: no credentials, ended ones, a role that could not be assumed; or
// with the way there.
func (o *Options) Hints(err error) []string {
	operation := ""
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		operation = innermost(e).OperationName
	}
	code, message := "", ""
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code, message = e.ErrorCode(), e.ErrorMessage()
	}
	text := err.Error()
	switch {
	case code == "AccessDenied" && strings.HasPrefix(message, "MultiFactorAuthentication failed"):
		return []string{
			"the code may be mistyped, or have been used before: STS takes each once, so wait for the next",
			"the device may be another: aws iam list-mfa-devices" + flag("--profile", o.Profile) + "; and security keys (FIDO) show no codes that STS takes",
		}
	case code == "AccessDenied" && operation == "AssumeRole" && o.RoleARN != "":
		return o.AssumeHints(message)
	case code == "AccessDenied" && operation == "GetSessionToken":
		return []string{"a code is shown with an IAM user's own keys alone: those of a session, as of single sign-on or a role, have no device"}
	case code == "ExpiredToken" || code == "ExpiredTokenException" || code == "RequestExpired":
		return []string{"the credentials have ended: sign in again, or take another --profile"}
	case code == "InvalidAccessKeyId" || code == "InvalidClientTokenId" || code == "UnrecognizedClientException":
		return []string{"AWS does not know this access key: is it of another partition, deleted, or a session's without its token?"}
	case code == "SignatureDoesNotMatch":
		return []string{"the secret does not belong to the access key, or this machine's clock is wrong"}
	case strings.Contains(text, "failed to refresh cached credentials, no EC2 IMDS role found"):
		return []string{"there are no AWS credentials here: --profile NAME, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "which there are: aws configure list-profiles"}
	case strings.Contains(strings.ReplaceAll(text, "SSO Admin", ""), "SSO") || strings.Contains(text, "sso session"): // SSO Admin is a service as others are
		return []string{"sign in again: aws sso login" + flag("--profile", o.Profile)}
	}
	return o.wayHints(err)
}

// wayHints are for calls that nothing answered.
func (o *Options) wayHints(err error) []string {
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); !ok {
		return nil
	}
	if o.Endpoint != "" {
		return []string{"does anything answer at --endpoint-url " + o.Endpoint + "?"}
	}
	return []string{"is there a way to AWS from here? A proxy is named in HTTPS_PROXY, an endpoint of its own in --endpoint-url or AWS_ENDPOINT_URL, a region in --aws-region"}
}

// innermost is the call that failed: one call's credentials come from another.
func innermost(e *smithy.OperationError) *smithy.OperationError {
	for {
		next, ok := errors.AsType[*smithy.OperationError](e.Err)
		if !ok {
			return e
		}
		e = next
	}
}

func flag(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + " " + value
}
