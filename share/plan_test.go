package share_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

const (
	owner   = "111111111111"
	member  = "222222222222"
	outside = "333333333333"
	org     = "o-exampleorgid"
)

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// delivery is what CloudTrail needs to write, in somebody's own layout.
const delivery = `{"Version":"2012-10-17","Statement":[
  {"Sid":"AWSCloudTrailAclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::acme-logs",
   "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main"}}},
  {"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/audit/AWSLogs/*",
   "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main"}}}]}`

// surroundings are an organisation's log account.
func surroundings(t testing.TB, change ...func(*share.Surroundings)) *share.Surroundings {
	t.Helper()
	d, err := policy.Parse(delivery)
	if err != nil {
		t.Fatal(err)
	}
	s := &share.Surroundings{
		Caller:       share.Caller{Account: owner, ARN: "arn:aws:iam::" + owner + ":user/kim", Partition: "aws"},
		Trail:        share.Trail{ARN: "arn:aws:cloudtrail:us-east-1:" + owner + ":trail/main", Name: "main", Account: owner, Region: "us-east-1", Bucket: "acme-logs", Prefix: "audit"},
		Bucket:       share.Bucket{Name: "acme-logs", Account: owner, Region: "eu-west-1", Ownership: share.Enforced, Policy: d, Text: delivery, Folders: []string{owner, member}},
		Organization: &share.Organization{ID: org, Management: "999999999999", Members: []string{owner, member, "999999999999"}},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func writer(s *share.Surroundings) { s.Bucket.Ownership = share.Writer }
func alone(s *share.Surroundings)  { s.Organization = nil }
func orgTrail(s *share.Surroundings) {
	s.Trail.Organization, s.Bucket.Folders = true, []string{org + "/" + member}
}
func noTrail(s *share.Surroundings) { s.Trail = share.Trail{} }

func key(awsManaged bool, account, text string) func(*share.Surroundings) {
	return func(s *share.Surroundings) {
		k := share.Key{ARN: "arn:aws:kms:eu-west-1:" + account + ":key/k", Account: account, AWSManaged: awsManaged, Text: text}
		if text != "" {
			k.Policy, _ = policy.Parse(text)
		}
		s.Keys = append(s.Keys, k)
	}
}

const iamKey = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}]}`

func day(text string) share.Day {
	d, err := share.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

// TestMeans: by which means, and why not.
func TestMeans(t *testing.T) {
	prefix := func(s string) *string { return &s }
	for _, c := range []struct {
		name   string
		w      share.Want
		change []func(*share.Surroundings)
		means  share.Means // "" refused
		text   string      // in why, or in the refusal
	}{
		{"a member of an enforced bucket", share.Want{To: member}, nil, share.BucketPolicy, "owns every object"},
		{"a bucket that is not enforced", share.Want{To: member}, []func(*share.Surroundings){writer}, share.Role, "ObjectWriter"},
		{"not enforced, by its policy", share.Want{To: member, Via: share.BucketPolicy}, []func(*share.Surroundings){writer}, "", "objects may belong to other accounts"},
		{"an outsider without external id", share.Want{To: outside, Logs: share.Logs{All: true}}, nil, "", "external id"},
		{"an outsider", share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1"}, nil, share.Role, "no external id"},
		{"an outsider by the policy", share.Want{To: outside, ExternalID: "acme-1", Via: share.BucketPolicy}, nil, "", "external id"},
		{"an outsider's own log files", share.Want{To: outside}, nil, "", "external id"},
		{"own log files, no organisation", share.Want{To: outside}, []func(*share.Surroundings){alone}, share.BucketPolicy, ""},
		{"all log files, no organisation", share.Want{To: outside, Logs: share.Logs{All: true}}, []func(*share.Surroundings){alone}, "", "external id"},
		{"a member by role", share.Want{To: member, Via: share.Role}, nil, share.Role, "you said so"},
		{"a member with a session name", share.Want{To: member, SessionName: "audit"}, nil, share.Role, "only in a role"},
		{"a member, the seed's policy", share.Want{To: member, Policy: share.Seed}, nil, share.Role, "seed"},
		{"the seed's policy by bucket policy", share.Want{To: member, Policy: share.Seed, Via: share.BucketPolicy}, nil, "", "policy of a role"},
		{"Control Tower", share.Want{To: member}, []func(*share.Surroundings){func(s *share.Surroundings) { s.Bucket.Name = "aws-controltower-logs-111111111111-eu-west-1" }}, share.Role, "Control Tower"},
		{"an AWS managed key", share.Want{To: member}, []func(*share.Surroundings){key(true, owner, "")}, share.Role, "AWS managed key"},
		{"the organisation", share.Want{Organization: true}, nil, share.BucketPolicy, "every account"},
		{"the organisation by role", share.Want{Organization: true, Via: share.Role}, nil, "", "PrincipalAccount"},
		{"the organisation, all log files", share.Want{Organization: true, Logs: share.Logs{All: true}}, nil, "", "its own log files"},
		{"the organisation, not enforced", share.Want{Organization: true}, []func(*share.Surroundings){writer}, "", "objects may belong"},
		{"the organisation with an external id", share.Want{Organization: true, ExternalID: "abc"}, nil, "", "no external id"},
		{"the organisation with a session name", share.Want{Organization: true, SessionName: "abc"}, nil, "", "only in a role"},
		{"the organisation, the seed's policy", share.Want{Organization: true, Policy: share.Seed}, nil, "", "policy of a role"},
		{"a session name by bucket policy", share.Want{To: member, SessionName: "abc", Via: share.BucketPolicy}, nil, "", "only in a role"},
		{"a group", share.Want{To: "arn:aws:iam::222222222222:group/x"}, nil, "", "is a group"},
		{"no organisation", share.Want{Organization: true}, []func(*share.Surroundings){alone}, "", "no organisation"},
		{"a malformed account", share.Want{To: "22222222222"}, nil, "", "no account id"},
		{"a session", share.Want{To: "arn:aws:sts::222222222222:assumed-role/a/b"}, nil, "", "a session"},
		{"another partition", share.Want{To: "arn:aws-cn:iam::222222222222:role/a"}, nil, "", "partition"},
		{"the owner", share.Want{To: owner}, nil, "", "owns the bucket"},
		{"the right prefix", share.Want{To: member, Prefix: prefix("audit/")}, nil, share.BucketPolicy, ""},
		{"another prefix", share.Want{To: member, Prefix: prefix("logs")}, nil, "", `which is "audit"`},
		{"no prefix", share.Want{To: member, Prefix: prefix("")}, nil, "", `which is "audit"`},
		{"days the wrong way round", share.Want{To: member, Since: day("2026-02-01"), Until: day("2026-01-01")}, nil, "", "is before"},
		{"a past end", share.Want{To: member, Expires: now.Add(-time.Hour)}, nil, "", "is past"},
		{"somebody else's bucket", share.Want{To: member}, []func(*share.Surroundings){func(s *share.Surroundings) { s.Bucket.Account = "444444444444" }}, "", "belongs to account"},
		{"an external id of any length", share.Want{To: "arn:aws:iam::" + outside + ":role/" + strings.Repeat("p/", 250) + "r", ExternalID: strings.Repeat("x", 1224), Expires: now.Add(time.Hour), SessionName: strings.Repeat("y", 256)}, nil, "", "IAM takes 2048"},
		{"an external id that anybody shows", share.Want{To: outside, ExternalID: "${sts:ExternalId}"}, nil, "", "AWS takes no such value"},
		{"a session name that anybody gives", share.Want{To: member, SessionName: "${sts:RoleSessionName}"}, nil, "", "no session has such a name, or every one"},
		{"a session name of control signs", share.Want{To: member, SessionName: "a\x1b[31m"}, nil, "", `"a\x1b[31m"`},
		{"means of no kind", share.Want{To: member, Via: "mail"}, nil, "", "it is role or bucket-policy"},
		{"a breadth of no kind", share.Want{To: member, Policy: "all"}, nil, "", "it is one of minimal, seed"},
		{"two readers", share.Want{To: member, Organization: true}, nil, "", "for the organisation, and for"},
		{"an account of no form", share.Want{To: member, Logs: share.Logs{Accounts: []string{"*"}}}, nil, "", "not whose log files"},
		{"too many accounts", share.Want{To: outside, ExternalID: "acme-1", Logs: many(400)}, nil, "", "IAM takes 10240"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := share.NewPlan(c.w, surroundings(t, c.change...), nil, now)
			if err != nil {
				if _, ok := errors.AsType[*share.Refusal](err); !ok || c.means != "" || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if p.Grant.Means != c.means || !strings.Contains(p.Why, c.text) {
				t.Errorf("%s, because %s", p.Grant.Means, p.Why)
			}
		})
	}
}

func many(n int) share.Logs {
	var l share.Logs
	for i := range n {
		l.Accounts = append(l.Accounts, fmt.Sprintf("5%011d", i))
	}
	return l
}

// wants are all kinds of grants.
func wants() map[string]share.Want {
	external := share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme,1/a:b@c", Policy: share.Minimal}
	full := share.Want{
		To: "arn:aws:iam::333333333333:role/x+=,.@-/Audit", Logs: share.Logs{Accounts: []string{member, owner}}, ExternalID: "acme-1", MFA: true,
		Expires: now.AddDate(0, 1, 0), SessionName: "${aws:username}", Since: day("2026-01-15"), Until: day("2026-11-30"),
	}
	return map[string]share.Want{
		"member":       {To: member},
		"member role":  {To: member, Via: share.Role},
		"one role":     {To: "arn:aws:iam::222222222222:role/LogReader", Expires: now.AddDate(0, 1, 0), MFA: true, Since: day("2026-01-15")},
		"organisation": {Organization: true, Expires: now.AddDate(0, 1, 0)},
		"outsider":     external,
		"everything":   full,
		"seed":         {To: member, Policy: share.Seed, Expires: now.AddDate(0, 1, 0)},
		"managed":      {To: member, Policy: share.ManagedReadOnly, Expires: now.AddDate(0, 1, 0)},
	}
}

// TestRoundTrip: what a plan makes is read back as the grant that was wanted, and
// planned again there is nothing to do.
func TestRoundTrip(t *testing.T) {
	for name, w := range wants() {
		for kind, change := range map[string][]func(*share.Surroundings){
			"plain": nil, "organisation's trail": {orgTrail}, "no trail": {noTrail}, "key": {key(false, owner, iamKey)}, "closed key": {key(false, owner, `{"Statement":[]}`)}, "key elsewhere": {key(false, "444444444444", "")},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := surroundings(t, change...)
				p, err := share.NewPlan(w, s, nil, now)
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Calls) == 0 || p.Basis == "" {
					t.Error("nothing to do")
				}
				role := apply(t, p, s)
				found := share.Grants(s, slices.DeleteFunc([]*share.RoleState{role}, func(r *share.RoleState) bool { return r == nil }))
				if len(found) != 1 || found[0].Unclear != "" {
					t.Fatalf("%d: %+v", len(found), found[0])
				}
				got, want := text(t, found[0].Grant), text(t, p.Grant)
				if got != want || found[0].Grant.ExternalID != p.Grant.ExternalID {
					t.Errorf("it is read back as %s\nand was %s", got, want)
				}
				should, err := found[0].Should(s)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range should {
					if d.Kind != share.ReaderDocument && !policy.Equal(d.Before, d.After) {
						t.Errorf("%s is %s\nand should be %s", d.Kind, d.Before, d.After)
					}
				}
				again, err := share.NewPlan(w, s, role, now)
				if err != nil || len(again.Calls) > 0 {
					t.Errorf("again: %v %+v", err, again.Calls)
				}
			})
		}
	}
}

// apply does a plan's calls to what was read.
func apply(t *testing.T, p *share.Plan, s *share.Surroundings) *share.RoleState {
	t.Helper()
	var role *share.RoleState
	for _, c := range p.Calls {
		parsed := func(name string) *policy.Document {
			d, err := policy.Parse(c.Parameters[name].(string))
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		switch c.Operation {
		case "CreateRole":
			role = &share.RoleState{
				Name: c.Parameters["RoleName"].(string), Path: share.Path, ARN: p.Grant.RoleARN(), Trust: parsed("AssumeRolePolicyDocument"),
				Inline: map[string]*policy.Document{}, Tags: map[string]string{}, MaxSession: 3600,
			}
			for _, tag := range c.Parameters["Tags"].([]map[string]string) {
				if role.Tags[tag["Key"]] = tag["Value"]; len(tag["Value"]) > 256 {
					t.Errorf("tag %v", tag)
				}
			}
		case "PutRolePolicy":
			role.Inline[c.Parameters["PolicyName"].(string)] = parsed("PolicyDocument")
		case "AttachRolePolicy":
			role.Attached = append(role.Attached, c.Parameters["PolicyArn"].(string))
		case "PutBucketPolicy":
			s.Bucket.Policy, s.Bucket.Text = parsed("Policy"), c.Parameters["Policy"].(string)
			for _, kept := range []string{`"Sid":"AWSCloudTrailAclCheck"`, `"Sid":"AWSCloudTrailWrite"`} {
				if !strings.Contains(s.Bucket.Text, kept) {
					t.Errorf("%s is lost", kept)
				}
			}
		case "PutKeyPolicy":
			s.Keys[0].Policy = parsed("Policy")
		default:
			t.Fatalf("%s", c.Operation)
		}
	}
	return role
}

func text(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestRepair: what somebody changed is put right, and nothing else is touched.
func TestRepair(t *testing.T) {
	s := surroundings(t)
	w := share.Want{To: member, Via: share.Role, MFA: true}
	p, err := share.NewPlan(w, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	role := apply(t, p, s)
	role.Trust.Statements[0].Condition = nil
	role.Trust, _ = policy.Parse(strings.ReplaceAll(role.Trust.String(), `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, `"Bool":{}`))
	role.Inline["theirs"] = &policy.Document{}
	role.Tags["team"] = "x"
	again, err := share.NewPlan(w, s, role, now)
	if err != nil || len(again.Calls) != 1 || again.Calls[0].Operation != "UpdateAssumeRolePolicy" {
		t.Fatalf("%v %+v", err, again.Calls)
	}
	if again.Basis == p.Basis {
		t.Error("the basis is the same")
	}
	w.MFA = false
	if again, err = share.NewPlan(w, s, role, now); err != nil || len(again.Calls) != 1 || again.Calls[0].Operation != "TagRole" {
		t.Errorf("%v %+v", err, again.Calls)
	}
	role.Tags[share.TagGrant] = ""
	if _, err = share.NewPlan(w, s, role, now); err == nil {
		t.Error("somebody else's role is taken")
	}
}

// TestOldVersion: ${…} is text in a policy of 2008.
func TestOldVersion(t *testing.T) {
	old := func(text string) func(*share.Surroundings) {
		return func(s *share.Surroundings) { s.Bucket.Policy, _ = policy.Parse(text); s.Bucket.Text = text }
	}
	plain := `{"Version":"2008-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::acme-logs/x"}}`
	p, err := share.NewPlan(share.Want{Organization: true}, surroundings(t, old(plain)), nil, now)
	if err != nil || p.Documents[0].After.Version != policy.Version2012 {
		t.Errorf("%v", err)
	}
	if p, err = share.NewPlan(share.Want{To: member}, surroundings(t, old(plain)), nil, now); err != nil || p.Documents[0].After.Version != "2008-10-17" {
		t.Errorf("%v", err)
	}
	if _, err = share.NewPlan(share.Want{Organization: true}, surroundings(t, old(strings.ReplaceAll(plain, "/x", "/${aws:username}"))), nil, now); err == nil {
		t.Error("others' statements get another meaning")
	}
}
