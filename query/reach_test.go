package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// A person of Identity Center is named on some records of a session, and not on
// the one that hands out a session which nobody uses.
func TestReachWhatASessionHandedOut(t *testing.T) {
	sso := role("AWSReservedSSO_Ops_1", "AROASSO", "eve@example.com", "ASIAQQQQQQQQQQQQSSOO", "2026-05-04T10:00:00Z")
	named := strings.Replace(sso, `"sessionContext"`, `"onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::333333333333:identitystore/d-9"},"sessionContext"`, 1)
	store, resolver := tell(t, []string{
		record("look", "2026-05-04T10:01:00Z", "s3", "ListBuckets", prod, named, jsmithAddress, true, ``),
		record("lend", "2026-05-04T10:02:00Z", "sts", "AssumeRole", prod, sso, jsmithAddress, true,
			assumed(adminRole, "AROAADMIN", "spare", unusedKey, "May 4, 2026, 11:02:00 AM")),
	}, 1)
	a, err := query.Reach(t.Context(), store, resolver, "idc:d-9:u-1", query.ReachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "person idc:d-9:u-1" +
		"\nAROASSO:eve@example.com@2026-05-04T10:00:00Z <  calls=2 writes=0 live" +
		"\nAROAADMIN:spare@2026-05-04T10:02:00Z < AROASSO:eve@example.com@2026-05-04T10:00:00Z calls=0 writes=0"
	if got := reached(a); got != want {
		t.Errorf("reached\n%s\nwant\n%s", got, want)
	}
}

// Two people take one role under one name in one second: their sessions have one
// id, and are two all the same. What one of them handed out is not the other's.
func TestReachTwins(t *testing.T) {
	const at = "2026-05-04T10:00:00Z"
	mine, theirs := role("Deploy", "AROADEPLOY", "work", workKey, at), role("Deploy", "AROADEPLOY", "work", otherKey, at)
	take := func(key string) string {
		return assumed(deployRole, "AROADEPLOY", "work", key, "May 4, 2026, 11:00:00 AM")
	}
	store, resolver := tell(t, []string{
		record("issue-mine", at, "sts", "AssumeRole", prod, user("jsmith", "AIDAJSMITH", jsmithKey), jsmithAddress, true, take(workKey)),
		record("issue-theirs", at, "sts", "AssumeRole", prod, user("mallory", "AIDAMALLORY", malloryKey), elsewhere, true, take(otherKey)),
		record("look", "2026-05-04T10:01:00Z", "s3", "ListBuckets", prod, mine, jsmithAddress, true, ``),
		record("put", "2026-05-04T10:02:00Z", "s3", "PutObject", prod, theirs, elsewhere, false, ``),
		record("lend", "2026-05-04T10:03:00Z", "sts", "AssumeRole", prod, theirs, elsewhere, true,
			assumed(adminRole, "AROAADMIN", "admin", adminKey, "May 4, 2026, 11:03:00 AM")),
		record("unclear", "2026-05-04T10:04:00Z", "kms", "Decrypt", prod, role("Deploy", "AROADEPLOY", "work", "", at), elsewhere, true, ``),
	}, 1)
	const (
		id      = "\nAROADEPLOY:work@2026-05-04T10:00:00Z < "
		first   = id + " calls=1 writes=0 jsmith"
		second  = id + " calls=2 writes=1 mallory"
		dispute = id + " calls=1 writes=0 ?"
		admin   = "\nAROAADMIN:admin@2026-05-04T10:03:00Z < AROADEPLOY:work@2026-05-04T10:00:00Z calls=0 writes=0 mallory"
	)
	for asked, want := range map[string]string{
		workKey: first, otherKey: second + admin,
		"jsmith": first, "mallory": second + admin,
		jsmithAddress: first, "work": dispute + first + second + admin, "Deploy": dispute + first + second + admin,
	} {
		t.Run(asked, func(t *testing.T) {
			a, err := query.Reach(t.Context(), store, resolver, asked, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, s := range a.Sessions {
				who := map[string]string{jsmithID: "jsmith", malloryID: "mallory", "": "?"}[s.Origin]
				got += fmt.Sprintf("\n%s < %s calls=%d writes=%d %s", s.Hop.ID, s.Parent, s.Calls, s.Writes, who)
				if s.Under >= i || s.Under >= 0 && a.Sessions[s.Under].Origin != s.Origin {
					t.Errorf("%s hangs under entry %d", s.Hop.ID, s.Under)
				}
			}
			if got != want {
				t.Errorf("reached%s\nwant%s", got, want)
			}
		})
	}
}

// Who did nothing in a span of time is not a stranger.
func TestReachOutsideSpan(t *testing.T) {
	store, resolver := tell(t, story(), 1)
	until, _ := cloudtrail.ParseTime("2026-05-01T00:00:00Z")
	for asked, known := range map[string]bool{"jsmith": true, jsmithKey: true, "Admin": true, "nobody": false} {
		a, err := query.Reach(t.Context(), store, resolver, asked, query.ReachOptions{Until: until})
		if err != nil {
			t.Fatal(err)
		}
		if a.Outside != known || (a.Absent == nil) != known || len(a.Sessions) > 0 {
			t.Errorf("%s: outside %v, absent %v, %d sessions", asked, a.Outside, a.Absent, len(a.Sessions))
		}
	}
}

// What was taken away again is not left behind, unless it was made anew.
func TestReachDeleted(t *testing.T) {
	mal := user("mallory", "AIDAMALLORY", malloryKey)
	iam := func(id, at, name, more string) string {
		return record(id, "2026-05-04T"+at+"Z", "iam", name, home, mal, elsewhere, false, more)
	}
	const app, hook, key = `,"requestParameters":{"roleName":"app"}`, `,"requestParameters":{"roleName":"hook"}`, `,"requestParameters":{"accessKeyId":"AKIAQQQQQQQQQQQQNEWK"}`
	store, resolver := tell(t, []string{
		iam("k", "10:00:00", "CreateAccessKey", `,"responseElements":{"accessKey":{"accessKeyId":"AKIAQQQQQQQQQQQQNEWK","userName":"app"}}`),
		iam("r1", "10:00:01", "CreateRole", app), iam("r2", "10:00:02", "PutRolePolicy", app),
		iam("h1", "10:00:03", "CreateRole", hook), iam("hd", "10:00:04", "DeleteRole", hook), iam("h2", "10:00:05", "CreateRole", hook),
		iam("kd0", "10:30:00", "DeleteAccessKey", key+`,"errorCode":"AccessDenied"`), iam("kd", "10:40:00", "DeleteAccessKey", key), iam("rd", "10:50:00", "DeleteRole", app),
	}, 1)
	a, err := query.Reach(t.Context(), store, resolver, "mallory", query.ReachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, l := range append(a.Keys, a.Roles...) {
		got += fmt.Sprintf("%s %s %d %s\n", l.Detail.Key, l.Detail.Name, l.Calls, l.Deleted)
	}
	const want = "AKIAQQQQQQQQQQQQNEWK app 1 2026-05-04T10:40:00Z\n app 2 2026-05-04T10:50:00Z\n hook 2 \n"
	if got != want {
		t.Errorf("left behind\n%s\nwant\n%s", got, want)
	}
}
