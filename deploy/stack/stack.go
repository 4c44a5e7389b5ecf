package stack

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Tag is the key of the tag that tells a stack of ours; its value is the name of the
// deployment. A stack or StackSet without it is never touched.
const Tag = "crosstrail"

// ErrNone is that there is no such stack, or StackSet.
var ErrNone = errors.New("there is no such stack")

// ErrObsolete is that a stack was changed after the plan was made: plan anew.
var ErrObsolete = errors.New("the stack was changed since this plan was made")

// Stack is one to be.
type Stack struct {
	Name         string
	Template     []byte            // CloudFormation's, YAML or JSON, 51,200 bytes at most
	Parameters   map[string]string // what is not to have its default
	Tags         map[string]string // Tags[Tag] has to be there
	Capabilities []string          // as CAPABILITY_IAM, CAPABILITY_NAMED_IAM
}

// Client calls CloudFormation in one account and region.
type Client struct {
	// Note is told, in a line, what the client waits for or does that nobody asked for:
	// another's operation, a leftover. Nil: nobody is.
	Note func(string)
	// Every is how long it is between two looks at what goes on. 0: two seconds.
	Every time.Duration

	api    *cloudformation.Client
	config aws.Config
}

// New makes a client. Retries are the configuration's.
func New(cfg aws.Config) *Client {
	return &Client{api: cloudformation.NewFromConfig(cfg), config: cfg}
}

// Kind is what a plan would do.
type Kind string

// What a plan would do.
const (
	Create    Kind = "create"
	Update    Kind = "update"
	Unchanged Kind = "unchanged"
)

// Plan is what a template would change, from [Client.Plan]. It ends with [Client.Do] or
// [Client.Drop], which takes its change set away.
type Plan struct {
	Stack    Stack
	Kind     Kind
	Changes  []Change
	Leftover bool // of a creation that failed, without resources: it is deleted first
}

// Change is what happens to one resource.
type Change struct {
	Action      string // Add, Modify, Remove, Import, Dynamic (known only then)
	LogicalID   string
	PhysicalID  string // "" for what is to be made
	Type        string
	Replacement string // of a Modify: True, False, Conditional
}

// Event is one step of an operation.
type Event struct {
	Time                                        time.Time
	LogicalID, PhysicalID, Type, Status, Reason string
}

// Retained reports whether the stack lets go of a resource that stays.
func (e Event) Retained() bool { return e.Status == "DELETE_SKIPPED" }

// FailedError is an operation that failed.
type FailedError struct {
	Name       string
	Failed     Event // the first resource that failed
	Events     []Event
	Status     string // of the stack at the end
	RolledBack bool   // all is as it was before
}

func (e *FailedError) Error() string {
	return e.Name + ": " + e.Failed.LogicalID + ": " + e.Failed.Reason
}

// Found is a stack that is there.
type Found struct {
	Name, ID, Status, Reason string
	Ours                     bool // it has the tag
	Made, Changed            time.Time
	Tags                     map[string]string
	Outputs                  map[string]string
	Parameters               map[string]string
	Resources                []Resource
}

// Resource is one of a stack.
type Resource struct {
	LogicalID, PhysicalID, Type, Status, Reason string
}

// Plan makes a change set and reads it: see the package.
func (c *Client) Plan(ctx context.Context, s Stack) (*Plan, error) { return nil, errUnmade }

// Do brings about what a plan says, and gives the stack's outputs. told hears every
// step, and may be nil. Errors: [*FailedError], [ErrObsolete], [*AwayError].
func (c *Client) Do(ctx context.Context, p *Plan, told func(Event)) (outputs map[string]string, err error) {
	return nil, errUnmade
}

// Drop takes a plan's change set away, and the empty stack that it made.
func (c *Client) Drop(ctx context.Context, p *Plan) error { return errUnmade }

// Find is what is there of a stack, ours or not. [ErrNone] where there is none.
func (c *Client) Find(ctx context.Context, name string) (*Found, error) { return nil, errUnmade }

// Delete takes a stack down. told hears every step, and may be nil: [Event.Retained]
// are resources that stay. [ErrNone] where there is none.
func (c *Client) Delete(ctx context.Context, name string, told func(Event)) error { return errUnmade }

// AwayError is that nobody looks any longer, while CloudFormation goes on.
type AwayError struct {
	Name, Look string // Look: the command that tells how far it is
	Err        error
}

func (e *AwayError) Unwrap() error { return e.Err }
func (e *AwayError) Error() string { return e.Name + ": CloudFormation goes on: " + e.Look }

var errUnmade = errors.New("not there yet")
