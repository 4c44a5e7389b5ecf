package iam

import (
	"context"
	"strings"

	"github.com/crosstrail/crosstrail/internal/awserr"
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
	said := awserr.Explain(err, awserr.Need{
		Who: c.who(), Action: action, Resource: resource,
		// AWS names a role without its path, and a policy that names it so allows nothing.
		Named: strings.Contains(resource, ":role"+share.Path+"crosstrail-"),
	})
	e := &Error{Doing: doing, Err: err, Text: said.Text, Hints: said.Hints}
	switch code := awserr.Code(err); {
	case said.Denied:
		if len(e.Hints) == 0 && strings.HasPrefix(action, "s3:") {
			e.Hints = append(e.Hints, "where the bucket belongs to another account: "+ownersHint)
		}
		e.Hints = append(e.Hints, "what plan and grant need is listed by: crosstrail share plan -o json, under permissions")
	case code == "NoSuchBucket":
		e.Text = "there is no bucket " + bucketName(resource)
		e.Hints = []string{"check the spelling, and that the account and partition are the right ones"}
	case code == "MethodNotAllowed":
		e.Text = "the bucket " + bucketName(resource) + " belongs to another account, and AWS lets nobody else touch its policy; the caller is " + c.who()
		e.Hints = []string{ownersHint}
	}
	return e
}

const ownersHint = "call as the account that owns the bucket: --profile, or --role-arn with a role there"

func (c *Client) who() string {
	if c.caller == "" {
		return "the caller"
	}
	return c.caller
}

func bucketName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
