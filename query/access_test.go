package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// ways writes an answer a line a way.
func ways(a *query.AccessAnswer) string {
	var b strings.Builder
	for _, l := range a.Lines {
		fmt.Fprintf(&b, "%s: %s > %s > %s calls=%d writes=%d errors=%d", originID(l.Chain), l.FromAccount, l.RoleARN[strings.LastIndexByte(l.RoleARN, '/')+1:], l.ToAccount,
			l.Calls, l.Writes, l.Errors)
		if l.ThirdParty {
			b.WriteString(" third-party")
		}
		if l.FirstTime == cloudtrail.True {
			b.WriteString(" new")
		}
		words := []string{"", "not-used", "used", "mixed"}
		if w := words[l.MFA]; w != "" {
			b.WriteString(" mfa:" + w)
		}
		if w := words[l.ExternalID]; w != "" {
			fmt.Fprintf(&b, " external:%s%v", w, l.ExternalIDs)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "unknown %d %d", a.Unknown.Sessions, a.Unknown.Calls)
	return b.String()
}

func accessOf(t *testing.T, records []string, f query.Filter) string {
	t.Helper()
	store, resolver := tell(t, records, 1)
	a, err := query.Access(t.Context(), store, resolver, f)
	if err != nil {
		t.Fatal(err)
	}
	return ways(a)
}

// What jsmith does as Admin, which he takes from Deploy within one account, came
// into that account by Deploy.
func TestAccess(t *testing.T) {
	const (
		jo  = jsmithID + ": 111111111111 > Deploy > 222222222222 calls=5 writes=3 errors=1 mfa:not-used external:not-used[]\n"
		mal = malloryID + ": 111111111111 > Deploy > 222222222222 calls=1 writes=0 errors=0"
		how = " mfa:not-used external:not-used[]\n"
	)
	noon, _ := cloudtrail.ParseTime("2026-05-04T10:30:00Z")
	for name, tt := range map[string]struct {
		f    query.Filter
		want string
	}{
		"all":              {query.Filter{}, jo + mal + how + "unknown 1 1"},
		"newest":           {query.Filter{Newest: true}, mal + how + jo + "unknown 1 1"},
		"limit":            {query.Filter{Limit: 1}, jo + "unknown 1 1"},
		"writes":           {query.Filter{Writes: true}, strings.Replace(jo, "calls=5", "calls=3", 1) + "unknown 1 1"},
		"origin":           {query.Filter{Origins: []string{"mallory"}}, mal + how + "unknown 0 0"},
		"nothing":          {query.Filter{Origins: []string{"nobody"}}, "unknown 0 0"},
		"no older log":     {query.Filter{Since: noon}, mal + how + "unknown 0 0"},
		"third parties":    {query.Filter{ThirdParty: true}, "unknown 0 0"},
		"into the account": {query.Filter{Accounts: []string{home}}, "unknown 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, accessOf(t, story(), tt.f)); diff != "" {
				t.Errorf("access (-want +got):\n%s", diff)
			}
		})
	}
}

// stranger is how a log tells of a caller of an account that is not its own.
func stranger(account, principal string) string {
	return fmt.Sprintf(`{"type":"AWSAccount","principalId":%q,"accountId":%q}`, principal, account)
}

