package directory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source/directory"
)

// answering is AWS as its API References write its answers, for what the stand-in
// does not do: by operation, and what is asked with (NextToken, or RegionScope).
func answering(t *testing.T, answers map[string]string) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ NextToken, RegionScope string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		key := strings.TrimSpace(operation + " " + asked.NextToken + asked.RegionScope)
		answer, ok := answers[key]
		if !ok {
			t.Errorf("nobody should ask %q", key)
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", "")}
}

// A page may be empty and not the last. State, which came in 2025, tells more
// than Status, which goes; both are read.
func TestAccountsOnTheWire(t *testing.T) {
	d, err := directory.Organization(t.Context(), answering(t, map[string]string{
		"DescribeOrganization": `{"Organization":{"Id":"o-exampleorgid","MasterAccountId":"222222222222"}}`,
		"ListAccounts":         `{"Accounts":[],"NextToken":"2"}`,
		"ListAccounts 2": `{"Accounts":[
			{"Id":"111111111111","Name":"both","State":"CLOSED","Status":"SUSPENDED","JoinedTimestamp":1.700000000123E9},
			{"Id":"333333333333","Name":"state","State":"PENDING_ACTIVATION"},
			{"Id":"444444444444","Name":"status","Status":"ACTIVE"},
			{"Id":"555555555555","Name":"newer","State":"HIBERNATING"}],"NextToken":"3"}`,
		"ListAccounts 3": `{"Accounts":[{"Id":"666666666666"}]}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []query.Entry{
		{ID: "111111111111", Name: "both", Also: []string{""}, State: "CLOSED", Joined: 1_700_000_000},
		{ID: "333333333333", Name: "state", Also: []string{""}, State: "PENDING_ACTIVATION"},
		{ID: "444444444444", Name: "status", Also: []string{""}, State: "ACTIVE"},
		{ID: "555555555555", Name: "newer", Also: []string{""}, State: "HIBERNATING"},
		{ID: "666666666666", Also: []string{""}},
	}
	if diff := cmp.Diff(want, d.Entries); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestInstancesOnTheWire(t *testing.T) {
	// One is being made; the other has a user with all names, and one with none.
	all, err := directory.Users(t.Context(), answering(t, map[string]string{
		"ListInstances": `{"Instances":[
			{"InstanceArn":"arn:aws:sso:::instance/ssoins-1","IdentityStoreId":"d-1111111111","Status":"CREATE_IN_PROGRESS"},
			{"InstanceArn":"arn:aws:sso:::instance/ssoins-2","IdentityStoreId":"d-2222222222","Status":"ACTIVE"}]}`,
		"ListUsers": `{"Users":[
			{"IdentityStoreId":"d-2222222222","UserId":"u1","UserName":"kim.lee","DisplayName":"Kim Lee","Emails":[{"Value":"kim@example.com","Primary":true},{"Value":"lee@example.com"}]},
			{"IdentityStoreId":"d-2222222222","UserId":"u2"}]}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []query.Directory{{
		Kind: query.IdentityCenterDirectory, ID: "d-2222222222", Taken: all[0].Taken, Entries: []query.Entry{
			{ID: "u1", Name: "kim.lee", Also: []string{"Kim Lee", "kim@example.com", "lee@example.com"}},
			{ID: "u2", Also: []string{""}},
		},
	}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}

	_, err = directory.Users(t.Context(), answering(t, map[string]string{
		"ListInstances":             `{"Instances":[]}`,
		"ListInstances ALL_REGIONS": `{"Instances":[{"IdentityStoreId":"d-2222222222","PrimaryRegion":"eu-west-1"}]}`,
	}))
	refused(t, err, "find the Identity Center: there is none in us-east-1", "name the region that it is in: --aws-region eu-west-1")
}
