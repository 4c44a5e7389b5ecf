package query_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
)

// delivered is a log file of prod, by its region and when it was delivered.
type delivered struct {
	region, at string
	records    []string
}

func tellDelivered(t *testing.T, files []delivered) (*memory.Store, *lineage.Resolver) {
	t.Helper()
	store := memory.New()
	for i, f := range files {
		body := `{"Records":[` + strings.ReplaceAll(strings.Join(f.records, ","), `"awsRegion":"us-east-1"`, `"awsRegion":"`+f.region+`"`) + `]}`
		name := fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/11/01/%s_CloudTrail_%s_%s_%016d.json.gz", prod, f.region, prod, f.region, f.at, i)
		put(t, store, name, body)
	}
	if err := store.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, resolverOf(t, store)
}

// hourly are the files of some hours of 1 November, each with one call, which only
// reads where the test says so.
func hourly(region string, from, until int, reads bool) []delivered {
	var all []delivered
	for h := from; h <= until; h++ {
		stamp := fmt.Sprintf("2026-11-01T%02d:01:00Z", h)
		all = append(all, delivered{region, fmt.Sprintf("20261101T%02d05Z", h), []string{
			record(fmt.Sprint(region, "-", h), stamp, "ec2", "DescribeInstances", prod, user("op", "AIDAOP", jsmithKey), elsewhere, reads, ``),
		}})
	}
	return all
}

func hours(all ...[]delivered) []delivered {
	var joined []delivered
	for _, a := range all {
		joined = append(joined, a...)
	}
	return joined
}

// That nobody used a role is told where the log is whole in which its use would be
// logged, and nowhere else.
func TestUnusedIsProved(t *testing.T) {
	moment := func(s string) cloudtrail.Time { at, _ := cloudtrail.ParseTime("2026-11-01T" + s + ":00Z"); return at }
	whole := hourly("us-east-1", 8, 15, true)
	bucket := hourly("eu-west-1", 8, 15, true)
	far := query.Shared{ID: "g", RoleARN: deployRole, Owner: prod, Region: "eu-west-1"}
	used := func(at string) query.Shared { g := far; g.LastUsed = moment(at); return g }
	for name, tt := range map[string]struct {
		files []delivered
		f     query.Filter
		grant query.Shared
		want  string
	}{
		"whole":                {hours(whole, bucket), query.Filter{}, far, "unused"},
		"another region alone": {[]delivered{hourly("ap-south-1", 8, 8, true)[0], hourly("ap-south-1", 15, 15, true)[0]}, query.Filter{}, far, "not-told region-not-collected"},
		"without the bucket's": {whole, query.Filter{}, far, "not-told region-not-collected"},
		"an hour is silent":    {hours(whole, hourly("eu-west-1", 8, 11, true), hourly("eu-west-1", 13, 15, true)), query.Filter{}, far, "not-told silent-hours"},
		"others' log goes on":  {hours(whole, bucket, hourly("ap-south-1", 16, 20, true)), query.Filter{}, far, "not-told silent-hours"},
		"in the span":          {hours(whole, bucket, hourly("ap-south-1", 16, 20, true)), query.Filter{Since: moment("09:00"), Until: moment("14:59")}, far, "unused"},
		"silent outside":       {hours(whole, hourly("eu-west-1", 8, 11, true), hourly("eu-west-1", 13, 15, true)), query.Filter{Since: moment("09:00"), Until: moment("11:30")}, far, "unused"},
		"silent at its end":    {hours(whole, hourly("eu-west-1", 8, 10, true), hourly("eu-west-1", 13, 15, true)), query.Filter{Since: moment("09:00"), Until: moment("12:30")}, far, "not-told silent-hours"},
		"begins later":         {hours(whole, bucket), query.Filter{Since: moment("03:00")}, far, "not-told before-first"},
		"ends before":          {hours(whole, bucket), query.Filter{Until: moment("20:00")}, far, "not-told behind-newest"},
		"of after it":          {hours(whole, bucket), query.Filter{Since: moment("18:00"), Until: moment("19:00")}, far, "not-told behind-newest"},
		"writes alone":         {hours(hourly("us-east-1", 8, 15, false), hourly("eu-west-1", 8, 15, false)), query.Filter{}, far, "not-told no-read-events"},
		"nothing of the owner": {whole, query.Filter{}, query.Shared{ID: "g", RoleARN: "arn:aws:iam::333333333333:role/x", Owner: "333333333333"}, "not-told account-not-collected"},
		"IAM: in the span":     {hours(whole, bucket), query.Filter{}, used("12:00"), "not-told iam-says-used"},
		"IAM: yesterday":       {hours(whole, bucket), query.Filter{}, used("23:00"), "not-told iam-says-used"},
		"IAM: before":          {hours(whole, bucket), query.Filter{}, used("01:00"), "unused"},
		"IAM: after the span":  {hours(whole, bucket), query.Filter{Since: moment("09:00"), Until: moment("13:59")}, used("14:30"), "unused"},
	} {
		t.Run(name, func(t *testing.T) {
			store, resolver := tellDelivered(t, tt.files)
			lines, err := query.Usage(t.Context(), store, resolver, []query.Shared{tt.grant}, tt.f, moment("23:59"))
			if err != nil || len(lines) != 1 {
				t.Fatal(err, lines)
			}
			l := lines[0]
			if got := strings.TrimSpace(string(l.Use) + " " + string(l.Why)); got != tt.want {
				t.Errorf("it is told as %s, want %s: %+v", got, tt.want, l.Regions)
			}
			if l.Use == query.GrantUnused && (len(l.Regions) != 2 || l.OwnerLogged.Since == 0 || l.OwnerLogged.Until <= l.OwnerLogged.Since) {
				t.Errorf("for which time is not told: %+v", l)
			}
		})
	}
}