func TestAccessOfOthers(t *testing.T) {
	const vendor, at = "666666666666", "2026-05-04T10:00:00Z"
	audit := role("vendor/Audit", "AROAAUDIT", "v", "ASIAQQQQQQQQQQQQVEND", at)
	again := role("vendor/Audit", "AROAAUDIT", "w", "ASIAQQQQQQQQQQQQVENE", "2026-05-04T12:00:00Z")
	take := func(session, key, expires, external string) string {
		more := assumed("arn:aws:iam::222222222222:role/vendor/Audit", "AROAAUDIT", session, key, expires)
		if external == "" {
			return more
		}
		return strings.Replace(more, `"requestParameters":{`, `"requestParameters":{"externalId":"`+external+`",`, 1)
	}
	const bucket = `,"resources":[{"ARN":"arn:aws:s3:::acme-logs"}]`
	store := []string{
		record("take", at, "sts", "AssumeRole", prod, stranger(vendor, "AIDAVENDOR"), elsewhere, true, take("v", "ASIAQQQQQQQQQQQQVEND", "May 4, 2026, 11:00:00 AM", "acme-1")),
		record("look", "2026-05-04T10:01:00Z", "s3", "ListBuckets", prod, audit, elsewhere, true, ``),
		record("take-again", "2026-05-04T12:00:00Z", "sts", "AssumeRole", prod, stranger(vendor, "AIDAVENDOR"), elsewhere, true, take("w", "ASIAQQQQQQQQQQQQVENE", "May 4, 2026, 1:00:00 PM", "")),
		record("change", "2026-05-04T12:01:00Z", "s3", "PutBucketAcl", prod, again, elsewhere, false, bucket),
		// A bucket policy lets an account in, and somebody unsigned.
		record("get", "2026-05-04T10:02:00Z", "s3", "GetObject", prod, stranger("777777777777", "AIDAREADER"), elsewhere, true, bucket),
		record("public", "2026-05-04T10:03:00Z", "s3", "GetObject", prod, `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`, elsewhere, true, bucket),
		// Refused at the door, and a service that is nobody's account.
		record("denied", "2026-05-04T10:04:00Z", "sts", "AssumeRole", prod, stranger("888888888888", "AIDAKNOCK"), elsewhere, true, `,"errorCode":"AccessDenied","errorMessage":"no"`),
		record("config", "2026-05-04T10:05:00Z", "s3", "PutObject", prod, `{"type":"AWSService","invokedBy":"config.amazonaws.com"}`, "config.amazonaws.com", false, bucket),
		// Where the resource's owner sees a session of another account.
		record("home", "2026-05-04T10:06:00Z", "s3", "GetObject", home, audit, elsewhere, true, bucket),
	}
	const want = "account:666666666666:AIDAVENDOR: 666666666666 > Audit > 222222222222 calls=2 writes=1 errors=0 third-party mfa:not-used external:mixed[acme-1]\n" +
		"-: ANONYMOUS_PRINCIPAL >  > 222222222222 calls=1 writes=0 errors=0\n" +
		"account:777777777777:AIDAREADER: 777777777777 >  > 222222222222 calls=1 writes=0 errors=0 third-party\n" +
		"account:888888888888:AIDAKNOCK: 888888888888 >  > 222222222222 calls=1 writes=0 errors=1 third-party\n" +
		"account:666666666666:AIDAVENDOR: 222222222222 > Audit > 111111111111 calls=1 writes=0 errors=0 third-party\n" +
		"unknown 0 0"
	got := strings.Split(accessOf(t, store, query.Filter{}), "\n")
	// Third parties come before others.
	if diff := cmp.Diff(sortedLines(want), sortedLines(strings.Join(got, "\n"))); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	if !strings.Contains(got[0], "Audit > 222222222222") || !strings.Contains(got[3], "ANONYMOUS") || !strings.Contains(got[4], "> 111111111111") {
		t.Errorf("order:\n%s", strings.Join(got, "\n"))
	}
	only := accessOf(t, store, query.Filter{ThirdParty: true, OwnAccounts: []string{"777777777777", vendor}})
	if strings.Count(only, "\n") != 1 || !strings.Contains(only, "AIDAKNOCK") {
		t.Errorf("third parties that are not known:\n%s", only)
	}
}

// A role that was taken and never seen in use is a way all the same; so is one
// that a vendor took, with what it was asked for.
func TestAccessUnused(t *testing.T) {
	jo := user("jsmith", "AIDAJSMITH", jsmithKey)
	take := assumed(deployRole, "AROADEPLOY", "spare", unusedKey, "May 4, 2026, 12:30:00 PM") + `,"requestID":"r-1"`
	records := []string{
		record("take", "2026-05-04T11:30:00Z", "sts", "AssumeRole", home, jo, elsewhere, true, strings.Replace(take, `"requestParameters":{`, `"requestParameters":{"externalId":"e","serialNumber":"m",`, 1)),
		record("refused", "2026-05-04T11:31:00Z", "sts", "AssumeRole", home, jo, elsewhere, true,
			`,"requestParameters":{"roleArn":"arn:aws:iam::222222222222:role/Admin","roleSessionName":"x"},"errorCode":"AccessDenied","requestID":"r-2"`),
		record("at-home", "2026-05-04T11:32:00Z", "sts", "AssumeRole", home, jo, elsewhere, true,
			assumed("arn:aws:iam::111111111111:role/Own", "AROAOWN", "o", "ASIAQQQQQQQQQQQQOWNN", "May 4, 2026, 12:30:00 PM")+`,"requestID":"r-3"`),
	}
	const want = jsmithID + ": 111111111111 > Deploy > 222222222222 calls=0 writes=0 errors=0 mfa:used external:used[e]\nunknown 0 0"
	if diff := cmp.Diff(want, accessOf(t, records, query.Filter{})); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	if got := accessOf(t, records, query.Filter{Accounts: []string{home}}); got != "unknown 0 0" {
		t.Errorf("into the caller's own account: %s", got)
	}
	store, resolver := tell(t, records, 1)
	a, err := query.Access(t.Context(), store, resolver, query.Filter{})
	if err != nil || a.Lines[0].First.String() != "2026-05-04T11:30:00Z" || a.Lines[0].Last != a.Lines[0].First {
		t.Errorf("%v, taken from %s to %s", err, a.Lines[0].First, a.Lines[0].Last)
	}
	// Taken before, used after: not new.
	used := record("used", "2026-05-04T11:40:00Z", "s3", "ListBuckets", prod, role("ci/Deploy", "AROADEPLOY", "spare", unusedKey, "2026-05-04T11:30:00Z"), elsewhere, true, ``)
	files := map[string][]string{
		logName(home, "us-east-1", "20260504T1135Z", 1): records, logName(prod, "us-east-1", "20260504T1100Z", 1): nil, logName(prod, "us-east-1", "20260504T1145Z", 1): {used},
	}
	since, _ := cloudtrail.ParseTime("2026-05-04T11:35:00Z")
	store, resolver = deliver(t, files)
	if a, err = query.Access(t.Context(), store, resolver, query.Filter{Since: since}); err != nil || len(a.Lines) != 1 || a.Lines[0].FirstTime != cloudtrail.False || a.Lines[0].Calls != 1 {
		t.Errorf("%v, %+v", err, a.Lines)
	}
	since -= 600
	if a, err = query.Access(t.Context(), store, resolver, query.Filter{Since: since}); err != nil || len(a.Lines) != 1 || a.Lines[0].FirstTime != cloudtrail.True {
		t.Errorf("%v, %+v", err, a.Lines)
	}
}

