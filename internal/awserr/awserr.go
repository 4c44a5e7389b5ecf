// Package awserr tells what AWS answered, of an error of its SDK: the code, the message,
// and in words what is wrong and what to do about it.
package awserr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// Code is what AWS calls an error of the call itself; "": it did not answer. Credentials
// are fetched by calls of their own, whose errors are not meant.
func Code(err error) string {
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

// Message is AWS's text.
func Message(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return strings.TrimSpace(e.ErrorMessage())
	}
	return err.Error()
}

// Status is HTTP's; 0: AWS did not answer.
func Status(err error) int {
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

// Header is one of the answer that an error came with.
func Header(err error, name string) string {
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.Response != nil {
		return r.Response.Header.Get(name)
	}
	return ""
}

// Denied reports whether a code says that the caller may not. A HEAD has no body, and so
// no code but its status.
func Denied(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled", "403", "AuthorizationError", "AuthorizationErrorException":
		return true
	}
	return false
}

// Throttled reports whether a code says that there were too many calls.
func Throttled(code string) bool {
	switch code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
		"SlowDown", "RequestLimitExceeded", "ServiceUnavailable", "503":
		return true
	}
	return false
}

// Need is what a call takes, for where AWS does not say it.
type Need struct {
	Who, Action, Resource string
	// Named: the resource is as it has to be written in a policy, and AWS says it otherwise.
	Named bool
}

// Said is an error in words.
type Said struct {
	Text      string // a line, which holds AWS's text
	Denied    bool
	Throttled bool
	// ByOrganization is whether a policy of the organisation denies it.
	ByOrganization bool
	Hints          []string
}

// Explain puts an error of a call into words.
func Explain(err error, need Need) Said {
	code := Code(err)
	if code == "" {
		if way, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
			return Said{Text: "AWS cannot be reached: " + way.Err.Error()}
		}
		return Said{Text: err.Error()}
	}
	d, told := denial.Parse(Message(err))
	switch {
	case told, Denied(code) && need.Action != "":
		return refused(d, need)
	case Throttled(code):
		return Said{Throttled: true, Text: "AWS says that there are too many requests, and went on saying so", Hints: []string{"the same command again, later"}}
	}
	return Said{Text: code + ": " + Message(err), Denied: Denied(code)}
}

// refused says which permission is missing, on what.
func refused(d denial.Denial, need Need) Said {
	s := Said{Denied: true, ByOrganization: d.ByOrganization()}
	why := ""
	if d.Who != "" {
		need.Who = d.Who
		if !strings.EqualFold(d.Action, need.Action) { // SNS says SNS:Subscribe
			need.Action = d.Action
		}
		if d.Resource != "" && !need.Named {
			need.Resource = d.Resource
		}
		if d.Why != "" {
			why = " (" + d.Why + ")"
		}
	}
	s.Text = fmt.Sprintf("refused: %s needs %s", need.Who, need.Action)
	if need.Resource != "" {
		s.Text += " on " + need.Resource
	}
	s.Text += why
	if s.ByOrganization {
		s.Hints = []string{"a policy of the organisation forbids it: nobody in the account can give leave, whoever keeps the organisation's policies can"}
	}
	return s
}
