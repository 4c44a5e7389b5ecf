package site

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Organization is that of the caller's account.
type Organization struct {
	ID         string
	Management string // the account
	// Delegated is whether the caller's account may make stack sets for it, without
	// being the management account.
	Delegated bool
	Unread    string // why that is not known, "" where it is
}

// stackSets is whom CloudFormation's delegated administrators are registered for
// (Organizations User Guide, "AWS CloudFormation StackSets and AWS Organizations").
const stackSets = "member.org.stacksets.cloudformation.amazonaws.com"

// Organization reads it; nil: the account is of none. Every member may ask which it is,
// but who is delegated is told the management account and delegated administrators
// alone: to whom it is refused as to others, the account is none.
func (s *Site) Organization(ctx context.Context) (*Organization, error) {
	me, err := s.Caller(ctx)
	if err != nil {
		return nil, err
	}
	api := organizations.NewFromConfig(s.cfg)
	out, err := api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	switch {
	case awserr.Code(err) == "AWSOrganizationsNotInUseException":
		return nil, nil //nolint:nilnil // there is none, and nothing went wrong
	case err != nil:
		return nil, s.explain(ctx, err, "tell which organisation the account is of", "organizations:DescribeOrganization", "*")
	}
	o := &Organization{ID: aws.ToString(out.Organization.Id), Management: aws.ToString(out.Organization.MasterAccountId)}
	if o.Management == me.Account {
		return o, nil
	}
	pages := organizations.NewListDelegatedAdministratorsPaginator(api, &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(stackSets)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			told := s.explain(ctx, err, "tell whether the account may make stack sets for its organisation", "organizations:ListDelegatedAdministrators", "*")
			if ctx.Err() != nil || awserr.Code(err) == "" {
				return nil, told
			}
			o.Unread = told.Error()
			return o, nil
		}
		for i := range page.DelegatedAdministrators {
			o.Delegated = o.Delegated || aws.ToString(page.DelegatedAdministrators[i].Id) == me.Account
		}
	}
	return o, nil
}

// Members are the accounts of the caller's organisation, where that is one of these: the
// management account and delegated administrators may list them (Organizations API
// Reference, ListAccounts).
func (s *Site) Members(ctx context.Context, ids []string) (map[string]bool, error) {
	api := organizations.NewFromConfig(s.cfg)
	const doing = "list the accounts of the organisation"
	out, err := api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return nil, s.explain(ctx, err, doing, "organizations:DescribeOrganization", "*")
	}
	if id := aws.ToString(out.Organization.Id); !slices.Contains(ids, id) {
		return nil, fmt.Errorf("cannot %s: this account is of another one, %s", doing, id)
	}
	members := map[string]bool{}
	pages := organizations.NewListAccountsPaginator(api, &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.explain(ctx, err, doing, "organizations:ListAccounts", "*")
		}
		for i := range page.Accounts {
			members[aws.ToString(page.Accounts[i].Id)] = true
		}
	}
	return members, nil
}
