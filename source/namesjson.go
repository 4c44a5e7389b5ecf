package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

func isJSON(file string, text []byte) bool {
	first := firstSign(text)
	return strings.EqualFold(filepath.Ext(file), ".json") || first == '{' || first == '['
}

// cliAnswer is one answer of ListAccounts or ListUsers, as the AWS CLI prints it.
type cliAnswer struct {
	Accounts  []json.RawMessage
	Users     []json.RawMessage
	NextToken string
}

// listedAccount is an account of an organisation. Its ARN holds the ids of the
// organisation and of the account that manages it:
// arn:aws:organizations::<management>:account/<organisation>/<id>.
type listedAccount struct {
	ID, Arn, Email, Name string
	State, Status        string // Status until September 2026
	JoinedTimestamp      json.RawMessage
}

type listedUser struct {
	UserID, UserName, DisplayName, IdentityStoreID string
	Emails                                         []struct{ Value string }
}

// readNamesJSON reads answers one behind the other, as several calls leave them.
func readNamesJSON(file string, text []byte) ([]query.Directory, error) {
	const shape = "it should be what aws organizations list-accounts or aws identitystore list-users prints"
	var all gathered
	d := json.NewDecoder(bytes.NewReader(text))
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w; %s", file, err, shape)
		}
		var answer cliAnswer
		if raw[0] == '[' { // --query Accounts, or Users
			err = json.Unmarshal(raw, &answer.Accounts)
		} else {
			err = json.Unmarshal(raw, &answer)
		}
		answer.Accounts = append(answer.Accounts, answer.Users...)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: answer %d: %w; %s", file, n, err, shape)
		case answer.NextToken != "":
			return nil, fmt.Errorf("%s: answer %d is not all: it has a NextToken; let aws list all, without --max-items and --no-paginate", file, n)
		case len(answer.Accounts) == 0:
			return nil, fmt.Errorf("%s: answer %d names no account and no user; %s", file, n, shape)
		}
		for i, one := range answer.Accounts {
			if err := all.add(one); err != nil {
				return nil, fmt.Errorf("%s: answer %d, entry %d: %w; %s", file, n, i+1, err, shape)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: it is empty; %s", file, shape)
	}
	return all, nil
}

// gathered are directories being read.
type gathered []query.Directory

func (g *gathered) add(raw json.RawMessage) error {
	var user listedUser
	if err := json.Unmarshal(raw, &user); err != nil {
		return err
	}
	if user.UserID != "" {
		d := g.of(query.IdentityCenterDirectory, user.IdentityStoreID)
		e := query.Entry{ID: user.UserID, Name: user.UserName, Also: []string{user.DisplayName}}
		for _, email := range user.Emails {
			e.Also = append(e.Also, email.Value)
		}
		d.Entries = append(d.Entries, e)
		return nil
	}
	var account listedAccount
	if err := json.Unmarshal(raw, &account); err != nil { // only now: the Name of a user is no text
		return err
	}
	if account.ID == "" {
		return errors.New("it has neither an Id nor a UserId")
	}
	manager, organization, ok := organizationOf(account.Arn)
	if !ok {
		return fmt.Errorf("account %s has no Arn that tells its organisation", account.ID)
	}
	d := g.of(query.OrganizationDirectory, organization)
	d.Management = manager
	d.Entries = append(d.Entries, query.Entry{
		ID: account.ID, Name: account.Name, Also: []string{account.Email},
		State: cmp.Or(account.State, account.Status), Joined: momentOf(account.JoinedTimestamp),
	})
	return nil
}

// of is the directory of an organisation or identity store.
func (g *gathered) of(kind query.DirectoryKind, id string) *query.Directory {
	for i := range *g {
		if d := &(*g)[i]; d.Kind == kind && d.ID == id {
			return d
		}
	}
	*g = append(*g, query.Directory{Kind: kind, ID: id})
	return &(*g)[len(*g)-1]
}

func organizationOf(arn string) (manager, organization string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "organizations" {
		return "", "", false
	}
	path := strings.Split(parts[5], "/")
	if len(path) != 3 || path[0] != "account" || path[1] == "" {
		return "", "", false
	}
	return parts[4], path[1], true
}

// momentOf reads a time as the CLI prints it: a text or, in its older form, the
// seconds since 1970.
func momentOf(raw json.RawMessage) cloudtrail.Time {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return 0
		}
		return cloudtrail.TimeOf(t)
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) == nil {
		return cloudtrail.Time(seconds)
	}
	return 0
}
