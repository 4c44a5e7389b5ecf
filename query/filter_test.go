package query

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// The event that every filter is tried on: jsmith of account 111111111111, by
// two roles, wrote to a table in 222222222222.
func sampleLine() (*Row, *lineage.Chain) {
	row := &Row{
		Use: lineage.Use{
			ID:          cloudtrail.ID{Event: "e1", Recipient: "222222222222"},
			Time:        1_460_000_000,
			EventSource: "dynamodb.amazonaws.com",
			EventName:   "PutItem",
			Region:      "eu-west-1",
			SourceIP:    "192.0.2.7",
			UserAgent:   "aws-cli/2.1 Python/3.9",
			Caller: &lineage.Identity{
				Type: "AssumedRole", PrincipalID: "AROA2:jo@work", ARN: "arn:aws:sts::222222222222:assumed-role/Writer/jo@work",
				AccountID: "222222222222", AccessKeyID: "ASIAWRITER", Created: 1_459_888_800,
				IssuerType: "Role", IssuerPrincipal: "AROA2", IssuerARN: "arn:aws:iam::222222222222:role/app/Writer", IssuerAccount: "222222222222",
			},
		},
		ReadOnly:  cloudtrail.False,
		Resources: []string{"arn:aws:dynamodb:eu-west-1:222222222222:table/ledger"},
	}
	chain := &lineage.Chain{
		Evidence:     lineage.Strong,
		CrossAccount: true,
		Origin: &lineage.Origin{
			ID: "iam:111111111111:AIDA1", Kind: lineage.IAMUser, ARN: "arn:aws:iam::111111111111:user/staff/jsmith",
			PrincipalID: "AIDA1", AccountID: "111111111111", Name: "jsmith",
		},
		Hops: []lineage.Hop{
			{ID: "AROA1:hop@2016-04-05T20:00:00Z", RoleARN: "arn:aws:iam::333333333333:role/Hub", Account: "333333333333", CallerAccountID: "111111111111", Issuance: hubIssuance},
			{ID: "AROA2:jo@work@2016-04-05T20:40:00Z", RoleARN: "arn:aws:iam::222222222222:role/app/Writer", Account: "222222222222", CallerAccountID: "333333333333"},
		},
	}
	return row, chain
}

var hubIssuance = &lineage.Fact{Use: lineage.Use{Caller: &lineage.Identity{AccessKeyID: "AKIAJSMITH"}}, Grant: lineage.Grant{AccessKeyID: "ASIAHUB"}}

const sampleSession = "AROA2:jo@work@2016-04-05T20:40:00Z"

