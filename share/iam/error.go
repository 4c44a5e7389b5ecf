package iam

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/denial"
	"github.com/crosstrail/crosstrail/share"
)

// Error is what could not be read or done, with what to do about it.
type Error struct {
	Doing string // as "read the policy of the bucket logs"
	Text  string // what is wrong; empty: Err's own words
	Err   error  // AWS's; nil: AWS did not fail
	Hints []string

	// Misread is whether what was asked for is at fault, and not what is there.
	Misread bool
	// Which are the trails of which one has to be named; else none.
	Which []share.Trail
}

func (e *Error) Error() string {
	text := e.Text
	if text == "" {
		text = e.Err.Error()
	}
	if e.Doing == "" {
		return text
	}
	return "cannot " + e.Doing + ": " + text
}

func (e *Error) Unwrap() error { return e.Err }

// explain puts an error of AWS into words. action is what the call needs, on
// which resource.
func (c *Client) explain(ctx context.Context, err error, doing, action, resource string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{Doing: doing, Err: err}
	switch code := codeOf(err); {
	case code == "":
		if way, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
			e.Text = "AWS cannot be reached: " + way.Err.Error()
		}
		return e
	case isDenied(code):
		e.Text, e.Hints = c.refused(err, action, resource)
	case isThrottled(code):
		e.Text = "AWS says that there are too many requests, and went on saying so"
		e.Hints = []string{"the same command again, later"}
	case code == "NoSuchBucket":
		e.Text = "there is no bucket " + bucketName(resource)
		e.Hints = []string{"check the spelling, and that the account and partition are the right ones"}
	case code == "MethodNotAllowed":
		e.Text = "the bucket " + bucketName(resource) + " belongs to another account, and AWS lets nobody else touch its policy; the caller is " + c.who()
		e.Hints = []string{ownersHint}
	default:
		e.Text = code + ": " + strings.TrimSpace(messageOf(err))
	}
	return e
}

const ownersHint = "call as the account that owns the bucket: --profile, or --role-arn with a role there"

// refused says which permission is missing, on what.
func (c *Client) refused(err error, action, resource string) (text string, hints []string) {
	who, why := c.who(), ""
	if d, ok := denial.Parse(messageOf(err)); ok {
		who, action = d.Who, d.Action
		// AWS names a role without its path, and a policy that names it so allows nothing.
		if d.Resource != "" && !strings.Contains(resource, ":role"+share.Path+"crosstrail-") {
			resource = d.Resource
		}
		if d.Why != "" {
			why = " (" + d.Why + ")"
		}
		if d.ByOrganization() {
			hints = append(hints, "a policy of the organisation forbids it: nobody in the account can give leave, whoever keeps the organisation's policies can")
		}
	}
	text = fmt.Sprintf("refused: %s needs %s on %s%s", who, action, resource, why)
	if len(hints) == 0 && strings.HasPrefix(action, "s3:") {
		hints = append(hints, "where the bucket belongs to another account: "+ownersHint)
	}
	return text, append(hints, "what plan and grant need is listed by: crosstrail share plan -o json, under permissions")
}

func (c *Client) who() string {
	if c.caller == "" {
		return "the caller"
	}
	return c.caller
}

func bucketName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// codeOf is what AWS calls an error of the call itself. Credentials are fetched
// by calls of their own, whose errors are not meant.
func codeOf(err error) string {
	if called, ok := errors.AsType[*smithy.OperationError](err); ok {
		if _, other := errors.AsType[*smithy.OperationError](called.Err); other {
			return ""
		}
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

func messageOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorMessage()
	}
	return err.Error()
}

func statusOf(err error) int {
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

// isDenied: a HEAD has no body, and so no code but its status.
func isDenied(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled", "403", "AuthorizationError":
		return true
	}
	return false
}

func isThrottled(code string) bool {
	switch code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
		"SlowDown", "RequestLimitExceeded", "ServiceUnavailable", "503":
		return true
	}
	return false
}

// headerOf is a header of the answer that an error came with.
func headerOf(err error, name string) string {
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		return r.Response.Header.Get(name)
	}
	return ""
}