// lacking is a store that is known to lack something.
type lacking struct {
	query.Reader
	lack query.Lack
}

func (l lacking) Lack(context.Context) (query.Lack, error) { return l.lack, nil }

// What is lost, or could not be read, may have been the use.
func TestUnusedOfDamaged(t *testing.T) {
	store, resolver := tellDelivered(t, hourly("us-east-1", 8, 15, true))
	from, _ := cloudtrail.ParseTime("2026-11-01T10:00:00Z")
	lost := func(account, region string) query.Lack {
		return query.Lack{Lost: []lineage.Lost{{Account: account, Region: region, From: from, Until: from + 60, Files: 1}}}
	}
	for want, lack := range map[string]query.Lack{
		"unused ":           lost(prod, "ap-south-1"),
		"not-told lost":     lost(prod, "us-east-1"),
		"not-told damaged":  {Failed: 1},
		"not-told damaged ": {Altered: 1},
	} {
		lines, err := query.Usage(t.Context(), lacking{store, lack}, resolver, []query.Shared{{ID: "g", RoleARN: deployRole, Owner: prod}}, query.Filter{}, 0)
		if err != nil || len(lines) != 1 {
			t.Fatal(err, lines)
		}
		if got := string(lines[0].Use) + " " + string(lines[0].Why); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("it is told as %q, want %q", got, want)
		}
	}
}

// A role in which nothing was done that is of the grant was taken all the same.
func TestRoleUsedOutside(t *testing.T) {
	session := role("ci/Deploy", "AROADEPLOY", "s", workKey, "2026-11-01T10:00:00Z")
	store, resolver := tellDelivered(t, []delivered{{"us-east-1", "20261101T1015Z", []string{
		get("1", "2026-11-01T10:01:00Z", "GetObject", prod, session, "web/index.html", ``),
		get("2", "2026-11-01T10:02:00Z", "GetObject", prod, session, "logs/k", `,"errorCode":"AccessDenied"`),
	}}})
	lines, err := query.Usage(t.Context(), store, resolver, []query.Shared{{ID: "g", RoleARN: deployRole, Owner: prod, Bucket: "logs"}}, query.Filter{}, 0)
	if err != nil || len(lines) != 1 || lines[0].Use != query.GrantOutside {
		t.Error(err, lines)
	}
}

