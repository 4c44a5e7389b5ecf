package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

const accountARN = `"Arn":"arn:aws:organizations::222222222222:account/o-exampleorgid/111111111111"`

func TestReadNamesJSON(t *testing.T) {
	dev := query.Entry{ID: "111111111111", Name: "dev", Also: []string{"dev@example.com"}, State: "ACTIVE", Joined: 1_577_934_245}
	organization := query.Directory{Kind: query.OrganizationDirectory, ID: "o-exampleorgid", Management: "222222222222", Entries: []query.Entry{dev}}
	const account = `{"Id":"111111111111",` + accountARN + `,"Email":"dev@example.com","Name":"dev","State":"ACTIVE","Status":"ACTIVE","JoinedMethod":"CREATED","JoinedTimestamp":"2020-01-02T03:04:05.678000+00:00"}`
	const user = `{"UserName":"kim.lee","UserId":"u1","Name":{"FamilyName":"Lee","GivenName":"Kim"},"DisplayName":"Kim Lee","Emails":[{"Value":"kim@example.com","Type":"work","Primary":true}],"IdentityStoreId":"d-1234567890"}`
	people := query.Directory{Kind: query.IdentityCenterDirectory, ID: "d-1234567890", Entries: []query.Entry{{ID: "u1", Name: "kim.lee", Also: []string{"Kim Lee", "kim@example.com"}}}}
	closed := organization
	closed.Entries = []query.Entry{{ID: "111111111111", Name: "dev", Also: []string{""}, State: "SUSPENDED", Joined: 1_577_934_245}}
	for _, c := range []struct {
		name, file, text string
		want             []query.Directory
		fails            string
	}{
		{name: "accounts", file: "a.json", text: `{"Accounts":[` + account + `]}`, want: []query.Directory{organization}},
		{name: "whatever the file is called", file: "/dev/fd/63", text: "\ufeff\n {\n\"Accounts\" : [" + account + "]}", want: []query.Directory{organization}},
		{name: "the list alone", file: "a", text: "[" + account + "]", want: []query.Directory{organization}},
		{name: "users", file: "u.json", text: `{"Users":[` + user + `]}`, want: []query.Directory{people}},
		{name: "one file of both", file: "x.json", text: `{"Accounts":[` + account + `]}` + "\n" + `{"Users":[` + user + `]}`, want: []query.Directory{organization, people}},
		{
			name: "as older ones print it", file: "a.json",
			text: `{"Accounts":[{"Id":"111111111111",` + accountARN + `,"Name":"dev","Status":"SUSPENDED","JoinedTimestamp":1577934245.678}]}`, want: []query.Directory{closed},
		},
		{name: "a part", file: "a.json", text: `{"Accounts":[` + account + `],"NextToken":"eyJ"}`, fails: "a.json: answer 1 is not all"},
		{name: "an account of no organisation", file: "a.json", text: `{"Accounts":[{"Id":"111111111111","Name":"dev"}]}`, fails: "a.json: answer 1, entry 1: account 111111111111 has no Arn that tells its organisation"},
		{name: "another ARN", file: "a.json", text: `[{"Id":"1","Arn":"arn:aws:iam::1:role/a/b"}]`, fails: "no Arn that tells its organisation"},
		{name: "something else", file: "a.json", text: `{"Users":[{"Path":"/","UserName":"kim","Arn":"arn:aws:iam::111111111111:user/kim"}]}`, fails: "a.json: answer 1, entry 1: it has neither an Id nor a UserId"},
		{name: "an id that is a number", file: "a.json", text: `{"Accounts":[{"Id":111111111111}]}`, fails: "a.json: answer 1, entry 1: json: cannot unmarshal number"},
		{name: "no list", file: "a.json", text: `{"Accounts":3}`, fails: "a.json: answer 1: json: cannot unmarshal"},
		{name: "a text", file: "a.json", text: `"hello"`, fails: "a.json: answer 1: json: cannot unmarshal"},
		{name: "cut short", file: "a.json", text: `{"Accounts":[`, fails: "a.json: unexpected EOF; it should be what aws organizations list-accounts"},
		{name: "empty", file: "a.json", text: "\n", fails: "a.json: it is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := source.ReadNames(c.file, strings.NewReader(c.text))
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, want one with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzReadNames(f *testing.F) {
	for _, text := range []string{`{"Accounts":[{"Id":"1",` + accountARN + `}]}`, `[{"UserId":"u","Emails":[null]}]`, "- name: a\n  accounts: [1]\n", "1,2\n", `[null]`, `{}`, `null`} {
		f.Add("x", text)
		f.Add("x.json", text)
		f.Add("x.yaml", text)
	}
	f.Fuzz(func(t *testing.T, file, text string) {
		all, err := source.ReadNames(file, strings.NewReader(text))
		if err != nil {
			return
		}
		names := query.NewNames(all...)
		for _, d := range all {
			for _, e := range d.Entries {
				if e.ID == "" {
					t.Errorf("%s %q names nothing: %+v", d.Kind, d.ID, e)
				}
			}
		}
		if m := names.Members(); len(m) > 0 && len(names.Organizations()) == 0 {
			t.Errorf("%d members of no organisation", len(m))
		}
	})
}
