package stack

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// Error is a call that AWS did not do, in a line.
type Error struct {
	Doing  string // as "plan the stack"
	Name   string // of the stack, or StackSet; "": all of them
	Region string
	Text   string // what is wrong; holds AWS's text
	Err    error
}

func (e *Error) Error() string {
	if e.Name == "" {
		return "cannot " + e.Doing + ": " + e.Text
	}
	return "cannot " + e.Doing + " " + e.Name + ": " + e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// cannot puts the error of a call into words.
func (c *Client) cannot(err error, doing, name string) error {
	e := &Error{Doing: doing, Name: name, Region: c.config.Region, Text: err.Error(), Err: err}
	if inner, ok := errors.AsType[*smithy.OperationError](err); ok {
		if _, other := errors.AsType[*smithy.OperationError](inner.Err); other {
			return e // it is the call for credentials that failed
		}
	}
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		e.Text = answer.ErrorCode() + ": " + strings.TrimSpace(answer.ErrorMessage())
		if d, ok := denial.Parse(answer.ErrorMessage()); ok {
			e.Text = "refused: " + d.Who + " needs " + d.Action
			if d.Resource != "" {
				e.Text += " on " + d.Resource
			}
			if d.Why != "" {
				e.Text += " (" + d.Why + ")"
			}
		}
	} else if way, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		e.Text = "AWS cannot be reached: " + way.Err.Error()
	}
	return e
}

// byOrganization reports whether a policy of the organisation denies what was asked.
func byOrganization(err error) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	d, ok := denial.Parse(answer.ErrorMessage())
	return ok && d.ByOrganization()
}

// says reports whether AWS answered with a code, and a part of a message.
func says(err error, code, part string) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && answer.ErrorCode() == code && strings.Contains(answer.ErrorMessage(), part)
}
