package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// SetPlan is what would be done to a StackSet, from [Client.PlanSet]. StackSets have no
// change sets: it holds nothing in AWS, and needs no dropping.
type SetPlan struct {
	Set     Set
	Kind    Kind
	Changes []string // in words: "template", "region eu-west-1", "unit ou-…", "account … in …: FAILED: …"

	basis    Basis
	redefine bool // template, parameters, tags: every instance is updated
	extend   bool // units, regions, and instances that are not as they should be
}

// PlanSet compares a StackSet with what is there. What is there in other units and
// regions than the set's stays. Errors: [*ForeignError], [ErrObsolete].
func (c *Client) PlanSet(ctx context.Context, s Set) (*SetPlan, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(s.Regions) == 0 {
		return nil, fmt.Errorf("the StackSet %s is given no region", s.Name)
	}
	access, err := c.api.DescribeOrganizationsAccess(ctx, &cloudformation.DescribeOrganizationsAccessInput{CallAs: callAs(s.DelegatedAdmin)})
	switch {
	case err != nil:
		return nil, c.cannot(err, "learn whether the organisation lets CloudFormation work in its accounts", "")
	case access.Status != types.OrganizationStatusEnabled:
		return nil, &Error{Doing: "plan the StackSet", Name: s.Name, Region: c.config.Region, Text: errNoTrust.Error(), Err: errNoTrust}
	}
	if len(s.OUs) == 0 {
		if s.OUs, err = c.roots(ctx); err != nil {
			return nil, err
		}
	}
	f, err := c.FindSet(ctx, s.Name, s.DelegatedAdmin)
	switch {
	case errors.Is(err, ErrNone):
		if s.Basis != "" && s.Basis != none {
			return nil, fmt.Errorf("StackSet %s: %w", s.Name, ErrObsolete)
		}
		p := &SetPlan{Set: s, Kind: Create, extend: true, Changes: []string{"template"}}
		p.places(s.OUs, s.Regions)
		return p, nil
	case err != nil:
		return nil, err
	}
	if err := f.oursSet(s.Tags[Tag]); err != nil {
		return nil, err
	}
	if s.Basis != "" && s.Basis != f.Basis() {
		return nil, fmt.Errorf("StackSet %s: %w", s.Name, ErrObsolete)
	}
	return compare(s, f), nil
}

func (c *Client) roots(ctx context.Context) (ids []string, err error) {
	pages := organizations.NewListRootsPaginator(organizations.NewFromConfig(c.config), &organizations.ListRootsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.cannot(err, "learn the organisation's root, in place of which --ou names units", "")
		}
		for _, root := range page.Roots {
			ids = append(ids, aws.ToString(root.Id))
		}
	}
	return ids, nil
}

// compare is what is other in the set that is there.
func compare(s Set, f *FoundSet) *SetPlan {
	tags := maps.Clone(f.Tags)
	maps.Copy(tags, s.Tags)
	s.Tags = tags
	p := &SetPlan{Set: s, Kind: Unchanged, basis: f.Basis()}
	differs := func(what string, differs bool) {
		if differs {
			p.redefine = true
			p.Changes = append(p.Changes, what)
		}
	}
	parameters := parameters(f.set.Parameters)
	auto := f.set.AutoDeployment
	differs("template", !bytes.Equal(bytes.TrimSpace(f.Template), bytes.TrimSpace(s.Template)))
	// Those that are not given have their defaults there, which the template tells.
	differs("parameters", slices.ContainsFunc(slices.Collect(maps.Keys(s.Parameters)), func(key string) bool { return parameters[key] != s.Parameters[key] }))
	differs("tags", !maps.Equal(tags, f.Tags))
	differs("accounts that join the units get it too", auto == nil || !aws.ToBool(auto.Enabled))

	p.places(missing(s.OUs, f.OUs), missing(s.Regions, f.Regions))
	p.instances(s, f)
	if p.redefine || p.extend {
		p.Kind = Update
	}
	return p
}

// instances are those that are missing or failed, of the set's units: extend does
// nothing in others.
func (p *SetPlan) instances(s Set, f *FoundSet) {
	accounts, have := map[string]bool{}, map[string][]string{} // of the units; the regions that each has
	for _, i := range f.Instances {
		have[i.Account] = append(have[i.Account], i.Region)
		if !slices.Contains(s.OUs, i.OU) {
			continue
		}
		accounts[i.Account] = true
		if !i.ok() && slices.Contains(s.Regions, i.Region) {
			p.extend = true
			p.Changes = append(p.Changes, "account "+i.place()+": "+i.Status+colon(i.Reason))
		}
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		for _, region := range missing(s.Regions, have[account]) {
			p.extend = true
			p.Changes = append(p.Changes, "account "+account+" in "+region)
		}
	}
}

func (p *SetPlan) places(units, regions []string) {
	for _, id := range units {
		p.extend = true
		p.Changes = append(p.Changes, "unit "+id)
	}
	for _, region := range regions {
		p.extend = true
		p.Changes = append(p.Changes, "region "+region)
	}
}

func missing(wanted, have []string) (names []string) {
	for _, name := range wanted {
		if !slices.Contains(have, name) {
			names = append(names, name)
		}
	}
	return names
}
