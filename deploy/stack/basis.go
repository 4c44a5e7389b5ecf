package stack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Basis tells whether a stack, or StackSet, is still as it was when it was read, and a
// template was made of what it said: [Found.Basis], [FoundSet.Basis]. "" does not ask.
type Basis string

// none is of what was not there, or never became whole.
const none Basis = "none"

// Basis is of a stack as it was read; nil: there was none. A stack that something is
// being done to is never met again as it is.
func (f *Found) Basis() Basis {
	switch {
	case f == nil:
		return none
	case f.Busy:
		return "busy"
	}
	switch types.StackStatus(f.Status) {
	case types.StackStatusReviewInProgress, types.StackStatusCreateFailed, types.StackStatusRollbackComplete, types.StackStatusRollbackFailed:
		return none
	}
	return Basis(f.ID + " " + f.Status + " " + f.updated)
}

// updated is when a stack was changed last, to the millisecond.
func updated(s *types.Stack) string {
	return aws.ToTime(s.LastUpdatedTime).UTC().Format("2006-01-02T15:04:05.000")
}

// still is [ErrObsolete] where a stack is not as it was read. Of a plan that is asked when
// its change set is there: whoever changes the stack from then on makes that invalid
// (API Reference, ExecuteChangeSet: "CloudFormation deletes all other change sets
// associated with the stack because they aren't valid for the updated stack").
func (c *Client) still(ctx context.Context, s Stack) error {
	if s.Basis == "" {
		return nil
	}
	there, err := c.describe(ctx, s.Name)
	switch {
	case errors.Is(err, ErrNone):
		return s.met(nil)
	case err != nil:
		return err
	}
	return s.met(found(there))
}

// met compares what is there with what was read.
func (s Stack) met(now *Found) error {
	if s.Basis != "" && s.Basis != now.Basis() {
		return fmt.Errorf("%s: %w", s.Name, ErrObsolete)
	}
	return nil
}

// Basis is of a StackSet as it was read; nil: there was none. Its places are no part of
// it: they are added to those that are there, whichever these are.
func (f *FoundSet) Basis() Basis {
	if f == nil {
		return none
	}
	return Basis(fmt.Sprintf("%s %x", f.ID, sha256.Sum256(f.Template)))
}
