package stack

import (
	"context"
	"errors"
)

// Set is a StackSet to be: a stack in every account of organizational units, those to
// come too, and in each of some regions. CloudFormation makes none in the management
// account, whichever unit that is in.
type Set struct {
	Stack
	Regions        []string
	OUs            []string // ids, ou-… or r-…; none: the organization's root
	DelegatedAdmin bool     // the caller is CloudFormation's delegated administrator, not the management account
}

// SetPlan is what would be done to a StackSet, from [Client.PlanSet]. It holds nothing
// in AWS.
type SetPlan struct {
	Set     Set
	Kind    Kind
	Changes []string // in words: "template", "region eu-west-1", "ou ou-…"
}

// Instance is a StackSet's stack in one account and region.
type Instance struct {
	Account, Region, OU, Status, Reason string
}

// SetError is that some instances failed. The others are done.
type SetError struct {
	Name   string
	Failed []Instance
}

func (e *SetError) Error() string { return e.Name }

// FoundSet is a StackSet that is there.
type FoundSet struct {
	Name, ID, Status string
	Ours             bool
	Tags             map[string]string
	OUs, Regions     []string
	Instances        []Instance
}

// PlanSet compares a StackSet with what is there.
func (c *Client) PlanSet(ctx context.Context, s Set) (*SetPlan, error) { return nil, errUnmade }

// DoSet brings it about. told hears whenever an instance's status is another, and may
// be nil. Error: [*SetError] where some failed, [*AwayError].
func (c *Client) DoSet(ctx context.Context, p *SetPlan, told func(Instance)) error { return errUnmade }

// FindSet is what is there of a StackSet. [ErrNone] where there is none.
func (c *Client) FindSet(ctx context.Context, name string, delegatedAdmin bool) (*FoundSet, error) {
	return nil, errUnmade
}

// DeleteSet deletes the instances, then the set. [ErrNone] where there is none.
func (c *Client) DeleteSet(ctx context.Context, name string, delegatedAdmin bool, told func(Instance)) error {
	return errUnmade
}

var (
	errUnmade  = errors.New("not there yet")
	errNoTrust = errors.New("the organisation does not let CloudFormation work in its accounts")
)