// That nobody used a statement of a bucket's policy is told between data events that
// read: what a trail logs of writes alone tells nothing of reading.
func TestUnusedStatement(t *testing.T) {
	own := func(hour int, name string) delivered {
		return delivered{"us-east-1", fmt.Sprintf("20261101T%02d05Z", hour), []string{
			get(fmt.Sprint("own", hour), fmt.Sprintf("2026-11-01T%02d:01:00Z", hour), name, prod, role("Admin", "AROAADMIN", "op", adminKey, "2026-11-01T08:00:00Z"), "logs/k", ``),
		}}
	}
	busy := hourly("us-east-1", 8, 15, true)
	since, _ := cloudtrail.ParseTime("2026-11-01T08:00:00Z")
	noon, _ := cloudtrail.ParseTime("2026-11-01T12:00:00Z")
	for name, tt := range map[string]struct {
		files []delivered
		f     query.Filter
		want  string
	}{
		"reads":         {append(busy[:8:8], own(10, "GetObject"), own(13, "GetObject")), query.Filter{}, "unused  10:01 13:01"},
		"reads, later":  {append(busy[:8:8], own(10, "GetObject"), own(13, "GetObject")), query.Filter{Since: since}, "not-told no-data-events 10:01 13:01"},
		"reads, before": {append(busy[:8:8], own(10, "GetObject"), own(11, "GetObject")), query.Filter{Since: noon}, "not-told no-data-events beyond 11:01"},
		"writes":        {append(busy[:8:8], own(10, "PutObject"), own(13, "PutObject")), query.Filter{}, "not-told no-data-events"},
		"reads, silent": {append([]delivered{busy[2], busy[5]}, own(10, "GetObject"), own(13, "GetObject")), query.Filter{}, "not-told silent-hours 10:05 13:01"},
	} {
		t.Run(name, func(t *testing.T) {
			store, resolver := tellDelivered(t, tt.files)
			lines, err := query.Usage(t.Context(), store, resolver, []query.Shared{{ID: "g", Owner: prod, To: home, Bucket: "logs"}}, tt.f, 0)
			if err != nil || len(lines) != 1 {
				t.Fatal(err, lines)
			}
			l := lines[0]
			got := string(l.Use) + " " + string(l.Why)
			if l.OwnerLogged.Since != 0 {
				got += " " + l.OwnerLogged.Since.String()[11:16] + " " + l.OwnerLogged.Until.String()[11:16]
			}
			if l.DataBeyond != 0 {
				got += " beyond " + l.DataBeyond.String()[11:16]
			}
			if got != tt.want {
				t.Errorf("it is told as %q, want %q", got, tt.want)
			}
		})
	}
}

