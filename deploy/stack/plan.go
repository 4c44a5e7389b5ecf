package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"gopkg.in/yaml.v3"
)

// Kind is what a plan would do.
type Kind string

// What a plan would do, or an operation did.
const (
	Create    Kind = "create"
	Update    Kind = "update"
	Unchanged Kind = "unchanged"
	Delete    Kind = "delete" // no plan's: of a FailedError
)

// Plan is what a template would change, from [Client.Plan]. It ends with [Client.Do] or
// [Client.Drop], which takes its change set away.
type Plan struct {
	Stack Stack
	Kind  Kind
	// Changes are of resources. An Update may have none: outputs or tags are others then.
	Changes []Change
	// Leftover is that a creation failed, and that what is left of it is deleted first.
	// CloudFormation makes no change set then: Changes are the template's resources, and
	// Do makes it.
	Leftover bool

	stackID, changeSet string // ARNs; changeSet "" with Unchanged and Leftover
}

// Change is what happens to one resource.
type Change struct {
	Action      string // Add, Modify, Remove, Import, Dynamic (not known before)
	LogicalID   string
	PhysicalID  string // "" for what is to be made
	Type        string
	Replacement string // of a Modify: True, False, Conditional
	Drifted     bool   // it was changed or deleted by hand, and is put back
	Perhaps     bool   // a Modify that may turn out to be none
	Properties  []Property
}

// Property is one of a resource that differs. Before and After are empty where they are
// not known before; Before is what is there, whoever made it so.
type Property struct{ Name, Before, After string }

// maxTemplate is CloudFormation's limit of a TemplateBody.
const maxTemplate = 51_200

func (s *Stack) check() error {
	switch {
	case s.Tags[Tag] == "":
		return fmt.Errorf("the stack %s is given no tag %q, and would be nobody's", s.Name, Tag)
	case len(s.Template) > maxTemplate:
		return fmt.Errorf("the template of %s has %d bytes, CloudFormation takes %d: fewer accounts, topics or values in it, or an organisation in place of its accounts", s.Name, len(s.Template), maxTemplate)
	}
	return nil
}

// tries is how often others may come between.
const tries = 5

// Plan makes a change set, reads it whole, and changes nothing. Another's operation is
// waited for. Errors: [*ForeignError], [*StuckError], [*RefusedError], [ErrObsolete].
func (c *Client) Plan(ctx context.Context, s Stack) (*Plan, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	again := c.patience()
	for try := 1; ; try++ {
		p, err := c.planOnce(ctx, s)
		if err == nil {
			err = c.stale(ctx, p)
		}
		if try < tries && err != nil && overtaken(err) {
			c.note(s.Name + " was changed by somebody else just now: planning anew")
			if err := again.next(ctx, nil); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		return p, nil
	}
}

// stale is an error where a plan was made of a stack that is another by now: nothing of it
// is left then.
func (c *Client) stale(ctx context.Context, p *Plan) error {
	err := c.still(ctx, p.Stack)
	if err != nil {
		parting, cancel := whole(ctx)
		defer cancel()
		if drop := c.Drop(parting, p); drop != nil {
			err = fmt.Errorf("%w (and its change set stays: %w)", err, drop)
		}
	}
	return err
}

func (c *Client) planOnce(ctx context.Context, s Stack) (*Plan, error) {
	there, _, err := c.settled(ctx, s.Name)
	if errors.Is(err, ErrNone) {
		if err := s.met(nil); err != nil {
			return nil, err
		}
		return c.prepare(ctx, &Plan{Stack: s, Kind: Create}, types.ChangeSetTypeCreate)
	}
	if err != nil {
		return nil, err
	}
	if err := c.ours(ctx, there, s.Tags[Tag]); err != nil {
		return nil, err
	}
	if err := s.met(found(there)); err != nil {
		return nil, err
	}
	p := &Plan{Stack: s, Kind: Update, stackID: aws.ToString(there.StackId)}
	switch there.StackStatus {
	case types.StackStatusReviewInProgress:
		p.Kind = Create
		return c.prepare(ctx, p, types.ChangeSetTypeCreate)
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed:
		// None of them can be updated; the first has no resources at all.
		p.Kind, p.Leftover = Create, true
		p.Changes, err = added(s.Template)
		return p, err
	case types.StackStatusDeleteFailed, types.StackStatusUpdateRollbackFailed, types.StackStatusImportRollbackFailed:
		return nil, &StuckError{s.Name, c.config.Region, string(there.StackStatus), aws.ToString(there.StackStatusReason)}
	}
	tags := tagged(there.Tags)
	maps.Copy(tags, s.Tags)
	p.Stack.Tags = tags
	return c.prepare(ctx, p, types.ChangeSetTypeUpdate)
}

// ours refuses a stack of another's; owner "" takes any deployment's. One that has change sets alone may have no tags
// yet: then it is ours if they are, or nobody's if there are none.
func (c *Client) ours(ctx context.Context, s *types.Stack, owner string) error {
	tags := tagged(s.Tags)
	foreign := &ForeignError{Kind: "stack", Name: aws.ToString(s.StackName), Region: c.config.Region}
	switch {
	case tags[Tag] != "" && (owner == "" || owner == tags[Tag]):
		return nil
	case tags[Tag] != "":
		foreign.Owner = tags[Tag]
		return foreign
	case s.StackStatus != types.StackStatusReviewInProgress || len(tags) != 0:
		return foreign
	}
	sets, err := c.changeSets(ctx, aws.ToString(s.StackName))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(sets, func(name string) bool { return !ourChangeSet(name) }) {
		return foreign
	}
	return nil
}

// added are a template's resources, as what would be made. Its conditions are not
// looked at.
func added(template []byte) ([]Change, error) {
	var t struct {
		Resources map[string]struct {
			Type string `yaml:"Type"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(template, &t); err != nil {
		return nil, fmt.Errorf("the template: %w", err)
	}
	changes := make([]Change, 0, len(t.Resources))
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		changes = append(changes, Change{Action: string(types.ChangeActionAdd), LogicalID: id, Type: t.Resources[id].Type})
	}
	return changes, nil
}

// Drop takes a plan's change set away, and the stack if it has nothing else.
func (c *Client) Drop(ctx context.Context, p *Plan) error {
	if p.changeSet == "" {
		return nil
	}
	_, err := c.api.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &p.changeSet, StackName: &p.stackID})
	if err != nil && !isGone(err) {
		return c.cannot(err, "drop the change set of the stack", p.Stack.Name)
	}
	p.changeSet = ""
	if p.Kind != Create {
		return nil
	}
	s, err := c.describe(ctx, p.stackID)
	if errors.Is(err, ErrNone) || err == nil && s.StackStatus != types.StackStatusReviewInProgress {
		return nil
	}
	if err != nil {
		return err
	}
	// Another operator's change set may be there.
	if left, err := c.changeSets(ctx, p.Stack.Name); err != nil || len(left) != 0 {
		return err
	}
	if _, err := c.api.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &p.stackID}); err != nil {
		return c.cannot(err, "delete the empty stack", p.Stack.Name)
	}
	return nil
}
