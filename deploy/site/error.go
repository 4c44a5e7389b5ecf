package site

import (
	"cmp"
	"context"

	"github.com/crosstrail/crosstrail/internal/awserr"
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
	said := awserr.Explain(err, awserr.Need{Who: s.who(), Action: action, Resource: resource})
	return &Error{Doing: doing, Err: err, Text: said.Text, Hints: said.Hints, Denied: said.Denied}
}

func (s *Site) who() string {
	return cmp.Or(s.known().ARN, "the caller")
}
