package stack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// ErrNone is that there is no such stack, or StackSet.
var ErrNone = errors.New("there is no such stack")

// ErrObsolete is that somebody changed a stack, or StackSet, after it was read, or after
// the plan was made. Nothing was done: read it again, and plan anew.
var ErrObsolete = errors.New("it was changed by somebody else since it was looked at, and nothing was done: look at it anew")

// ForeignError is a stack, or StackSet, that is not this deployment's.
type ForeignError struct {
	Kind, Name, Region string

	Owner string // another deployment; "" where the tag is missing
}

func (e *ForeignError) Error() string {
	if e.Owner != "" {
		return fmt.Sprintf("the %s %s belongs to another deployment, %s: it is left alone", e.Kind, e.Name, e.Owner)
	}
	return fmt.Sprintf("there is a %s %s already, and crosstrail did not make it (it has no tag %q): it is left alone", e.Kind, e.Name, Tag)
}

// StuckError is a stack that CloudFormation does nothing more to until somebody helps.
type StuckError struct{ Name, Region, Status, Reason string }

func (e *StuckError) Error() string {
	return fmt.Sprintf("the stack %s is %s%s", e.Name, e.Status, colon(e.Reason))
}

// RefusedError is a template that CloudFormation would not take.
type RefusedError struct {
	Name, Reason string
	Details      []string // of each resource that is wrong
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("CloudFormation refuses the change of %s%s%s", e.Name, colon(e.Reason), colon(strings.Join(e.Details, "; ")))
}

// FailedError is an operation that failed.
type FailedError struct {
	Name       string
	Region     string
	Doing      Kind    // Create, Update or Delete
	Failed     Event   // the first resource that failed, and why
	Events     []Event // all of the operation
	Status     string  // of the stack at the end
	RolledBack bool    // all is as it was before
	Removed    bool    // of a Create: the empty stack is gone too
}

func (e *FailedError) Error() string {
	what := e.Failed.LogicalID
	if e.Failed.Type != "" && e.Failed.Type != stackType {
		what += " (" + e.Failed.Type + ")"
	}
	end := "it is " + e.Status + ", and was not rolled back"
	switch {
	case e.Doing == Delete:
		end = "it is " + e.Status
	case e.RolledBack && e.Doing == Create:
		end = "rolled back, nothing is left"
	case e.RolledBack:
		end = "rolled back, it is as it was before"
	}
	return fmt.Sprintf("%s of the stack %s failed at %s%s; %s", e.Doing, e.Name, what, colon(e.Failed.Reason), end)
}

// AwayError is that nobody looks any longer, while CloudFormation goes on.
type AwayError struct {
	Name   string
	Region string
	Look   string // the command that tells how far it is, without its region
	Err    error
}

func (e *AwayError) Unwrap() error { return e.Err }

func (e *AwayError) Error() string {
	return fmt.Sprintf("%s: CloudFormation goes on by itself (%v)", e.Name, e.Err)
}

// Hints says what to do about an error of this package. cli is what an aws command takes
// to reach a region as the caller does: --region, --profile, each with a space before it.
// nil: the region alone.
func Hints(err error, cli func(region string) string) []string {
	if cli == nil {
		cli = flag
	}
	if e, ok := errors.AsType[*AwayError](err); ok {
		return []string{"how far it is: " + e.Look + cli(e.Region), "the same command again waits for its end"}
	}
	if e, ok := errors.AsType[*ForeignError](err); ok {
		return e.hints(cli(e.Region))
	}
	if e, ok := errors.AsType[*StuckError](err); ok {
		return e.hints(cli(e.Region))
	}
	if e, ok := errors.AsType[*FailedError](err); ok {
		return e.hints(cli(e.Region))
	}
	e, _ := errors.AsType[*Error](err)
	switch {
	case e == nil:
	case len(e.hints) > 0:
		return e.hints
	case says(err, "ValidationError", "TerminationProtection"):
		return []string{"somebody protected the stack from being taken down: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name " + e.Name + cli(e.Region)}
	case says(err, "ValidationError", "organizations access"), errors.Is(err, errNoTrust):
		// Another account's than the caller's, maybe: its profile is not known.
		return []string{"StackSets need the organisation's trust, once, from its management account: aws cloudformation activate-organizations-access" + flag(e.Region)}
	}
	return nil
}

// flag names the region to an aws command.
func flag(region string) string {
	if region == "" {
		return ""
	}
	return " --region " + region
}

func (e *ForeignError) hints(flags string) []string {
	hints := []string{"take another --name"}
	if e.Owner == "" && e.Kind == "stack" {
		hints = append(hints, "or, if it was made from crosstrail's template, say that it is to be crosstrail's (with the tags that it has): aws cloudformation update-stack --stack-name "+e.Name+
			" --use-previous-template --capabilities CAPABILITY_NAMED_IAM --tags Key="+Tag+",Value=NAME"+flags)
	}
	return hints
}

func (e *StuckError) hints(flags string) []string {
	switch types.StackStatus(e.Status) {
	case types.StackStatusDeleteFailed:
		return []string{"somebody was taking it down: finish that first, with crosstrail deploy down, or", "let go of what cannot be deleted: aws cloudformation delete-stack --stack-name " + e.Name + flags + " --retain-resources …"}
	case types.StackStatusUpdateRollbackFailed:
		return []string{
			"take away what is in the way of the rollback, then: aws cloudformation continue-update-rollback --stack-name " + e.Name + flags,
			"what was in the way: aws cloudformation describe-stack-events --stack-name " + e.Name + flags,
		}
	}
	return []string{"aws cloudformation describe-stack-events --stack-name " + e.Name + flags}
}

func (e *FailedError) hints(flags string) []string {
	if e.Doing != Delete {
		return nil
	}
	var stuck []string
	for _, event := range e.Events {
		if event.Status == string(types.ResourceStatusDeleteFailed) && event.Type != stackType {
			stuck = append(stuck, event.LogicalID)
		}
	}
	return []string{
		"take away what is in the way and do the same again, or",
		"let go of what cannot be deleted, which stays then: aws cloudformation delete-stack --stack-name " + e.Name + flags + " --retain-resources " + strings.Join(stuck, " "),
	}
}

func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
