package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// organization reads which organisation the caller's account is of, which every
// member may, and who else is, which AWS tells the management account and
// delegated administrators alone (Organizations API Reference,
// DescribeOrganization and ListAccounts).
func (o *observing) organization(ctx context.Context) error {
	api := o.organizations()
	out, err := api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	switch {
	case awserr.Code(err) == "AWSOrganizationsNotInUseException":
		return nil
	case err != nil:
		return o.optional(ctx, err, "organizations:DescribeOrganization", "*")
	}
	org := &share.Organization{ID: aws.ToString(out.Organization.Id), Management: aws.ToString(out.Organization.MasterAccountId)}
	o.s.Organization = org
	members := []string{}
	pages := organizations.NewListAccountsPaginator(api, &organizations.ListAccountsInput{})
	for pages.HasMorePages() { // a page may be empty, and not the last
		page, err := pages.NextPage(ctx)
		if err != nil {
			return o.optional(ctx, err, "organizations:ListAccounts", "*")
		}
		for i := range page.Accounts {
			members = append(members, aws.ToString(page.Accounts[i].Id))
		}
	}
	org.Members = members
	return nil
}
