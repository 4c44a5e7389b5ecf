package stack

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Error is a call that AWS did not do, in a line.
type Error struct {
	Doing  string // as "plan the stack"
	Name   string // of the stack, or StackSet; "": all of them
	Region string
	Text   string // what is wrong; holds AWS's text
	Err    error

	hints []string
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
	said := awserr.Explain(err, awserr.Need{})
	return &Error{Doing: doing, Name: name, Region: c.config.Region, Text: said.Text, Err: err, hints: said.Hints}
}

// says reports whether AWS answered with a code, and a part of a message.
func says(err error, code, part string) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && answer.ErrorCode() == code && strings.Contains(answer.ErrorMessage(), part)
}
