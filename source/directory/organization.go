package directory

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// offlineAccounts is what to do where AWS cannot be asked from here.
const offlineAccounts = "or let somebody there list them, and give the file: aws organizations list-accounts --output json > accounts.json; --names accounts.json"

// Organization lists the accounts of the organisation that the caller's account
// belongs to.
func Organization(ctx context.Context, cfg aws.Config) (query.Directory, error) {
	client := organizations.NewFromConfig(cfg)
	d := query.Directory{Kind: query.OrganizationDirectory, Taken: cloudtrail.TimeOf(time.Now())}
	described, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return d, &Error{"read which organisation this is", err, describeHints(code(err, "DescribeOrganization"))}
	}
	d.ID, d.Management = aws.ToString(described.Organization.Id), aws.ToString(described.Organization.MasterAccountId)
	pages := organizations.NewListAccountsPaginator(client, &organizations.ListAccountsInput{})
	for pages.HasMorePages() { // a page may be empty, and not the last
		page, err := pages.NextPage(ctx)
		if err != nil {
			return d, &Error{"list the accounts of " + d.ID, err, listHints(code(err, "ListAccounts"), &d)}
		}
		for i := range page.Accounts {
			d.Entries = append(d.Entries, entryOf(&page.Accounts[i]))
		}
	}
	return d, nil
}

// entryOf takes the state from where AWS tells it: State, or Status, which was to
// be retired in September 2026 (Organizations API Reference, Account).
func entryOf(a *types.Account) query.Entry {
	return query.Entry{
		ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), Also: []string{aws.ToString(a.Email)},
		State: cmp.Or(string(a.State), string(a.Status)), Joined: cloudtrail.TimeOf(aws.ToTime(a.JoinedTimestamp)),
	}
}

func describeHints(code string) []string {
	switch {
	case code == "AWSOrganizationsNotInUseException":
		return []string{"the account that these credentials are of belongs to no organisation: take others (--profile, --role-arn), or leave --organization away", offlineAccounts}
	case isDenied(code):
		return []string{"the caller needs organizations:DescribeOrganization and organizations:ListAccounts, as the managed policy AWSOrganizationsReadOnlyAccess allows", offlineAccounts}
	}
	return nil
}

func listHints(code string, d *query.Directory) []string {
	if !isDenied(code) {
		return nil
	}
	return []string{
		"AWS lists accounts for the management account, " + d.Management + ", and for delegated administrators alone: call from there (--profile, --role-arn)",
		"and the caller needs organizations:ListAccounts there",
		offlineAccounts,
	}
}
