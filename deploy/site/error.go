package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// Error is what could not be looked at or done, with what to do about it.
type Error struct {
	Doing string // as "read the notifications of the bucket logs"
	Text  string // what is wrong; "": Err's own words
	Err   error  // AWS's; nil: AWS did not fail
	Hints []string

	Denied  bool    // AWS refused it
	Misread bool    // what was asked for is at fault, and not what is there
	Which   []Trail // the trails of which one has to be named; else none
}

func (e *Error) Error() string {
	text := e.Text
	if text == "" && e.Err != nil {
		text = e.Err.Error()
	}
	if e.Doing == "" {
		return text
	}
	return "cannot " + e.Doing + ": " + text
}

func (e *Error) Unwrap() error { return e.Err }

// explain puts an error of AWS into words. action is what the call needs, on which
// resource.
func (s *Site) explain(ctx context.Context, err error, doing, action, resource string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{Doing: doing, Err: err}
	switch code := codeOf(err); {
	case code == "":
		if way, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
			e.Text = "AWS cannot be reached: " + way.Err.Error()
		}
	case isDenied(code):
		e.Denied = true
		e.Text, e.Hints = s.refused(err, action, resource)
	case isThrottled(code):
		e.Text = "AWS says that there are too many requests, and went on saying so"
		e.Hints = []string{"the same command again, later"}
	default:
		e.Text = code + ": " + strings.TrimSpace(messageOf(err))
	}
	return e
}

// refused says which permission is missing, on what.
func (s *Site) refused(err error, action, resource string) (text string, hints []string) {
	who, why := s.who(), ""
	if d, ok := denial.Parse(messageOf(err)); ok {
		who = d.Who
		if !strings.EqualFold(d.Action, action) { // SNS says SNS:Subscribe
			action = d.Action
		}
		if d.Resource != "" {
			resource = d.Resource
		}
		if d.Why != "" {
			why = " (" + d.Why + ")"
		}
		if d.ByOrganization() {
			hints = append(hints, "a policy of the organisation forbids it: nobody in the account can give leave, whoever keeps the organisation's policies can")
		}
	}
	return fmt.Sprintf("refused: %s needs %s on %s%s", who, action, resource, why), hints
}

func (s *Site) who() string {
	return cmp.Or(s.known().ARN, "the caller")
}

// codeOf is what AWS calls an error of the call itself. Credentials are fetched by
// calls of their own, whose errors are not meant.
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
	case "AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled", "403", "AuthorizationError", "AuthorizationErrorException":
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