// "used" is who is proved to be the one that the grant is for, on what is of it.
func TestUseIsProved(t *testing.T) {
	at := func(minute int) string { return fmt.Sprintf("2026-11-01T10:%02d:00Z", minute) }
	other := func(id string) string { return stranger(home, id) }
	named := strings.NewReplacer(prod, home, "AROADEPLOY", "AROANAMED", "ci/Deploy", "Named", "/Deploy/", "/Named/", `"Deploy"`, `"Named"`).
		Replace(role("ci/Deploy", "AROADEPLOY", "s", "ASIAQQQQQQQQQQQQNAME", at(0)))
	own, theirs := "logs/AWSLogs/"+home+"/k", "logs/AWSLogs/333333333333/k"
	const sts = "2026-11-01T10:00:30Z"
	for name, tt := range map[string]struct {
		to      string
		records []string
		want    string
	}{
		"role, by a user":          {"role/LogReader", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), own, ``)}, ""},
		"role, by some role":       {"role/LogReader", []string{get("1", at(1), "GetObject", prod, other("AROAOTHERROLE:sess"), own, ``)}, "maybe-used"},
		"role, by root":            {"role/LogReader", []string{get("1", at(1), "GetObject", prod, other(home), own, ``)}, ""},
		"role, by one known":       {"role/Named", []string{record("s", sts, "sts", "GetCallerIdentity", home, named, elsewhere, true, ``), get("1", at(1), "GetObject", prod, other("AROANAMED:sess"), own, ``)}, "used"},
		"role, by another known":   {"role/LogReader", []string{record("s", sts, "sts", "GetCallerIdentity", home, named, elsewhere, true, ``), get("1", at(1), "GetObject", prod, other("AROANAMED:sess"), own, ``)}, ""},
		"role, some role, outside": {"role/LogReader", []string{get("1", at(1), "GetObject", prod, other("AROAOTHERROLE:sess"), theirs, ``)}, ""},
		"user, by a role":          {"user/jsmith", []string{get("1", at(1), "GetObject", prod, other("AROAOTHERROLE:sess"), own, ``)}, ""},
		"user, by some user":       {"user/jsmith", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), own, ``)}, "maybe-used"},
		"user, by one known":       {"user/mallory", []string{record("s", sts, "sts", "GetCallerIdentity", home, user("mallory", "AIDAMALLORY", malloryKey), elsewhere, true, ``), get("1", at(1), "GetObject", prod, other("AIDAMALLORY"), own, ``)}, "used"},
		"account":                  {"root", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), own, ``)}, "used"},
		"account, outside":         {"root", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), theirs, ``)}, "outside"},
		"account, another call":    {"root", []string{get("1", at(1), "PutObject", prod, other("AIDAOTHERUSER"), own, ``)}, "outside"},
		"account, denied":          {"root", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), own, `,"errorCode":"AccessDenied"`)}, "refused"},
		"account, no key":          {"root", []string{record("1", at(1), "s3", "GetObject", prod, other("AIDAOTHERUSER"), elsewhere, true, `,"resources":[{"ARN":"arn:aws:s3:::logs"}]`)}, "maybe-used"},
		"account, failed":          {"root", []string{get("1", at(1), "GetObject", prod, other("AIDAOTHERUSER"), own, `,"errorCode":"SlowDown"`)}, "maybe-used"},
	} {
		t.Run(name, func(t *testing.T) {
			store, resolver := tellDelivered(t, []delivered{{"us-east-1", "20261101T1015Z", tt.records}})
			g := query.Shared{ID: "g", Owner: prod, To: "arn:aws:iam::" + home + ":" + tt.to, Bucket: "logs", Gets: []string{"AWSLogs/" + home + "/*"}}
			lines, err := query.Usage(t.Context(), store, resolver, []query.Shared{g}, query.Filter{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			var uses []string
			for _, l := range lines {
				if l.Use != query.GrantNotTold && l.Use != query.GrantUnused {
					uses = append(uses, string(l.Use))
				} else if tt.want == "used" || tt.want == "maybe-used" {
					t.Errorf("it is told as not used, too")
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(uses, " ")); diff != "" {
				t.Errorf("use (-want +got):\n%s", diff)
			}
		})
	}
}

// Whom the owner's own policies let in, too, need not have used the bucket's; that
// is no reason not to tell of it. When it would be told that a reader was refused
// is told by the reader's log.
func TestUsageAtHome(t *testing.T) {
	op := user("op", "AIDAOP", jsmithKey)
	store, resolver := tellDelivered(t, []delivered{{"us-east-1", "20261101T1015Z", []string{
		get("1", "2026-11-01T10:01:00Z", "GetObject", prod, strings.ReplaceAll(op, home, prod), "logs/k", ``),
	}}})
	lines, err := query.Usage(t.Context(), store, resolver, []query.Shared{
		{ID: "account", Owner: prod, To: prod, Bucket: "logs"},
		{ID: "user", Owner: prod, To: "arn:aws:iam::" + prod + ":user/op", Bucket: "logs"},
		{ID: "role", Owner: prod, To: home, RoleARN: deployRole},
		{ID: "role", Owner: prod, To: prod, RoleARN: deployRole + "2"},
	}, query.Filter{}, 0)
	if err != nil || len(lines) != 4 {
		t.Fatal(err, lines)
	}
	if lines[0].Use != query.GrantMaybeUsed || lines[1].Use != query.GrantUsed {
		t.Errorf("in the owner's account: %s, %s", lines[0].Use, lines[1].Use)
	}
	if far, here := lines[2].ReaderLog, lines[3].ReaderLog; far.Hole != query.NoAccount || here.Since == 0 || here.Hole != query.NoHole {
		t.Errorf("the reader's log: %+v, %+v", far, here)
	}
}

// A user's path may look like a role; whom a refusal is of stands behind it.
func TestRefusedRoleIsNotThePath(t *testing.T) {
	liar := fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDALIAR","arn":"arn:aws:iam::%s:user/%s/liar","accountId":%q,"accessKeyId":%q,"userName":"liar"}`, home, deployRole, home, malloryKey)
	message := "User: arn:aws:iam::" + home + ":user/" + deployRole + "/liar is not authorized to perform: sts:AssumeRole on resource: " + deployRole + "2"
	records := []string{record("n", "2026-05-04T11:31:00Z", "sts", "AssumeRole", home, liar, elsewhere, true, fmt.Sprintf(`,"errorCode":"AccessDenied","errorMessage":%q`, message))}
	if got := usageOf(t, records, query.Filter{}, query.Shared{ID: "d", RoleARN: deployRole, Owner: prod}); strings.Contains(got, "refused") {
		t.Errorf("a path is taken for a role:\n%s", got)
	}
}

// TestElsewhere: a session that was taken from another account than the grant's is
// told apart.
func TestElsewhere(t *testing.T) {
	const arn = "arn:aws:iam::999999999999:role/x"
	for _, tt := range []struct {
		g    query.Shared
		from string
		want bool
	}{
		{query.Shared{RoleARN: arn, To: home}, home, false},
		{query.Shared{RoleARN: arn, To: home}, prod, true},
		{query.Shared{RoleARN: arn, To: home}, "", false},
		{query.Shared{RoleARN: arn}, prod, false},
		{query.Shared{RoleARN: arn, To: "arn:aws:iam::" + home + ":user/kim"}, prod, true},
		{query.Shared{RoleARN: arn, To: "o-acme"}, prod, false},
		{query.Shared{RoleARN: arn, To: "o-acme", Members: []string{home}}, prod, true},
	} {
		if got := (&query.UsageLine{Grant: &tt.g, FromAccount: tt.from}).Elsewhere(); got != tt.want {
			t.Errorf("%+v from %s: %v", tt.g, tt.from, got)
		}
	}
}
