package query_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
)

const (
	vendor  = "777777777777"
	logs444 = "444444444444" // whose own log is here
)

// assumption is one AssumeRole into prod, and what is here of it.
type assumption struct {
	id, at, account, region string
	external                string
	role                    string // "": Deploy of prod
	event, log, ownLog      bool   // the caller's copy in a message, the owner's and the caller's in log files
	ownersEvent             bool   // the owner's copy in a message: its account sends too
}

func (a assumption) roleARN() string {
	if a.role != "" {
		return a.role
	}
	return deployRole
}

// copies are the records of both accounts: one requestID and sharedEventID, two eventIDs.
func (a assumption) copies() (callers, owners string) {
	key := "ASIAQQQQQQQQ" + fmt.Sprintf("%08X", sha256.Sum256([]byte(a.id)))[:8]
	more := assumed(a.roleARN(), "AROADEPLOY", "work", key, a.at) + fmt.Sprintf(`,"sharedEventID":"shared-%s","requestID":"req-%s"`, a.id, a.id)
	more = strings.Replace(more, `"roleSessionName"`, fmt.Sprintf(`"externalId":%q,"roleSessionName"`, a.external), 1)
	in := func(record string) string {
		return strings.ReplaceAll(record, `"awsRegion":"us-east-1"`, fmt.Sprintf(`"awsRegion":%q`, a.region))
	}
	who := strings.ReplaceAll(user("jsmith", "AIDAJSMITH", jsmithKey), home, a.account)
	callers = in(record(a.id, a.at, "sts", "AssumeRole", a.account, who, jsmithAddress, true, more))
	later := a.at // a second later, of every other
	if len(a.id)%2 == 1 {
		moment, _ := cloudtrail.ParseTime(a.at)
		later = (moment + 1).String()
	}
	owners = in(record(a.id+"-copy", later, "sts", "AssumeRole", prod, fmt.Sprintf(`{"type":"AWSAccount","principalId":"AIDAJSMITH","accountId":%q}`, a.account), jsmithAddress, true, more))
	return callers, owners
}

// arrival is one file that comes: of CloudTrail's, or a message.
type arrival struct{ name, body string }

func logOf(account, region, stamp string, n int, records ...string) arrival {
	return arrival{
		fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/05/04/%s_CloudTrail_%s_%s_%016d.json.gz", account, region, account, region, stamp, n),
		`{"Records":[` + strings.Join(records, ",") + `]}`,
	}
}

// message is what EventBridge sends: the record in its envelope.
func message(record, account, region string) arrival {
	body := fmt.Sprintf(`{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":%q,"time":"2026-05-04T10:00:00Z","region":%q,"resources":[],"detail":%s}`, account, region, record)
	return arrival{cloudtrail.InlineURI(sha256.Sum256([]byte(body))), body}
}