func sortedLines(s string) map[string]bool {
	lines := map[string]bool{}
	for line := range strings.SplitSeq(s, "\n") {
		lines[line] = true
	}
	return lines
}

// A way is new where the log reaches back before the span, and nobody came it
// then. An account whose log begins in the span has no news.
func TestAccessFirstTime(t *testing.T) {
	const third = "333333333333"
	jo, mal := user("jsmith", "AIDAJSMITH", jsmithKey), user("mallory", "AIDAMALLORY", malloryKey)
	records := map[string][]string{
		logName(home, "us-east-1", "20260504T0900Z", 1): {record("h", "2026-05-04T08:59:00Z", "s3", "ListBuckets", home, jo, jsmithAddress, true, ``)},
		logName(prod, "us-east-1", "20260504T0900Z", 1): {
			record("a1", "2026-05-04T08:59:00Z", "s3", "GetObject", prod, stranger("777777777777", "AIDAREADER"), elsewhere, true, ``),
		},
		logName(prod, "us-east-1", "20260504T1200Z", 2): {
			record("a2", "2026-05-04T11:59:00Z", "s3", "GetObject", prod, stranger("777777777777", "AIDAREADER"), elsewhere, true, ``),
			record("a3", "2026-05-04T11:59:01Z", "s3", "PutObject", prod, stranger("777777777777", "AIDAREADER"), elsewhere, false, ``),
			record("b1", "2026-05-04T11:59:02Z", "s3", "GetObject", prod, mal, elsewhere, true, ``),
		},
		logName(third, "us-east-1", "20260504T1200Z", 1): {record("c1", "2026-05-04T11:59:00Z", "s3", "GetObject", third, mal, elsewhere, true, ``)},
	}
	store, resolver := deliver(t, records)
	fresh := func(f query.Filter) string {
		a, err := query.Access(t.Context(), store, resolver, f)
		if err != nil {
			t.Fatal(err)
		}
		var who []string
		for _, l := range a.Lines {
			if l.FirstTime == cloudtrail.True {
				who = append(who, originID(l.Chain)+" "+l.ToAccount)
			}
		}
		return strings.Join(who, ", ")
	}
	at := func(s string) cloudtrail.Time {
		when, _ := cloudtrail.ParseTime(s)
		return when
	}
	const reader = "account:777777777777:AIDAREADER 222222222222"
	for name, tt := range map[string]struct {
		f    query.Filter
		want string
	}{
		"without a span":       {query.Filter{}, ""},
		"mallory alone":        {query.Filter{Since: at("2026-05-04T11:00:00Z")}, malloryID + " " + prod},
		"in the same hour":     {query.Filter{Since: at("2026-05-04T11:59:02Z")}, malloryID + " " + prod},
		"all that is there":    {query.Filter{Since: at("2026-05-04T08:00:00Z")}, ""},
		"who had not written":  {query.Filter{Since: at("2026-05-04T11:00:00Z"), Writes: true}, reader},
		"with an end":          {query.Filter{Since: at("2026-05-04T11:00:00Z"), Until: at("2026-05-04T11:59:01Z")}, ""},
		"nobody":               {query.Filter{Since: at("2026-05-05T00:00:00Z")}, ""},
		"of one, in one place": {query.Filter{Since: at("2026-05-04T11:00:00Z"), Accounts: []string{third}}, ""},
	} {
		if got := fresh(tt.f); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
