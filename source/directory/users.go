package directory

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	store "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

const offlineUsers = "or let somebody there list them, and give the file: aws identitystore list-users --identity-store-id d-… --output json > users.json; --names users.json"

// Users lists the users of each Identity Center that the caller's account sees in
// the region of cfg: the organisation's, and one of its own. With an error come those
// that were listed before it.
func Users(ctx context.Context, cfg aws.Config) ([]query.Directory, error) {
	client := ssoadmin.NewFromConfig(cfg)
	var all []query.Directory
	pages := ssoadmin.NewListInstancesPaginator(client, &ssoadmin.ListInstancesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, &Error{"find the Identity Center", err, instancesHints(code(err, "ListInstances"))}
		}
		for _, instance := range page.Instances {
			if instance.IdentityStoreId == nil || instance.Status == types.InstanceStatusCreateInProgress || instance.Status == types.InstanceStatusCreateFailed {
				continue // it has no users yet
			}
			d, err := usersOf(ctx, cfg, *instance.IdentityStoreId)
			if err != nil {
				return all, err
			}
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return nil, &Error{
			"find the Identity Center", errors.New("there is none in " + cfg.Region + " that this account sees"),
			[]string{
				"name the region that it is in: " + elsewhere(ctx, client),
				"it is seen from the management account and from delegated administrators of Identity Center: call from there (--profile, --role-arn)",
				offlineUsers,
			},
		}
	}
	return all, nil
}

// elsewhere is how the region is named, which AWS may know.
func elsewhere(ctx context.Context, client *ssoadmin.Client) string {
	found, err := client.ListInstances(ctx, &ssoadmin.ListInstancesInput{RegionScope: types.RegionScopeAllRegions})
	if err == nil {
		for _, instance := range found.Instances {
			if region := aws.ToString(instance.PrimaryRegion); region != "" {
				return "--aws-region " + region
			}
		}
	}
	return "--aws-region REGION"
}

func usersOf(ctx context.Context, cfg aws.Config, id string) (query.Directory, error) {
	d := query.Directory{Kind: query.IdentityCenterDirectory, ID: id, Taken: cloudtrail.TimeOf(time.Now())}
	pages := identitystore.NewListUsersPaginator(identitystore.NewFromConfig(cfg), &identitystore.ListUsersInput{IdentityStoreId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return d, &Error{"list the users of " + id, err, usersHints(code(err, "ListUsers"))}
		}
		for i := range page.Users {
			d.Entries = append(d.Entries, userEntry(&page.Users[i]))
		}
	}
	return d, nil
}

func userEntry(u *store.User) query.Entry {
	e := query.Entry{ID: aws.ToString(u.UserId), Name: aws.ToString(u.UserName), Also: []string{aws.ToString(u.DisplayName)}}
	for _, email := range u.Emails {
		e.Also = append(e.Also, aws.ToString(email.Value))
	}
	return e
}

func instancesHints(code string) []string {
	if !isDenied(code) {
		return nil
	}
	return []string{"the caller needs sso:ListInstances and identitystore:ListUsers", offlineUsers}
}

func usersHints(code string) []string {
	if !isDenied(code) {
		return nil
	}
	return []string{
		"the caller needs identitystore:ListUsers, in the management account or a delegated administrator of Identity Center",
		"where the identity store has a key of its own, kms:Decrypt on it too",
		offlineUsers,
	}
}
