package share_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// state is a grant as AWS holds it.
type state struct {
	s    *share.Surroundings
	role *share.RoleState
}

func held(t *testing.T, w share.Want, change ...func(*share.Surroundings)) *state {
	t.Helper()
	s := surroundings(t, change...)
	p, err := share.NewPlan(w, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return &state{s, apply(t, p, s)}
}

func (a *state) replace(old, new string) {
	d := a.s.Bucket.Policy
	a.s.Bucket.Policy, _ = policy.Parse(strings.ReplaceAll(d.String(), old, new))
}

// more puts a statement beside the others of the bucket's policy.
func (a *state) more(t *testing.T, statement string) {
	d, err := policy.Parse(`{"Statement":` + statement + `}`)
	if err != nil {
		t.Fatal(err)
	}
	a.s.Bucket.Policy.Statements = append(a.s.Bucket.Policy.Statements, d.Statements...)
}

// TestFindings: what may be wrong beside documents that somebody widened.
func TestFindings(t *testing.T) {
	end := now.AddDate(0, 1, 0)
	role := share.Want{To: member, Via: share.Role, MFA: true, Expires: end}
	byPolicy := share.Want{To: "arn:aws:iam::" + member + ":role/LogReader", MFA: true, Expires: end}
	third := share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1"}
	for _, c := range []findingCase{
		{"nothing wrong", byPolicy, nil, ""},
		{"an account", role, nil, "note root"},
		{"no end, no MFA", share.Want{To: member, Via: share.Role}, nil, "note no-end,note no-mfa,note root"},
		{"ended", role, func(_ *testing.T, a *state) {
			a.role.Tags["crosstrail:expires"] = now.Add(-time.Hour).Format(time.RFC3339)
		}, "fault unclear,fault end,fault end,fault end,fault end,note expired,note root"},
		{"left the organisation", role, func(_ *testing.T, a *state) { a.s.Organization.Members = []string{owner} }, "fault left-organization,note root"},
		{"an outsider without external id", third, func(_ *testing.T, a *state) {
			delete(a.role.Tags, "crosstrail:external-id")
			a.role.Trust.Statements[0].Condition = nil
		}, "fault unclear,fault no-external-id,note no-end,note no-mfa,note root"},
		{"another external id", third, func(_ *testing.T, a *state) { a.role.Tags["crosstrail:external-id"] = "acme-2" }, "fault unclear,fault external-id,fault no-assume,note no-end,note no-mfa,note root"},
		{"the trail's prefix changed", role, func(_ *testing.T, a *state) { a.s.Trail.Prefix = "logs" }, "fault other-prefix,note root"},
		{"tags of another grant", role, func(_ *testing.T, a *state) { a.role.Tags["crosstrail:logs"] = "all" }, "fault stray-role"},
		{"another Sid's days", share.Want{To: byPolicy.To, MFA: true, Expires: end, Since: day("2026-01-01")}, func(_ *testing.T, a *state) { a.replace("GetSince20260101", "GetSince20270101") }, "fault unclear,fault other-days"},
		{"a statement is gone", byPolicy, func(_ *testing.T, a *state) {
			a.s.Bucket.Policy.Statements = a.s.Bucket.Policy.Statements[:3]
		}, "fault no-get"},
		{"a policy of 2008", share.Want{Organization: true, Expires: end, MFA: true}, func(_ *testing.T, a *state) { a.replace("2012-10-17", "2008-10-17") }, "old-version"},
		{"the reader's role named by others", role, func(t *testing.T, a *state) {
			a.more(t, `{"Effect":"Allow","Principal":{"AWS":"`+a.role.ARN+`"},"Action":"s3:*","Resource":"arn:aws:s3:::acme-logs/*"}`)
		}, "fault reads-more,note root"},
		{"no more than the grant, by others", byPolicy, func(t *testing.T, a *state) {
			a.more(t, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:role/LogReader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-logs/audit/AWSLogs/222222222222/x","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"}}}`)
		}, ""},
		{"the reader's account named by others", byPolicy, func(t *testing.T, a *state) {
			a.more(t, `{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-logs/*"}`)
		}, "fault reads-more"},
		{"a managed policy", role, func(_ *testing.T, a *state) {
			a.role.Attached = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
		}, "fault foreign-policy,note root"},
		{"a managed policy is gone", share.Want{To: member, Policy: share.ManagedReadOnly, MFA: true, Expires: end}, func(_ *testing.T, a *state) { a.role.Attached = nil }, "fault no-get,note root,note managed-policy"},
		{"an inline policy", role, func(t *testing.T, a *state) {
			a.role.Inline["more"], _ = policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}`)
		}, "fault foreign-policy,note root"},
		{"sessions cut off", role, func(t *testing.T, a *state) {
			a.role.Inline["AWSRevokeOlderSessions"], _ = policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-29T00:00:00Z"}}}}`)
		}, "note root,note sessions-revoked"},
		{"being taken back", role, func(_ *testing.T, a *state) {
			a.role.Trust, _ = policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}`)
			a.s.Trail.Prefix, a.s.Organization.Members, a.role.MaxSession = "logs", []string{owner}, 43200
		}, "fault left-organization,fault other-prefix,fault long-sessions,note shut"},
		{"long sessions, a boundary, a profile", role, func(_ *testing.T, a *state) {
			a.role.MaxSession, a.role.Boundary, a.role.Profiles = 43200, "arn:aws:iam::111111111111:policy/b", []string{"p"}
		}, "fault long-sessions,note root,note boundary,note instance-profile"},
	} {
		t.Run(c.name, c.run)
	}
}

// TestGone: of a statement that is not there it is not told how another one differs.
func TestGone(t *testing.T) {
	a := held(t, share.Want{To: member})
	a.s.Bucket.Policy.Statements = a.s.Bucket.Policy.Statements[:3]
	if got := faults(judged(t, a.s, a.role)); len(got) != 1 || !strings.HasSuffix(got[0].Text, ": there is no statement that allows s3:GetObject") {
		t.Error(brief(got))
	}
}

// TestShutOut: a Deny, whoever wrote it.
func TestShutOut(t *testing.T) {
	end := now.AddDate(0, 1, 0)
	role := share.Want{To: member, Via: share.Role, MFA: true, Expires: end}
	byPolicy := share.Want{To: "arn:aws:iam::" + member + ":role/LogReader", MFA: true, Expires: end}
	deny := func(rest string) string { return `{"Effect":"Deny","Principal":"*",` + rest + `}` }
	for _, c := range []findingCase{
		{"no TLS denied", byPolicy, func(t *testing.T, a *state) {
			a.more(t, deny(`"Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`))
		}, ""},
		{"all denied", byPolicy, func(t *testing.T, a *state) {
			a.more(t, deny(`"Action":"s3:Get*","Resource":"arn:aws:s3:::acme-logs/*"`))
		}, "fault shut-out"},
		{"denied to the role", role, func(t *testing.T, a *state) {
			a.more(t, deny(`"Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/kim"}}`))
		}, "fault shut-out,note root"},
		{"denied from elsewhere", byPolicy, func(t *testing.T, a *state) {
			a.more(t, deny(`"Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`))
		}, "note may-shut-out"},
		{"not denied to who is excepted", byPolicy, func(t *testing.T, a *state) {
			a.more(t, deny(`"Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/*"}}`))
		}, ""},
	} {
		t.Run(c.name, c.run)
	}
}

