package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// Do makes the calls of a plan in their order, and no others. done, if it is not
// nil, is told of each that was made. What was made already is made again without
// harm, so that the same plan, or one made anew, goes on where one failed: that is
// a [Halted].
//
// The policy of a bucket or key that was read by this client is replaced only if
// it is still what was read, and is saved to a file before. Every policy that is
// written is read back, and one that others write to again at the end.
func (c *Client) Do(ctx context.Context, calls []share.Call, done func(share.Call)) error {
	for _, call := range calls { // before the first is made
		if _, ok := operation(c, &call); !ok {
			return fmt.Errorf("no plan may call %s %s", call.Service, call.Operation)
		}
	}
	if c.caller == "" {
		if _, err := c.Caller(ctx); err != nil {
			return err
		}
	}
	c.wrote = nil
	for i := range calls {
		run, _ := operation(c, &calls[i])
		if err := run(ctx); err != nil {
			return &Halted{Done: calls[:i], Left: calls[i:], Err: c.failed(ctx, err, &calls[i])}
		}
		if done != nil {
			done(calls[i])
		}
	}
	return c.kept(ctx)
}

// Halted is calls that were made in part.
type Halted struct {
	Done, Left []share.Call // Left begins with the one that failed
	Err        error
}

func (h *Halted) Unwrap() error { return h.Err }

func (h *Halted) Error() string {
	text := h.Err.Error()
	if len(h.Done) == 0 {
		return text + "; nothing was changed before"
	}
	return text + "; done before: " + names(h.Done) + "; not done: " + names(h.Left)
}

func names(calls []share.Call) string {
	out := make([]string, 0, len(calls))
	for i := range calls {
		out = append(out, calls[i].Operation)
	}
	return strings.Join(out, ", ")
}

// failed puts the error of a call into words.
func (c *Client) failed(ctx context.Context, err error, call *share.Call) error {
	if _, ok := errors.AsType[*Error](err); ok || ctx.Err() != nil {
		return err
	}
	err = c.explain(ctx, err, "call "+call.Operation, call.Service+":"+call.Operation, resource(c, call))
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	switch code := awserr.Code(e.Err); {
	case awserr.Denied(code) && isLocked(e.Err) && call.Operation == "PutBucketPolicy":
		e.Text = "the bucket's policy is locked by the organisation (a service control policy, as Control Tower sets on its log archive): " + strings.TrimSpace(awserr.Message(e.Err))
		e.Hints = []string{"a role in the account needs no change of the bucket: --via role"}
	case code == "MalformedPolicy" || code == "MalformedPolicyDocument" || code == "MalformedPolicyDocumentException":
		e.Hints = append(e.Hints, "AWS takes no policy that names a user or role that is not there: is the ARN of --to right, and is it there already?")
	case code == "LimitExceeded" || code == "LimitExceededException":
		e.Hints = append(e.Hints, "the account is at a limit of AWS's: which, the words above tell; Service Quotas raises some")
	}
	return e
}

// resource is what a call is about, as a policy names it.
func resource(c *Client, call *share.Call) string {
	at := func(name string) string { text, _ := call.Parameters[name].(string); return text }
	switch {
	case at("Bucket") != "":
		return c.bucketARN(at("Bucket"))
	case at("KeyId") != "":
		return at("KeyId")
	case at("RoleName") != "":
		return c.roleARN(at("RoleName"))
	case at("PolicyArn") != "":
		return at("PolicyArn")
	}
	return "*"
}

// decode puts parameters, which are named as the API names them, into the SDK's
// input, whose fields are. One that the API does not know is a mistake of ours.
func decode(parameters map[string]any, into any) error {
	text, err := json.Marshal(parameters)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// simply is an operation that needs nothing but its call. Which error codes say
// that it was made before is up to the operation.
func simply[I, O, P any](call *share.Call, make func(context.Context, *I, ...func(*P)) (*O, error), made ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(I)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		_, err := make(ctx, in)
		if err != nil && slices.Contains(made, awserr.Code(err)) {
			return nil
		}
		return err
	}
}