var filterCases = []struct {
	name string
	f    Filter
	want bool
}{
	{"nothing asked", Filter{}, true},
	{"since, the very second", Filter{Since: 1_460_000_000}, true},
	{"since, later", Filter{Since: 1_460_000_001}, false},
	{"until, the very second", Filter{Until: 1_460_000_000}, true},
	{"until, earlier", Filter{Until: 1_459_999_999}, false},
	{"origin by id", Filter{Origins: []string{"iam:111111111111:AIDA1"}}, true},
	{"origin by ARN", Filter{Origins: []string{"arn:aws:iam::111111111111:user/staff/jsmith"}}, true},
	{"origin by unique id", Filter{Origins: []string{"AIDA1"}}, true},
	{"origin by name, whatever its case", Filter{Origins: []string{"nobody", "JSmith"}}, true},
	{"origin by part of a name", Filter{Origins: []string{"smith"}}, false},
	{"an empty origin", Filter{Origins: []string{""}}, false},
	{"kind", Filter{Kinds: []string{"iamuser"}}, true},
	{"another kind", Filter{Kinds: []string{"Root"}}, false},
	{"role by name", Filter{Roles: []string{"Writer"}}, true},
	{"role by path and name", Filter{Roles: []string{"app/Writer"}}, true},
	{"role by type, path and name", Filter{Roles: []string{"role/app/Writer"}}, true},
	{"role by ARN", Filter{Roles: []string{"arn:aws:iam::222222222222:role/app/Writer"}}, true},
	{"role by the session's ARN, which has no path", Filter{Roles: []string{"arn:aws:sts::222222222222:assumed-role/Writer/x"}}, true},
	{"first role of the chain", Filter{Roles: []string{"Hub"}}, true},
	{"role of another account", Filter{Roles: []string{"arn:aws:iam::444444444444:role/app/Writer"}}, false},
	{"part of a role's name", Filter{Roles: []string{"riter"}}, false},
	{"account", Filter{Accounts: []string{"222222222222"}}, true},
	{"account it only came from", Filter{Accounts: []string{"111111111111"}}, false},
	{"from the origin's account", Filter{FromAccounts: []string{"111111111111"}}, true},
	{"from an account on the way", Filter{FromAccounts: []string{"333333333333"}}, true},
	{"from the account it happened in", Filter{FromAccounts: []string{"222222222222"}}, false},
	{"region", Filter{Regions: []string{"us-east-1", "eu-west-1"}}, true},
	{"another region", Filter{Regions: []string{"us-east-1"}}, false},
	{"key", Filter{Keys: []string{"ASIAWRITER"}}, true},
	{"key that its session was issued with", Filter{Keys: []string{"ASIAHUB"}}, true},
	{"key that began it", Filter{Keys: []string{"AKIAJSMITH"}}, true},
	{"another key", Filter{Keys: []string{"ASIAOTHER"}}, false},
	{"session by id", Filter{Sessions: []string{sampleSession}}, true},
	{"session by name, which holds an @", Filter{Sessions: []string{"jo@work"}}, true},
	{"session by ARN", Filter{Sessions: []string{"arn:aws:sts::222222222222:assumed-role/Writer/jo@work"}}, true},
	{"another session of that name", Filter{Sessions: []string{"AROA2:jo@work@2016-04-06T20:39:37Z"}}, false},
	{"event name", Filter{EventNames: []string{"PutItem"}}, true},
	{"event name, whatever its case", Filter{EventNames: []string{"putitem"}}, true},
	{"another event name", Filter{EventNames: []string{"GetItem"}}, false},
	{"event source", Filter{EventSources: []string{"dynamodb.amazonaws.com"}}, true},
	{"event source in short", Filter{EventSources: []string{"dynamodb"}}, true},
	{"another event source", Filter{EventSources: []string{"s3"}}, false},
	{"address", Filter{IPs: []string{"192.0.2.7"}}, true},
	{"address as IPv6 writes it", Filter{IPs: []string{"::ffff:192.0.2.7"}}, true},
	{"range", Filter{IPs: []string{"198.51.100.0/24", "192.0.2.0/24"}}, true},
	{"another range", Filter{IPs: []string{"192.0.3.0/24"}}, false},
	{"user agent", Filter{UserAgents: []string{"aws-cli"}}, true},
	{"another user agent", Filter{UserAgents: []string{"Boto3"}}, false},
	{"evidence, that good", Filter{Evidence: lineage.Strong}, true},
	{"evidence, at least worse", Filter{Evidence: lineage.Claimed}, true},
	{"evidence, better", Filter{Evidence: lineage.Exact}, false},
	{"cross-account", Filter{CrossAccount: true}, true},
	{"writes", Filter{Writes: true}, true},
	{"errors", Filter{Errors: true}, false},
	{"two that fit", Filter{Writes: true, Regions: []string{"eu-west-1"}}, true},
	{"two of which one fits", Filter{Writes: true, Regions: []string{"us-east-1"}}, false},
	{"not of this grade", Filter{Not: []Filter{{Evidence: lineage.Strong}}}, false},
	{"not of a worse grade", Filter{Not: []Filter{{Evidence: lineage.Unresolved}}}, true},
	{"not of a better grade", Filter{Not: []Filter{{Evidence: lineage.Exact}}}, true},
	{"not this event name", Filter{Not: []Filter{{EventNames: []string{"PutItem"}}}}, false},
	{"not another event name", Filter{Not: []Filter{{EventNames: []string{"GetItem"}}}}, true},
	{"not this origin", Filter{Not: []Filter{{Origins: []string{"jsmith"}}}}, false},
	{"not another origin", Filter{Not: []Filter{{Origins: []string{"jdoe"}}}}, true},
	{"not writes", Filter{Not: []Filter{{Writes: true}}}, false},
	{"not this and another", Filter{Not: []Filter{{Writes: true, EventNames: []string{"GetItem"}}}}, true},
	{"neither of two", Filter{Not: []Filter{{EventNames: []string{"GetItem"}}, {Origins: []string{"jsmith"}}}}, false},
	{"third party", Filter{ThirdParty: true}, true},
	{"third party, unless the account is one's own", Filter{ThirdParty: true, OwnAccounts: []string{"111111111111", "333333333333"}}, false},
	{"resource of the row", Filter{Resources: []string{"table/ledger"}}, true},
	{"not that resource", Filter{Not: []Filter{{Resources: []string{"ledger"}}}}, false},
}

func TestFilters(t *testing.T) {
	sampleRow, _ := sampleLine()
	if got := sampleRow.Caller.SessionID(); got != sampleSession {
		t.Fatalf("the sample's session is %s", got)
	}
	for _, tt := range filterCases {
		t.Run(tt.name, func(t *testing.T) {
			if got := passes(t, tt.f, `{}`); got != tt.want {
				t.Errorf("passes = %v, want %v", got, tt.want)
			}
		})
	}
}

