package share_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

func parse(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const theirs = `{"Sid":"Mine", "Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::other/*"}`

// TestReadingIn: a statement is added, then replaced by its Sid; all others keep
// their bytes.
func TestReadingIn(t *testing.T) {
	s := around()
	g, _ := granted(t, share.Want{To: member, Via: share.Role}, s)
	byGrant, byARN := s.Reading(g, share.Scope{}), &share.Reading{RoleARN: g.RoleARN()}
	if byGrant.ID() != g.ID || byARN.ID() != g.ID {
		t.Errorf("the role's ARN tells the grant %s: %s, %s", g.ID, byGrant.ID(), byARN.ID())
	}
	before := parse(t, `{"Version":"2012-10-17","Statement":[`+theirs+`]}`)
	once, err := byGrant.In(before)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := byARN.In(once)
	if err != nil || twice.String() != once.String() {
		t.Errorf("%s\n%s, %v", once, twice, err)
	}
	want := `{"Version":"2012-10-17","Statement":[` + strings.ReplaceAll(theirs, ", ", ",") + `,{"Sid":"crosstrail` + g.ID + `Assume","Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + g.RoleARN() + `"}]}`
	if once.String() != want {
		t.Errorf("got  %s\nwant %s", once, want)
	}
}

// TestReadingOfBucket: of a grant by the bucket's policy the reader needs the same
// keys that are granted, and in an old document no variable is put.
func TestReadingOfBucket(t *testing.T) {
	s := around()
	s.Keys = []share.Key{{ARN: "arn:aws:kms:eu-west-1:" + owner + ":key/k", Account: owner}}
	s.Organization = &share.Organization{ID: "o-exampleorgid", Management: owner, Members: []string{member}}
	g, _, _, err := share.NewGrant(share.Want{Organization: true}, s)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Reading(g, s.Scope(g, share.Days))
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	text := r.Document().String()
	for _, part := range []string{"arn:aws:s3:::logs/AWSLogs/${aws:PrincipalAccount}/*", `"kms:ViaService":"s3.eu-west-1.amazonaws.com"`, `"s3:prefix":["AWSLogs/${aws:PrincipalAccount}/*","AWSLogs/${aws:PrincipalAccount}"]`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
	if _, err := r.In(parse(t, `{"Statement":[`+theirs+`]}`)); err == nil {
		t.Error("in a document of 2008 a variable is text")
	}
}

// TestReadingCheck: what came by mail is not believed.
func TestReadingCheck(t *testing.T) {
	good := share.Reading{Partition: "aws", Region: "eu-west-1", Bucket: "logs", List: []string{"AWSLogs/*"}, Get: []string{"AWSLogs/*"}, Keys: []string{"arn:aws:kms:eu-west-1:111111111111:key/k"}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(r *share.Reading){
		"all keys":         func(r *share.Reading) { r.Get = []string{"**"} },
		"any bucket":       func(r *share.Reading) { r.Bucket = "*" },
		"any path":         func(r *share.Reading) { r.Get = []string{"*a*"} },
		"any folder":       func(r *share.Reading) { r.List = []string{"*/AWSLogs/*"} },
		"any sign":         func(r *share.Reading) { r.Get = []string{"a?/AWSLogs/*"} },
		"all that begins":  func(r *share.Reading) { r.Get = []string{"AWSLogs*"} },
		"no log files":     func(r *share.Reading) { r.Get = []string{"payroll/*"} },
		"a variable":       func(r *share.Reading) { r.Get = []string{"${aws:username}/AWSLogs/*"} },
		"one behind":       func(r *share.Reading) { r.Get = []string{"AWSLogs/${s3:prefix}"} },
		"no id":            func(r *share.Reading) { r.GrantID = "\x1b[31m" },
		"a bucket and key": func(r *share.Reading) { r.Bucket = "logs/x" },
		"all KMS keys":     func(r *share.Reading) { r.Keys = []string{"arn:aws:kms:eu-west-1:111111111111:key/*"} },
		"no keys":          func(r *share.Reading) { r.List = nil },
		"control signs":    func(r *share.Reading) { r.Get = []string{"AWSLogs/\x1b[2J"} },
		"a partition":      func(r *share.Reading) { r.Partition = "aws:s3:::x" },
		"a region":         func(r *share.Reading) { r.Region = "*" },
		"any role":         func(r *share.Reading) { r.RoleARN = "arn:aws:iam::111111111111:role/*" },
		"a user":           func(r *share.Reading) { r.RoleARN = "arn:aws:iam::111111111111:user/kim" },
	} {
		r := good
		if spoil(&r); r.Check() == nil {
			t.Errorf("%s passed: %s", name, r.Document())
		}
	}
}

// TestReadingPatterns: all that our grants have passes.
func TestReadingPatterns(t *testing.T) {
	for name, w := range wants() {
		s := surroundings(t)
		p, err := share.NewPlan(w, s, nil, now)
		if err != nil {
			t.Fatal(name, err)
		}
		if err := s.Reading(p.Grant, s.Scope(p.Grant, share.Days)).Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := share.Reading{Partition: "aws", Region: "eu-west-1", Bucket: "logs", List: []string{"AWSLogs"}, Get: []string{"x${*}y/AWSLogs/o-exampleorgid/222222222222/CloudTrail*/*/2026/*"}}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// TestReadingFor: what is the reader's own no other account grants, and what is told
// beside the ARN of a role replaces nothing of another's.
func TestReadingFor(t *testing.T) {
	const ours = "arn:aws:iam::" + owner + ":role/crosstrail/crosstrail-" + member + "-aaaaaaaaaaaa"
	for _, r := range []*share.Reading{
		{RoleARN: "arn:aws:iam::" + member + ":role/Admin"},
		{Bucket: "logs", Keys: []string{"arn:aws:kms:eu-west-1:" + owner + ":key/k", "arn:aws:kms:eu-west-1:" + member + ":key/k"}},
	} {
		if err := r.CheckFor(member); err == nil || !strings.Contains(err.Error(), "of your own account") {
			t.Errorf("%+v: %v", r, err)
		}
		if err := r.CheckFor(outside); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for arn, text := range map[string]string{ours: "", "arn:aws:iam::" + owner + ":role/x": "is not named as crosstrail names", strings.Replace(ours, member, outside, 1): "is named for account " + outside} {
		if got := (&share.Reading{RoleARN: arn}).Doubt(member); (got == "") != (text == "") || !strings.Contains(got, text) {
			t.Errorf("%s: %s", arn, got)
		}
	}

	there, err := (&share.Reading{RoleARN: ours}).In(nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign := &share.Reading{RoleARN: "arn:aws:iam::999999999999:role/x", GrantID: "aaaaaaaaaaaa"}
	if after, err := foreign.In(there); err != nil || !strings.Contains(after.String(), ours) || foreign.ID() == foreign.GrantID {
		t.Errorf("another's statement went: %s, %v", after, err)
	}
	for name, r := range map[string]*share.Reading{
		"a role of the same end": {RoleARN: strings.Replace(ours, owner, "999999999999", 1)},
		"a bucket":               {Partition: "aws", Region: "eu-west-1", Bucket: "logs", List: []string{"AWSLogs"}, Get: []string{"AWSLogs/*"}, GrantID: "aaaaaaaaaaaa"},
	} {
		if after, err := r.In(there); err == nil || !strings.Contains(err.Error(), "statement crosstrailaaaaaaaaaaaaAssume would be replaced, and it is about something else: "+ours) {
			t.Errorf("%s: %s, %v", name, after, err)
		}
	}
}

func TestOtherRoles(t *testing.T) {
	const mine = "arn:aws:iam::111111111111:role/crosstrail/crosstrail-222222222222-aaaaaaaaaaaa"
	r := &share.Reading{RoleARN: mine}
	for statement, want := range map[string]string{
		`"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + mine + `"`:                                                                      "",
		`"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111111111111:role/crosstrail/b"`:                                       "arn:aws:iam::111111111111:role/crosstrail/b",
		`"Effect":"Allow","Action":"STS:assume*","Resource":["` + mine + `","arn:aws:iam::111111111111:role/*"]`:                                    "arn:aws:iam::111111111111:role/*",
		`"Effect":"Allow","Action":"*","Resource":"*"`:                                                                                              "*",
		`"Effect":"Allow","NotAction":"iam:*","Resource":"*"`:                                                                                       "*",
		`"Effect":"Allow","NotAction":["sts:*"],"Resource":"*"`:                                                                                     "",
		`"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"`:                                                                                  "",
		`"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/deploy"`:                                             "",
		`"Effect":"Allow","Action":"sts:AssumeRole","NotResource":"arn:aws:iam::222222222222:role/admin"`:                                           "all but arn:aws:iam::222222222222:role/admin",
		`"Sid":"crosstrailbbbbbbbbbbbbAssume","Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::333333333333:role/their-sharing"`: "arn:aws:iam::333333333333:role/their-sharing",
	} {
		if got := strings.Join(r.OtherRoles(parse(t, `{"Version":"2012-10-17","Statement":{`+statement+`}}`)), " "); got != want {
			t.Errorf("%s: got %q, want %q", statement, got, want)
		}
	}
}

// managed is a policy with n versions, of which one is the default. Each says
// something else.
func managed(t *testing.T, n, byDefault int) *share.Managed {
	m := &share.Managed{ARN: "arn:aws:iam::222222222222:policy/p", Name: "p"}
	for i := 1; i <= n; i++ {
		m.Versions = append(m.Versions, share.Version{
			ID: fmt.Sprint("v", i), Default: i == byDefault, Created: time.Unix(0, 0), // all of one second: their numbers tell
			Document: parse(t, fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b%d/*"}}`, i)),
		})
	}
	slices.Reverse(m.Versions) // as IAM lists them
	return m
}

func TestManagedVersions(t *testing.T) {
	wanted := (&share.Reading{RoleARN: "arn:aws:iam::111111111111:role/r"}).Document()
	for _, c := range []struct {
		name       string
		n, now     int
		setDefault bool
		wanted     *policy.Document
		want       []string
	}{
		{"room", 4, 4, false, wanted, []string{"CreatePolicyVersion"}},
		{"no room", 5, 5, true, wanted, []string{"DeletePolicyVersion v1", "CreatePolicyVersion"}},
		{"no room, and the oldest in force", 5, 1, true, wanted, []string{"DeletePolicyVersion v2", "CreatePolicyVersion"}},
		{"in force already", 5, 3, true, managed(t, 5, 3).Version("v3").Document, nil},
		{"there, not in force", 5, 3, false, managed(t, 5, 3).Version("v4").Document, nil},
		{"there, to be in force", 5, 3, true, managed(t, 5, 3).Version("v4").Document, []string{"SetDefaultPolicyVersion v4"}},
	} {
		e, err := managed(t, c.n, c.now).Write(c.wanted, c.setDefault)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for i, op := range operations(e.Calls) {
			got = append(got, strings.ReplaceAll(op, " arn:aws:iam::222222222222:policy/p", ""))
			if e.Calls[i].Operation == "CreatePolicyVersion" && e.Calls[i].Parameters["SetAsDefault"] != c.setDefault {
				t.Errorf("%s: %v", c.name, e.Calls[i].Parameters)
			}
		}
		same(t, got, c.want)
	}
	long := &policy.Document{Version: policy.Version2012}
	for i := range 60 {
		long.Statements = append(long.Statements, policy.Statement{Sid: fmt.Sprint("S", i), Effect: policy.Allow, Action: policy.Strings{"sts:AssumeRole"}, Resource: policy.Strings{fmt.Sprint("arn:aws:iam::111111111111:role/a-rather-long-name-", i)}})
	}
	if _, err := managed(t, 1, 1).Write(long, false); err == nil {
		t.Error("more than 6,144 characters")
	}
	if _, err := managed(t, 2, 1).Back("v3"); err == nil || !strings.Contains(err.Error(), "it has v1, v2") {
		t.Error(err)
	}
}

func TestParseHolder(t *testing.T) {
	for text, want := range map[string]string{
		"user/kim":         "user kim ",
		"role/team/reader": "role reader ",
		"arn:aws:iam::222222222222:user/staff/kim":          "user kim 222222222222",
		"arn:aws:sts::222222222222:assumed-role/reader/kim": "",
		"group/staff": "",
		"kim":         "",
		"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef": "",
	} {
		kind, name, account, err := share.ParseHolder(text)
		if got := kind + " " + name + " " + account; err == nil && got != want || err == nil != (want != "") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
}