func arrived(t testing.TB, all []arrival) *memory.Store {
	t.Helper()
	store := memory.New()
	for _, a := range all {
		put(t, store, a.name, a.body)
	}
	if err := store.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// assumptions are a day's: each is told as its id says.
var assumptions = []assumption{
	{id: "both", at: "2026-05-04T10:00:00Z", account: home, region: "us-east-1", event: true, log: true},
	{id: "both-too", at: "2026-05-04T10:00:00Z", account: home, region: "us-east-1", event: true, log: true, external: "3414"},
	{id: "lost", at: "2026-05-04T10:01:00Z", account: home, region: "us-east-1", log: true, external: "3414"},
	{id: "lost-in-ireland", at: "2026-05-04T10:02:00Z", account: home, region: "eu-west-1", log: true, external: "3414"},
	{id: "pending", at: "2026-05-04T11:35:00Z", account: home, region: "us-east-1", event: true},
	{id: "unlogged", at: "2026-05-04T10:03:00Z", account: home, region: "us-east-1", event: true},
	{id: "uncollected", at: "2026-05-04T10:04:00Z", account: home, region: "ap-south-1", event: true},
	{id: "elsewhere", at: "2026-05-04T10:05:00Z", account: home, region: "us-east-1", event: true, role: "arn:aws:iam::333333333333:role/Deploy"},
	{id: "within", at: "2026-05-04T10:06:00Z", account: home, region: "us-east-1", event: true, role: "arn:aws:iam::" + home + ":role/Deploy"},
	{id: "vendors", at: "2026-05-04T10:07:00Z", account: vendor, region: "us-east-1", log: true},
	{id: "own", at: "2026-05-04T10:08:00Z", account: logs444, region: "us-east-1", event: true, log: true, ownLog: true},
	{id: "owners", at: "2026-05-04T10:10:00Z", account: home, region: "us-west-2", ownersEvent: true},
	{id: "global", at: "2026-05-04T10:09:00Z", account: home, region: "global", event: true, log: true},
}

// arrivals are the files that come of them, with so many records a log file.
func arrivals(all []assumption, perFile int) (files []arrival) {
	work := role("ci/Deploy", "AROADEPLOY", "work", workKey, "2026-05-04T09:00:00Z")
	for _, account := range []string{prod, logs444} { // whose logs begin before
		files = append(files, logOf(account, "us-east-1", "20260504T0950Z", 0, record("before-"+account, "2026-05-04T09:40:00Z", "s3", "ListBuckets", account, work, jsmithAddress, true, ``)))
	}
	logs := map[[2]string][]string{}
	for _, a := range all {
		callers, owners := a.copies()
		region := strings.Replace(a.region, "global", "us-east-1", 1)
		if a.event {
			files = append(files, message(callers, a.account, region))
		}
		if a.ownersEvent {
			files = append(files, message(owners, prod, region))
		}
		if a.log {
			logs[[2]string{prod, region}] = append(logs[[2]string{prod, region}], owners)
		}
		if a.ownLog {
			logs[[2]string{a.account, region}] = append(logs[[2]string{a.account, region}], callers)
		}
	}
	for at, records := range logs {
		for n := 0; len(records) > 0; n++ {
			some := min(perFile, len(records))
			files = append(files, logOf(at[0], at[1], "20260504T1140Z", 1000*perFile+n, records[:some]...))
			records = records[some:]
		}
	}
	return files
}

func forwardedText(t *testing.T, r query.Reader, o query.ForwardedOptions) string {
	t.Helper()
	a, err := query.Forwarded(t.Context(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range a.Lines {
		fmt.Fprint(&b, l.Account[:1], " ", l.Region)
		for _, c := range []struct {
			name string
			n    int
		}{{"both", l.Both}, {"lost", l.Lost}, {"unsure", l.Unsure}, {"others", l.Others}, {"pending", l.Pending}, {"unlogged", l.Unlogged}, {"uncollected", l.Uncollected}, {"within", l.Within}, {"own", l.Own}} {
			if c.n > 0 {
				fmt.Fprintf(&b, " %s=%d", c.name, c.n)
			}
		}
		for _, e := range l.Missing {
			fmt.Fprint(&b, " ", e.ID.Event, "@", e.ID.Recipient[:1], "(", e.ExternalID, ")")
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// What is told of each call is what is there of it, by account and region.
func TestForwardedTells(t *testing.T) {
	store := arrived(t, arrivals(assumptions, 1))
	at := func(text string) cloudtrail.Time { t, _ := cloudtrail.ParseTime(text); return t }
	for name, c := range map[string]struct {
		o    query.ForwardedOptions
		want string
	}{
		"all of it": {query.ForwardedOptions{}, `1 ap-south-1 uncollected=1
1 eu-west-1 lost=1 lost-in-ireland-copy@2(3414)
1 us-east-1 both=3 lost=1 pending=1 unlogged=1 uncollected=1 within=1 lost-copy@2(3414)
1 us-west-2 lost=1 owners-copy@2()
4 us-east-1 own=1
7 us-east-1 lost=1 vendors-copy@2()
`},
		"the vendor sends nothing": {query.ForwardedOptions{Sent: []query.Sent{{Accounts: []string{home}}}}, `1 ap-south-1 uncollected=1
1 eu-west-1 lost=1 lost-in-ireland-copy@2(3414)
1 us-east-1 both=3 lost=1 pending=1 unlogged=1 uncollected=1 within=1 lost-copy@2(3414)
1 us-west-2 lost=1 owners-copy@2()
4 us-east-1 own=1
7 us-east-1 others=1
`},
		"an external id that nobody showed, and a role": {query.ForwardedOptions{Sent: []query.Sent{{ExternalIDs: []string{"1"}}, {Roles: []string{deployRole}, ExternalIDs: []string{"341"}}}}, `1 ap-south-1 uncollected=1
1 eu-west-1 others=1
1 us-east-1 both=3 others=1 pending=1 unlogged=1 uncollected=1 within=1
1 us-west-2 others=1
4 us-east-1 own=1
7 us-east-1 others=1
`},
		"as somebody says": {query.ForwardedOptions{Sent: []query.Sent{{By: func(account string, copied *lineage.Fact) query.Taken {
			switch {
			case account == vendor:
				return query.NotTaken
			case copied.Region == "eu-west-1" && copied.Request.ExternalID == "3414":
				return query.PerhapsTaken
			}
			return query.SurelyTaken
		}}, {Accounts: []string{vendor}, By: func(string, *lineage.Fact) query.Taken { return query.NotTaken }}}}, `1 ap-south-1 uncollected=1
1 eu-west-1 unsure=1
1 us-east-1 both=3 lost=1 pending=1 unlogged=1 uncollected=1 within=1 lost-copy@2(3414)
1 us-west-2 lost=1 owners-copy@2()
4 us-east-1 own=1
7 us-east-1 others=1
`},
		"either of two": {query.ForwardedOptions{Since: at("2026-05-04T10:01:00Z"), Until: at("2026-05-04T10:02:01Z"), Sent: []query.Sent{{ExternalIDs: []string{"1"}}, {Roles: []string{deployRole}, ExternalIDs: []string{"1", "3414"}}}}, `1 eu-west-1 lost=1 lost-in-ireland-copy@2(3414)
1 us-east-1 lost=1 lost-copy@2(3414)
`},
	} {
		if diff := cmp.Diff(c.want, forwardedText(t, store, c.o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	a, err := query.Forwarded(t.Context(), store, query.ForwardedOptions{})
	if err != nil || a.Newest != at("2026-05-04T11:40:00Z") {
		t.Errorf("log files tell until %s: %v", a.Newest, err)
	}
	if l := a.Lines[2]; l.FirstEvent != at("2026-05-04T10:00:00Z") || l.LastEvent != at("2026-05-04T11:35:00Z") || l.FirstLogged != l.FirstEvent || l.LastLogged != at("2026-05-04T10:09:00Z") {
		t.Errorf("from %s to %s, logged from %s to %s", l.FirstEvent, l.LastEvent, l.FirstLogged, l.LastLogged)
	}
}

// In any order, cut into files otherwise, told twice: the answer is the same, and every
// call is counted once.
func TestForwardedIsOfASet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3414, 8))
	var all []assumption
	for i := range 800 { // of more records than are read for at once
		a := assumptions[rng.IntN(len(assumptions))]
		a.id = fmt.Sprint(a.id, i)
		a.at = fmt.Sprintf("2026-05-04T10:%02d:%02dZ", rng.IntN(60), rng.IntN(4))
		all = append(all, a)
	}
	store := arrived(t, arrivals(all, 100))
	whole, wantWhole := all, forwardedText(t, store, query.ForwardedOptions{})
	a, err := query.Forwarded(t.Context(), store, query.ForwardedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range a.Lines {
		n += l.Both + l.Lost + l.Unsure + l.Others + l.Pending + l.Unlogged + l.Uncollected + l.Within + l.Own
	}
	if n != len(all) {
		t.Fatalf("%d calls are told of, and there were %d:\n%s", n, len(all), wantWhole)
	}
	few := all[:40]
	wantFew := forwardedText(t, arrived(t, arrivals(few, 100)), query.ForwardedOptions{})
	for perFile := 1; perFile <= 8; perFile++ {
		all, want := few, wantFew
		if perFile == 8 {
			all, want = whole, wantWhole
		}
		mixed := append(arrivals(all, perFile), arrivals(all[:len(all)/4], perFile)...) // some again
		for range 40 {                                                                  // and in a message with other spaces
			f := mixed[rng.IntN(len(mixed))]
			if cloudtrail.IsInline(f.name) {
				f.body = strings.ReplaceAll(f.body, `"version":`, `"version" : `)
				f.name = cloudtrail.InlineURI(sha256.Sum256([]byte(f.body)))
				mixed = append(mixed, f)
			}
		}
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if diff := cmp.Diff(want, forwardedText(t, arrived(t, mixed), query.ForwardedOptions{})); diff != "" {
			t.Fatalf("%d records a file (-want +got):\n%s", perFile, diff)
		}
	}
}

// A log of the caller's own that begins later tells nothing of what was before.
func TestForwardedBeforeTheOwnLog(t *testing.T) {
	files := arrivals(assumptions, 1)
	work := role("ci/Deploy", "AROADEPLOY", "work", workKey, "2026-05-04T09:00:00Z")
	own := logOf(home, "us-east-1", "20260504T1145Z", 900, record("unrelated", "2026-05-04T11:40:00Z", "s3", "ListBuckets", home, work, jsmithAddress, true, ``))
	want := forwardedText(t, arrived(t, files), query.ForwardedOptions{})
	// One call was a quarter of an hour and less before its first file, which may have it.
	want = strings.Replace(want, " pending=1 unlogged=1 uncollected=1 within=1 ", " unlogged=1 uncollected=1 within=1 own=1 ", 1)
	if diff := cmp.Diff(want, forwardedText(t, arrived(t, append(files, own)), query.ForwardedOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