// passes puts the sample through all stages of a filter; raw is its record.
func passes(t *testing.T, f Filter, raw string) bool {
	t.Helper()
	r := rawReader{raw: raw, files: []cloudtrail.LogFile{{URI: "f", Account: "222222222222"}}}
	own, err := ownAccounts(t.Context(), r, &f)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMatcher(&f, own)
	if err != nil {
		t.Fatal(err)
	}
	row, chain := sampleLine()
	if !m.row(row) || !m.chain(row, chain) {
		return false
	}
	ok, err := m.record(t.Context(), r, row, chain)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// rawReader holds one raw record and the names of the log files.
type rawReader struct {
	raw   string
	files []cloudtrail.LogFile
}

var errNotAsked = errors.New("the test does not expect this to be read")

func (r rawReader) Rows(context.Context, Selection) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) { yield(nil, errNotAsked) }
}

func (r rawReader) LogFiles(context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	return func(yield func(cloudtrail.LogFile, error) bool) {
		for _, f := range r.files {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func (r rawReader) Lack(context.Context) (Lack, error) { return Lack{}, nil }

func (r rawReader) Integrity(context.Context, string) (cloudtrail.Integrity, error) { return "", nil }

func (r rawReader) Sealed(context.Context) ([]Sealed, error) { return nil, nil }

func (r rawReader) Spans(ctx context.Context) ([]lineage.Span, error) {
	return lineage.Spans(r.LogFiles(ctx))
}

func (r rawReader) Tallies(context.Context, Selection) iter.Seq2[*Tally, error] {
	return func(yield func(*Tally, error) bool) { yield(nil, errNotAsked) }
}

func (r rawReader) Accounts(context.Context) ([]string, error) {
	row, _ := sampleLine()
	return []string{row.ID.Recipient}, nil
}

func (r rawReader) Raw(context.Context, lineage.Location) ([]byte, error) { return []byte(r.raw), nil }

func (r rawReader) Facts(context.Context, []lineage.Key, cloudtrail.Time, cloudtrail.Time) ([]*lineage.Fact, error) {
	return nil, errNotAsked
}

func (r rawReader) Uses(context.Context, string, cloudtrail.Time, cloudtrail.Time) ([]lineage.Use, error) {
	return nil, errNotAsked
}

func TestResourceInTheRecord(t *testing.T) {
	const raw = `{"eventName":"PutItem","eventSource":"dynamodb.amazonaws.com",
		"requestParameters":{"tableName":"audit","items":[{"target":"arn:aws:s3:::acme-logs/2024/x.gz"}],"note":"see \"big\" plan"},
		"responseElements":{"stream":{"arn":"arn:aws:dynamodb:eu-west-1:222222222222:table/audit/stream/1"},"sessionToken":"secret-part"},
		"resources":[{"ARN":"arn:aws:dynamodb:eu-west-1:222222222222:table/ledger"}]}`
	for asked, want := range map[string]bool{
		"table/ledger":           true,
		"table/audit":            true, // requested, beside resources
		"audit":                  true,
		"acme-logs":              true, // deep in the request
		"arn:aws:s3:::acme-logs": true,
		"arn:aws:dynamodb:eu-west-1:222222222222:table/audit": true, // in the response
		"acme":         false,
		"acme-log":     false,
		"secret-part":  false, // a session token is never looked at
		"tableName":    false, // a member's name is no value
		"222222222222": false,
	} {
		t.Run(asked, func(t *testing.T) {
			if got := passes(t, Filter{Resources: []string{asked}}, raw); got != want {
				t.Errorf("--resource %s matches: %v, want %v", asked, got, want)
			}
			if got := passes(t, Filter{Not: []Filter{{Resources: []string{asked}}}}, raw); got == want {
				t.Errorf("--not resource=%s passes: %v, want %v", asked, got, !want)
			}
		})
	}
}

func TestFilterCheck(t *testing.T) {
	for name, f := range map[string]Filter{
		"range":          {IPs: []string{"192.0.2.0/33"}},
		"kind":           {Kinds: []string{"Person"}},
		"limit":          {Limit: -1},
		"within another": {Not: []Filter{{Kinds: []string{"Person"}}}},
	} {
		if f.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := (&Filter{IPs: []string{"AWS Internal", "192.0.2.0/24"}, Kinds: []string{"AWSService"}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestIsWrite(t *testing.T) {
	for _, tt := range []struct {
		event string
		mark  cloudtrail.Bool
		want  bool
	}{
		{"PutItem", cloudtrail.False, true},
		{"GetItem", cloudtrail.False, true}, // AWS knows better than the name
		{"DeleteItem", cloudtrail.True, false},
		{"AssumeRole", cloudtrail.True, false},
		{"ListBuckets", cloudtrail.Absent, false},
		{"DeleteBucket", cloudtrail.Absent, true},
		{"", cloudtrail.Absent, true},
	} {
		row := Row{Use: lineage.Use{EventName: tt.event}, ReadOnly: tt.mark}
		if got := row.IsWrite(); got != tt.want {
			t.Errorf("%s, readOnly %d: IsWrite = %v, want %v", tt.event, tt.mark, got, tt.want)
		}
	}
}
