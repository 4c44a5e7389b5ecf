package query_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// uses writes an answer a line a user.
func uses(lines []query.UsageLine) string {
	var b strings.Builder
	for _, l := range lines {
		who := "nobody"
		if l.Chain != nil {
			who = originID(l.Chain)
		}
		fmt.Fprintf(&b, "%s: %s %s from=%s sessions=%d calls=%d", l.Grant.ID, l.Use, who, l.FromAccount, l.Sessions, l.Calls)
		for _, n := range []struct {
			what string
			n    int
		}{{"reads", l.Reads}, {"denied", l.Denied}, {"outside", l.Outside}, {"refused", l.Refused}, {"untold", l.Untold}} {
			if n.n > 0 {
				fmt.Fprintf(&b, " %s=%d", n.what, n.n)
			}
		}
		words := []string{"", "not-used", "used", "mixed"}
		for what, told := range map[string]query.Told{"mfa": l.MFA} {
			if told != query.NotTold {
				b.WriteString(" " + what + "=" + words[told])
			}
		}
		if l.DataEvents != query.NotTold {
			b.WriteString(" data=" + words[l.DataEvents])
		}
		if l.End != query.GrantGoesOn {
			b.WriteString(" end=" + string(l.End))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func usageOf(t *testing.T, records []string, f query.Filter, grants ...query.Shared) string {
	t.Helper()
	store, resolver := tell(t, records, 1)
	now, _ := cloudtrail.ParseTime("2026-05-05T00:00:00Z")
	lines, err := query.Usage(t.Context(), store, resolver, grants, f, now)
	if err != nil {
		t.Fatal(err)
	}
	return uses(lines)
}

// A role is enough: who took it, used or not, from where. A session taken before
// the span and used in it is told by its calls.
func TestUsageOfRole(t *testing.T) {
	deploy := query.Shared{ID: "d", RoleARN: deployRole, Owner: prod}
	noon, _ := cloudtrail.ParseTime("2026-05-04T11:05:00Z")
	early, _ := cloudtrail.ParseTime("2026-05-03T11:05:00Z")
	for name, tt := range map[string]struct {
		f    query.Filter
		want string
	}{
		"all": {query.Filter{}, "d: used " + malloryID + " from=111111111111 sessions=2 calls=1 reads=1 untold=1 mfa=not-used data=used\n" +
			"d: used " + jsmithID + " from=111111111111 sessions=1 calls=3 mfa=not-used\n"},
		"since": {query.Filter{Since: noon}, "d: used " + malloryID + " from=111111111111 sessions=2 calls=1 reads=1 untold=1 mfa=not-used data=used\n"},
		"until": {query.Filter{Until: early}, "d: not-told nobody from= sessions=0 calls=0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, usageOf(t, story(), tt.f, deploy)); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

// Both copies of a call that handed out a session are one, and the caller's tells
// who it was. Calls for a role of a longer name are not for this one.
func TestUsageTakenAndRefused(t *testing.T) {
	const key = "ASIAQQQQQQQQQQQQSPAR"
	jo, mal := user("jsmith", "AIDAJSMITH", jsmithKey), user("mallory", "AIDAMALLORY", malloryKey)
	take := strings.Replace(assumed(deployRole, "AROADEPLOY", "spare", key, "May 4, 2026, 12:30:00 PM"), `"requestParameters":{`, `"requestParameters":{"serialNumber":"m",`, 1) + `,"sharedEventID":"s-1","requestID":"r-1"`
	no := func(id, at, caller, role, code string) string {
		return record(id, at, "sts", "AssumeRole", home, caller, elsewhere, true, fmt.Sprintf(
			`,"errorCode":%q,"errorMessage":"User: x is not authorized to perform: sts:AssumeRole on resource: %s"`, code, role))
	}
	records := []string{
		record("a-copy", "2026-05-04T11:30:00Z", "sts", "AssumeRole", prod, stranger(home, "AIDAJSMITH"), elsewhere, true, take),
		record("take", "2026-05-04T11:30:00Z", "sts", "AssumeRole", home, jo, elsewhere, true, take),
		no("n1", "2026-05-04T11:31:00Z", mal, deployRole, "AccessDenied"),
		no("n2", "2026-05-04T11:32:00Z", mal, deployRole+" because no identity-based policy allows it", "AccessDenied"),
		no("n3", "2026-05-04T11:33:00Z", mal, deployRole+"2", "AccessDenied"),
		no("n4", "2026-05-04T11:34:00Z", mal, deployRole, "Throttling"),
	}
	got := usageOf(t, records, query.Filter{}, query.Shared{ID: "d", RoleARN: deployRole, Owner: prod}, query.Shared{ID: "e", RoleARN: deployRole + "2", Owner: prod})
	const want = "d: taken " + jsmithID + " from=111111111111 sessions=1 calls=0 mfa=used\n" +
		"d: refused " + malloryID + " from=111111111111 sessions=0 calls=0 refused=2\n" +
		"e: unused nobody from= sessions=0 calls=0\n" +
		"e: refused " + malloryID + " from=111111111111 sessions=0 calls=0 refused=1\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

// get is an S3 call on a bucket, as its owner's log has it.
func get(id, at, name, account, identity, object, more string) string {
	bucket, _, _ := strings.Cut(object, "/")
	return record(id, at, "s3", name, account, identity, elsewhere, true, fmt.Sprintf(
		`,"requestParameters":{"bucketName":%q},"resources":[{"ARN":"arn:aws:s3:::%s"},{"ARN":"arn:aws:s3:::%s"}]%s`, bucket, object, bucket, more))
}

// A bucket policy's statement is used by whom it is for: an account, a role or user
// where that can be told, any member of an organisation.
func TestUsageOfBucketPolicy(t *testing.T) {
	const other, third = "333333333333", "444444444444"
	at := func(minute int) string { return fmt.Sprintf("2026-05-04T10:%02d:00Z", minute) }
	reader := func(name string) string {
		return strings.NewReplacer(prod, home, "AROADEPLOY", "AROA"+name, "ci/Deploy", name, "/Deploy/", "/"+name+"/", `"Deploy"`, `"`+name+`"`).
			Replace(role("ci/Deploy", "AROADEPLOY", "s", "ASIAQQQQQQQQQQQQ"+name, at(0)))
	}
	records := []string{
		get("1", at(1), "GetObject", prod, stranger(home, "AIDAJSMITH"), "logs/AWSLogs/"+home+"/a", `,"additionalEventData":{"bytesTransferredOut":5.0}`),
		get("2", at(2), "GetObject", prod, stranger(other, "AIDAOTHER"), "logs/AWSLogs/"+other+"/a", ``),
		get("3", at(3), "GetObject", prod, stranger(other, "AIDAOTHER"), "logs/AWSLogs/"+home+"/a", `,"errorCode":"AccessDenied"`),
		get("4", at(4), "GetObject", prod, stranger(third, "AIDATHIRD"), "logs2/AWSLogs/"+third+"/a", ``), // another bucket
		get("5", at(5), "PutObject", prod, `{"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"}`, "logs/AWSLogs/"+home+"/b", ``),
		get("6", at(6), "GetObject", prod, user("jsmith", "AIDAX", jsmithKey), "logs/AWSLogs/"+home+"/a", ``),
		get("7", at(7), "GetObject", prod, reader("LogReader"), "logs/AWSLogs/"+home+"/c", ``),
		get("8", at(8), "GetObject", prod, reader("Elsewhere"), "logs/AWSLogs/"+home+"/c", ``),
		get("9", at(9), "GetObject", prod, `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`, "logs/AWSLogs/"+home+"/a", ``),
	}
	shared := func(id, to string, gets ...string) query.Shared {
		return query.Shared{ID: id, Owner: prod, To: to, Bucket: "logs", Gets: gets}
	}
	soon, _ := cloudtrail.ParseTime("2026-06-03T00:00:00Z")
	all := shared("account", home)
	all.Expires = soon
	members := shared("members", "o-acme", "AWSLogs/"+home+"/*")
	members.Members = []string{other}
	never := shared("never", "555555555555")
	never.Expires = 1
	silent := shared("silent", third)
	silent.Bucket = "logs3"
	for want, g := range map[string]query.Shared{
		"account: used account:111111111111:AIDAJSMITH from=111111111111 sessions=0 calls=1 reads=1 data=used end=soon\n" +
			"account: used iam:111111111111:AIDAX from=111111111111 sessions=0 calls=1 reads=1 untold=1 data=used end=soon\n" +
			"account: used - from=111111111111 sessions=2 calls=2 reads=2 untold=2 data=used end=soon\n": all,
		"role: used - from=111111111111 sessions=1 calls=1 reads=1 untold=1 data=used\n": shared("role", "arn:aws:iam::111111111111:role/LogReader", "AWSLogs/"+home+"/*"),
		"user: used iam:111111111111:AIDAX from=111111111111 sessions=0 calls=1 reads=1 untold=1 data=used\n" +
			"user: maybe-used account:111111111111:AIDAJSMITH from=111111111111 sessions=0 calls=1 reads=1 data=used\n": shared("user", "arn:aws:iam::111111111111:user/jsmith"),
		"members: outside account:333333333333:AIDAOTHER from=333333333333 sessions=0 calls=2 reads=1 denied=1 outside=1 untold=1 data=used\n" +
			"members: not-told nobody from= sessions=0 calls=0 data=used\n": members,
		"never: not-told nobody from= sessions=0 calls=0 data=used end=expired\n": never,
		"silent: not-told nobody from= sessions=0 calls=0 data=not-used\n":        silent,
	} {
		t.Run(g.ID, func(t *testing.T) {
			if diff := cmp.Diff(sortedLines(want), sortedLines(usageOf(t, records, query.Filter{}, g))); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
	// What two grants are for counts for the one that it is in the scope of.
	got := usageOf(t, records[:1], query.Filter{}, shared("own", home, "AWSLogs/"+home+"/*"), shared("theirs", "o-acme", "AWSLogs/"+other+"/*"))
	if !strings.Contains(got, "own: used") || !strings.Contains(got, "theirs: not-told") {
		t.Errorf("of two grants:\n%s", got)
	}
}

// forgetful is a store whose log files are gone.
type forgetful struct{ query.Reader }

func (forgetful) Raw(context.Context, lineage.Location) ([]byte, error) {
	return nil, errors.New("gone")
}

func TestUsageWithoutRecords(t *testing.T) {
	records := []string{get("1", "2026-05-04T10:00:00Z", "GetObject", prod, stranger(home, "AIDAJSMITH"), "logs/k", `,"additionalEventData":{"bytesTransferredOut":5}`)}
	store, resolver := tell(t, records, 1)
	grants := []query.Shared{{ID: "g", Owner: prod, To: home, Bucket: "logs"}}
	for _, r := range []query.Reader{store, forgetful{store}} {
		lines, err := query.Usage(t.Context(), r, resolver, grants, query.Filter{}, 0)
		if err != nil || len(lines) != 1 {
			t.Fatal(err, lines)
		}
		_, gone := r.(forgetful)
		if l := lines[0]; l.Keys != 1 || gone != (l.Untold == 1) || gone != (l.Bytes == 0) {
			t.Errorf("%T: %+v", r, l)
		}
	}
}

func TestScopeOfGrant(t *testing.T) {
	for _, tt := range []struct {
		pattern, value string
		want           bool
	}{
		{"AWSLogs/2/*", "AWSLogs/2/x/y", true},
		{"AWSLogs/2/*", "AWSLogs/2", false},
		{"AWSLogs/2/*", "AWSLogs/22/x", false},
		{"a/${aws:PrincipalAccount}/*", "a/333333333333/k", true},
		{"a/${aws:PrincipalAccount}/*", "a/444444444444/k", false},
		{"a/CloudTrail*/*/2026/11/*", "a/CloudTrail-Digest/eu-west-1/2026/11/29/f", true},
		{"a/CloudTrail*/*/2026/11/*", "a/CloudTrail/eu-west-1/2026/12/29/f", false},
		{"a${*}b/*", "a*b/c", true},
		{"a${*}b/*", "axb/c", false},
		{"a${$}b?", "a$bc", true},
		{"a?c", "ac", false},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"*a", "bba", true},
		{"*ab", "aabaab", true},
		{"*ab", "aabaa", false},
	} {
		if got := query.MatchesAny([]string{"x", tt.pattern}, tt.value, "333333333333"); got != tt.want {
			t.Errorf("%q fits %q: %v", tt.value, tt.pattern, got)
		}
	}
}
