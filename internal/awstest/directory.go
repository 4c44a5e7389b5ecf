package awstest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
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
		group.Go(func() error { return c.invite(ctx, id) })
	}
	must(t, group.Wait())
	return *made.Organization.Id
}

// Invite has another account join the organization of this one: it is invited and accepts.
func (c Account) Invite(t testing.TB, member string) {
	t.Helper()
	must(t, c.invite(t.Context(), member))
}

func (c Account) invite(ctx context.Context, member string) error {
	offered, err := organizations.NewFromConfig(c.Config()).InviteAccountToOrganization(ctx, &organizations.InviteAccountToOrganizationInput{
		Target: &types.HandshakeParty{Id: &member, Type: types.HandshakePartyTypeAccount},
	})
	if err != nil {
		return err
	}
	_, err = organizations.NewFromConfig(c.aws.Account(member).Config()).AcceptHandshake(ctx, &organizations.AcceptHandshakeInput{HandshakeId: offered.Handshake.Id})
	return err
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

// OU makes an organizational unit below the organization's root, with these members,
// and gives its id. The account is the organization's management account.
func (c Account) OU(t testing.TB, name string, members ...string) (id string) {
	t.Helper()
	client := organizations.NewFromConfig(c.Config())
	roots, err := client.ListRoots(t.Context(), &organizations.ListRootsInput{})
	must(t, err)
	made, err := client.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: roots.Roots[0].Id})
	must(t, err)
	for _, member := range members {
		c.Move(t, member, *made.OrganizationalUnit.Id)
	}
	return *made.OrganizationalUnit.Id
}

// Move moves a member of the organization to a unit of it, or its root.
func (c Account) Move(t testing.TB, member, parent string) {
	t.Helper()
	client := organizations.NewFromConfig(c.Config())
	now, err := client.ListParents(t.Context(), &organizations.ListParentsInput{ChildId: &member})
	must(t, err)
	_, err = client.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: &member, SourceParentId: now.Parents[0].Id, DestinationParentId: &parent})
	must(t, err)
}

// StackSets lets CloudFormation StackSets into the organization of this account, and
// makes these members its administrators for them.
func (c Account) StackSets(t testing.TB, administrators ...string) {
	t.Helper()
	_, err := cloudformation.NewFromConfig(c.Config()).ActivateOrganizationsAccess(t.Context(), &cloudformation.ActivateOrganizationsAccessInput{})
	must(t, err)
	for _, member := range administrators {
		_, err := organizations.NewFromConfig(c.Config()).RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{
			AccountId: &member, ServicePrincipal: aws.String("member.org.stacksets.cloudformation.amazonaws.com"),
		})
		must(t, err)
	}
}
