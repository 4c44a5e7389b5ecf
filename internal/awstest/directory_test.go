package awstest_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// accounts are the names that ListAccounts gives, and in how many pages.
func accounts(t *testing.T, cfg aws.Config) (names map[string]string, pages int, err error) {
	t.Helper()
	names = map[string]string{}
	lists := organizations.NewListAccountsPaginator(organizations.NewFromConfig(cfg), &organizations.ListAccountsInput{})
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			return nil, pages, err
		}
		pages++
		for _, a := range page.Accounts {
			names[*a.Id] = *a.Name
		}
	}
	return names, pages, nil
}

func TestOrganization(t *testing.T) {
	stand := stack.Start(t)
	management := stand.Account(prod)
	if _, _, err := accounts(t, management.Config()); code(err) != "AWSOrganizationsNotInUseException" {
		t.Errorf("before there is one: %v", err)
	}
	members := map[string]string{dev: "development"}
	for i := range 45 {
		members[fmt.Sprintf("3%011d", i)] = fmt.Sprintf("member %d", i)
	}
	id := management.Organization(t, "payer", members)

	reader := management.User(t, "reader", awstest.Allow("*", "organizations:ListAccounts"))
	names, pages, err := accounts(t, reader)
	if err != nil || len(names) != 47 || pages != 3 || names[dev] != "development" || names[prod] != "payer" {
		t.Errorf("%d accounts in %d pages, %q and %q: %v", len(names), pages, names[dev], names[prod], err)
	}
	if _, _, err := accounts(t, management.User(t, "nobody", "")); code(err) != "AccessDeniedException" {
		t.Errorf("a user without permission: %v", err)
	}

	member := stand.Account(dev).Config()
	if _, _, err := accounts(t, member); code(err) != "AccessDeniedException" {
		t.Errorf("a member lists: %v", err)
	}
	seen, err := organizations.NewFromConfig(member).DescribeOrganization(t.Context(), nil)
	if err != nil || *seen.Organization.Id != id || *seen.Organization.MasterAccountId != prod {
		t.Errorf("a member sees %v, %v", seen, err)
	}
	_, err = organizations.NewFromConfig(management.Config()).RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{
		AccountId: aws.String(dev), ServicePrincipal: aws.String("cloudtrail.amazonaws.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if names, _, err := accounts(t, member); err != nil || len(names) != 47 {
		t.Errorf("a delegated administrator lists %d: %v", len(names), err)
	}
}

func TestIdentityCenter(t *testing.T) {
	stand := stack.Start(t)
	var people []awstest.Person
	for i := range 150 {
		people = append(people, awstest.Person{UserID: fmt.Sprintf("90677c608a-7afcdc23-0bd4-4fb7-bfb2-%012d", i), UserName: fmt.Sprintf("user%d@example.com", i)})
	}
	account := stand.Account(prod)
	storeID := account.IdentityCenter(t, people...)
	reader := account.User(t, "reader", awstest.Allow("*", "identitystore:ListUsers", "sso:ListInstances"))

	instances, err := ssoadmin.NewFromConfig(reader).ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
	if err != nil || len(instances.Instances) != 1 || *instances.Instances[0].IdentityStoreId != storeID {
		t.Fatalf("instances: %v, %v", instances, err)
	}
	found := map[string]string{}
	lists := identitystore.NewListUsersPaginator(identitystore.NewFromConfig(reader), &identitystore.ListUsersInput{IdentityStoreId: &storeID})
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			found[*u.UserId] = *u.UserName
		}
	}
	if len(found) != 150 || found[people[149].UserID] != people[149].UserName {
		t.Errorf("%d users", len(found))
	}
	ask := func(cfg aws.Config) string {
		_, err := identitystore.NewFromConfig(cfg).ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: &storeID})
		return code(err)
	}
	if got := ask(account.User(t, "nobody", "")); got != "AccessDeniedException" {
		t.Errorf("a user without permission: %s", got)
	}
	if got := ask(stand.Account(dev).Config()); got != "ResourceNotFoundException" {
		t.Errorf("another account: %s", got)
	}
}
