package query_test

import (
	"strings"
	"testing"

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
