package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Set is a StackSet to be: a stack in every account of organizational units, those to
// come too, and in each of some regions. CloudFormation makes none in the management
// account, whichever unit that is in (User Guide, "Create CloudFormation StackSets with
// service-managed permissions").
type Set struct {
	Stack
	Regions        []string
	OUs            []string // ids, ou-… or r-…; none: the organization's root
	DelegatedAdmin bool     // the caller is CloudFormation's delegated administrator, not the management account
}

// callAs is how CloudFormation wants to hear of a delegated administrator.
func callAs(delegatedAdmin bool) types.CallAs {
	if delegatedAdmin {
		return types.CallAsDelegatedAdmin
	}
	return types.CallAsSelf
}

// Instance is a StackSet's stack in one account and region. Status is PENDING, RUNNING,
// SUCCEEDED, FAILED, CANCELLED, INOPERABLE (a deletion failed) or
// SKIPPED_SUSPENDED_ACCOUNT; of one that is there also CURRENT and OUTDATED.
type Instance struct {
	Account, Region, OU, Status, Reason string
}

// ok reports whether an instance is as it should be; an account that is suspended has
// nothing to be watched.
func (i Instance) ok() bool {
	return i.Status == "SUCCEEDED" || i.Status == "CURRENT" || i.Status == "SKIPPED_SUSPENDED_ACCOUNT"
}

func (i Instance) place() string { return i.Account + " in " + i.Region }

// SetError is that a StackSet's operation failed in some places. The others are done.
type SetError struct {
	Name   string
	Failed []Instance
	Status string // of the operation
	Reason string
}

func (e *SetError) Error() string {
	if len(e.Failed) == 0 {
		return fmt.Sprintf("the operation on the StackSet %s is %s%s", e.Name, e.Status, colon(e.Reason))
	}
	first := e.Failed[0]
	text := fmt.Sprintf("the StackSet %s failed in account %s%s", e.Name, first.place(), colon(first.Reason))
	if more := len(e.Failed) - 1; more > 0 {
		text += fmt.Sprintf(" (and in %d more)", more)
	}
	return text
}

// FoundSet is a StackSet that is there.
type FoundSet struct {
	Name, ID, Status string
	Ours             bool
	Tags             map[string]string
	Template         []byte
	OUs, Regions     []string
	Instances        []Instance // sorted by account and region

	set    *types.StackSet
	region string
}

// FindSet is what is there of a StackSet, ours or not. [ErrNone] where there is none.
func (c *Client) FindSet(ctx context.Context, name string, delegatedAdmin bool) (*FoundSet, error) {
	as := callAs(delegatedAdmin)
	answer, err := c.api.DescribeStackSet(ctx, &cloudformation.DescribeStackSetInput{StackSetName: &name, CallAs: as})
	if says(err, "StackSetNotFoundException", "") || err == nil && answer.StackSet.Status == types.StackSetStatusDeleted {
		return nil, fmt.Errorf("StackSet %s: %w", name, ErrNone)
	}
	if err != nil {
		return nil, c.cannot(err, "look at the StackSet", name)
	}
	s := answer.StackSet
	f := &FoundSet{
		Name: name, ID: aws.ToString(s.StackSetId), Status: string(s.Status), Tags: tagged(s.Tags), Template: []byte(aws.ToString(s.TemplateBody)),
		OUs: s.OrganizationalUnitIds, Regions: s.Regions, set: s, region: c.config.Region,
	}
	f.Ours = f.Tags[Tag] != ""
	pages := cloudformation.NewListStackInstancesPaginator(c.api, &cloudformation.ListStackInstancesInput{StackSetName: &name, CallAs: as})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.cannot(err, "list the stacks of the StackSet", name)
		}
		for _, s := range page.Summaries {
			i := Instance{aws.ToString(s.Account), aws.ToString(s.Region), aws.ToString(s.OrganizationalUnitId), string(s.Status), aws.ToString(s.StatusReason)}
			// An instance whose last operation went well may be of an older template.
			if d := s.StackInstanceStatus; d != nil && d.DetailedStatus != "" && (s.Status == types.StackInstanceStatusCurrent || d.DetailedStatus != types.StackInstanceDetailedStatusSucceeded) {
				i.Status = string(d.DetailedStatus)
			}
			f.Instances = append(f.Instances, i)
		}
	}
	sortInstances(f.Instances)
	return f, nil
}

func sortInstances(all []Instance) {
	slices.SortFunc(all, func(a, b Instance) int { return strings.Compare(a.place(), b.place()) })
}

// oursSet refuses a StackSet of another's; owner "" takes any deployment's.
func (f *FoundSet) oursSet(owner string) error {
	switch have := f.Tags[Tag]; {
	case have == "":
		return &ForeignError{Kind: "StackSet", Name: f.Name, Region: f.region}
	case owner != "" && owner != have:
		return &ForeignError{Kind: "StackSet", Name: f.Name, Region: f.region, Owner: have}
	case f.set.PermissionModel == types.PermissionModelsSelfManaged:
		return fmt.Errorf("the StackSet %s has self-managed permissions, and crosstrail's are service-managed: take another --name", f.Name)
	}
	return nil
}

// errNoTrust is what CloudFormation says only when a set is made.
var errNoTrust = errors.New("the organisation does not let CloudFormation work in its accounts yet")