// findingCase is a grant, what somebody did to it, and what is found.
type findingCase struct {
	name   string
	w      share.Want
	change func(t *testing.T, a *state)
	want   string // level and code, with commas
}

func (c findingCase) run(t *testing.T) {
	a := held(t, c.w)
	if c.change != nil {
		c.change(t, a)
	}
	var got []string
	for _, f := range judged(t, a.s, a.role) {
		got = append(got, string(f.Level)+" "+f.Code)
		if f.Text == "" || f.Remedy == "" || f.Grant == "" || strings.Contains(c.want, "note shut") && !strings.HasPrefix(f.Remedy, "crosstrail share revoke "+f.Grant) {
			t.Errorf("%+v", f)
		}
	}
	if c.want == "old-version" {
		if !slices.Contains(got, "fault old-version") {
			t.Error(got)
		}
		return
	}
	if have := strings.Join(got, ","); have != c.want {
		t.Errorf("%s\nand not %s", have, c.want)
	}
}

// TestKeyFindings: what keeps a reader from decrypting.
func TestKeyFindings(t *testing.T) {
	w := share.Want{To: member, MFA: true, Expires: now.AddDate(0, 1, 0)}
	closed := key(false, owner, `{"Version":"2012-10-17","Statement":[]}`)
	a := held(t, w, closed)
	a.s.Keys[0].Policy, _ = policy.Parse(`{"Version":"2012-10-17","Statement":[]}`)
	if got := faults(judged(t, a.s, a.role)); len(got) != 1 || got[0].Code != "no-decrypt" || got[0].Kind != share.KeyDocument {
		t.Error(brief(got))
	}
	role := w
	role.Via = share.Role
	a = held(t, role, closed)
	a.s.Keys = append(a.s.Keys, share.Key{ARN: "arn:aws:kms:eu-west-1:" + owner + ":key/new", Account: owner})
	got := judged(t, a.s, a.role)
	if f := faults(got); len(f) != 1 || f[0].Code != "no-decrypt" || f[0].Kind != share.PermissionsDocument || !strings.Contains(brief(got), "key-unread") {
		t.Error(brief(got))
	}
	a = held(t, w)
	key(true, owner, "")(a.s)
	if got = faults(judged(t, a.s, a.role)); len(got) != 1 || got[0].Code != "aws-managed-key" {
		t.Error(brief(got))
	}
	a = held(t, role, key(false, owner, iamKey))
	a.s.Keys[0].Policy, _ = policy.Parse(strings.Replace(iamKey, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"},`, 1))
	if got = faults(judged(t, a.s, a.role)); len(got) != 1 || got[0].Code != "shut-out" || got[0].Index != 0 {
		t.Error(brief(got))
	}
}

// TestBucketFindings: other ways to read the bucket.
func TestBucketFindings(t *testing.T) {
	reads := func(principal, rest string) string {
		return `{"Sid":"x","Effect":"Allow","Principal":` + principal + `,"Action":["s3:Get*"],"Resource":"arn:aws:s3:::acme-logs/*"` + rest + `}`
	}
	for _, c := range []struct {
		name   string
		change func(t *testing.T, a *state)
		want   string
	}{
		{"nothing", func(*testing.T, *state) {}, ""},
		{"another account", func(t *testing.T, a *state) { a.more(t, reads(`{"AWS":"444444444444"}`, "")) }, "fault other-reader"},
		{"another account of the organisation", func(t *testing.T, a *state) { a.more(t, reads(`{"AWS":"`+member+`"}`, "")) }, "note other-reader"},
		{"another account, if it were of the organisation", func(t *testing.T, a *state) {
			a.more(t, reads(`{"AWS":"444444444444"}`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}`))
		}, "note other-reader"},
		{"another account, what is no log file", func(t *testing.T, a *state) {
			a.more(t, strings.Replace(reads(`{"AWS":"444444444444"}`, ""), "acme-logs/*", "acme-logs/reports/*", 1))
		}, "note other-reader"},
		{"one's own", func(t *testing.T, a *state) { a.more(t, reads(`{"AWS":"arn:aws:iam::111111111111:role/x"}`, "")) }, ""},
		{"everybody, kept out", func(t *testing.T, a *state) { a.more(t, reads(`"*"`, "")) }, "note public-blocked"},
		{"everybody", func(t *testing.T, a *state) { a.s.Bucket.Public = true; a.more(t, reads(`"*"`, "")) }, "fault public"},
		{"everybody but one", func(t *testing.T, a *state) {
			a.s.Bucket.Public = true
			a.more(t, strings.Replace(reads(`{"AWS":"444444444444"}`, ""), "Principal", "NotPrincipal", 1))
		}, "fault public"},
		{"everybody of an organisation", func(t *testing.T, a *state) {
			a.s.Bucket.Public = true
			a.more(t, reads(`"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-other"}}`))
		}, "fault other-reader"},
		{"everybody of one's own", func(t *testing.T, a *state) {
			a.s.Bucket.Public = true
			a.more(t, reads(`"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}`))
		}, "note other-reader"},
		{"everybody of another account", func(t *testing.T, a *state) {
			a.s.Bucket.Public = true
			a.more(t, reads(`"*"`, `,"Condition":{"StringEquals":{"aws:PrincipalAccount":["`+member+`","444444444444"]}}`))
		}, "fault other-reader"},
		{"everybody, with a condition that does not hold them", func(t *testing.T, a *state) {
			a.s.Bucket.Public = true
			for _, condition := range []string{`"StringLike":{"aws:PrincipalOrgID":"*"}`, `"StringEqualsIfExists":{"aws:SourceVpce":"x"}`, `"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, `"StringNotEquals":{"aws:PrincipalAccount":"444444444444"}`, `"StringEquals":{"s3:made-up":"x"}`} {
				a.more(t, reads(`"*"`, `,"Condition":{`+condition+`}`))
			}
		}, "fault public,fault public,fault public,fault public,fault public"},
		{"a confused deputy", func(t *testing.T, a *state) { a.replace(`"aws:SourceArn"`, `"aws:SourceVpc"`) }, "fault confused-deputy,fault confused-deputy"},
		{"ACLs", func(t *testing.T, a *state) {
			a.s.Bucket.Ownership = share.Writer
			a.s.Bucket.ACL = []share.ACLGrant{{"http://acs.amazonaws.com/groups/global/AllUsers", "READ"}, {"deadbeef", "READ"}}
		}, "fault public,note other-reader"},
		{"ACLs that are switched off", func(t *testing.T, a *state) {
			a.s.Bucket.ACL = []share.ACLGrant{{"http://acs.amazonaws.com/groups/global/AllUsers", "READ"}}
		}, ""},
		{"an access point", func(t *testing.T, a *state) {
			d, _ := policy.Parse(`{"Version":"2012-10-17","Statement":[` + reads(`{"AWS":"444444444444"}`, "") + `]}`)
			a.s.Bucket.AccessPoints = []share.AccessPoint{{Name: "p", ARN: "arn:aws:s3:eu-west-1:111111111111:accesspoint/p", Policy: d}, {Name: "none"}}
		}, "fault other-reader"},
		{"a key", func(t *testing.T, a *state) {
			key(false, owner, strings.Replace(iamKey, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":"444444444444"},"Action":"kms:*","Resource":"*"},`, 1))(a.s)
			a.s.Keys[0].Grants = []share.KeyGrant{{ID: "g", Grantee: "arn:aws:iam::444444444444:role/x", Operations: []string{"Decrypt"}}}
		}, "fault may-open,fault may-write,note other-reader,note key-grant"},
		{"what could not be read", func(t *testing.T, a *state) {
			a.s.Unread = []share.Unread{{Action: "s3:GetBucketAcl", Text: "AccessDenied", Refused: true}, {Action: "s3:ListAccessPoints", Text: "InvalidURI"}}
		}, "note not-read,note not-read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := held(t, share.Want{To: member})
			c.change(t, a)
			var got []string
			for _, f := range share.BucketFindings(a.s, share.Grants(a.s, nil)) {
				got = append(got, string(f.Level)+" "+f.Code)
				if f.Text == "" || f.Remedy == "" || f.Grant != "" || strings.Contains(f.Text, "InvalidURI") && strings.Contains(f.Text+f.Remedy, "refused") || strings.Contains(f.Text, "InvalidURI") == strings.Contains(f.Remedy, "run this with") && f.Code == "not-read" {
					t.Errorf("%+v", f)
				}
			}
			if have := strings.Join(got, ","); have != c.want {
				t.Errorf("%s\nand not %s", have, c.want)
			}
		})
	}
}

// TestUnseenTrail: what is to be added to a policy would stop the delivery of log
// files, were it made up.
func TestUnseenTrail(t *testing.T) {
	a := held(t, share.Want{To: member})
	a.replace(`"aws:SourceArn"`, `"aws:SourceVpc"`)
	a.s.Trail = share.Trail{}
	for _, f := range share.BucketFindings(a.s, share.Grants(a.s, nil)) {
		if f.Code == "confused-deputy" && (strings.Contains(f.Remedy, `""`) || !strings.Contains(f.Remedy, "the trail that writes here, which this account does not see")) {
			t.Error(f.Remedy)
		}
	}
}

// TestStray: a statement with the name of a grant that nobody found.
func TestStray(t *testing.T) {
	a := held(t, share.Want{To: member})
	if got := share.BucketFindings(a.s, nil); len(got) != 2 || got[0].Code != "stray-statement" || got[1].Level != share.Fault {
		t.Error(brief(got))
	}
}
