package awstest

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"golang.org/x/sync/errgroup"
)

// Organization makes an organization of this account. The members, account id
// and name, are invited and accept.
func (c Account) Organization(t testing.TB, name string, members map[string]string) (organizationID string) {
	t.Helper()
	names := maps.Clone(members)
	if names == nil {
		names = map[string]string{}
	}
	names[c.ID] = name
	c.aws.ask(t, "account-names", names, nil)
	management := organizations.NewFromConfig(c.Config())
	made, err := management.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	must(t, err)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(putters)
	for _, id := range slices.Sorted(maps.Keys(members)) {
		group.Go(func() error {
			offered, err := management.InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{
				Target: &types.HandshakeParty{Id: &id, Type: types.HandshakePartyTypeAccount},
			})
			if err != nil {
				return err
			}
			_, err = organizations.NewFromConfig(c.aws.Account(id).Config()).AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: offered.Handshake.Id})
			return err
		})
	}
	must(t, group.Wait())
	return *made.Organization.Id
}

// Person is a user of Identity Center.
type Person struct {
	UserID      string `json:"UserId"`
	UserName    string `json:"UserName,omitempty"`
	DisplayName string `json:"DisplayName,omitempty"`
}

// IdentityCenter gives the account an Identity Center with these users, in Region.
func (c Account) IdentityCenter(t testing.TB, people ...Person) (storeID string) {
	t.Helper()
	storeID = "d-" + c.ID[:10]
	c.aws.ask(t, "identity-center", map[string]any{
		"account": c.ID, "region": Region, "identityStoreId": storeID, "users": people,
	}, nil)
	return storeID
}
