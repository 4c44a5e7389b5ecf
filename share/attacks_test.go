package share_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// policyOf reads one statement.
func policyOf(t testing.TB, statement string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
	if err != nil {
		t.Fatalf("%v: %s", err, statement)
	}
	return d
}

// codesOfAll are levels and codes, in order.
func codesOfAll(all []share.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, string(f.Level)+" "+f.Code)
	}
	return strings.Join(out, ",")
}

// TestDressed: a statement that seems to be limited, and lets everybody in.
func TestDressed(t *testing.T) {
	t.Parallel()
	narrow := map[string]string{
		`"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}`: "note other-reader", `"StringEquals":{"aws:PrincipalAccount":"` + member + `"}`: "note other-reader",
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::` + member + `:role/x"}`: "note other-reader", `"IpAddress":{"aws:SourceIp":["198.51.100.0/24","10.0.0.0/8"]}`: "note other-reader",
		`"StringEquals":{"aws:SourceVpce":"vpce-1"}`: "note other-reader", `"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:111111111111:accesspoint/*"}`: "note other-reader",
		`"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-exampleorgid/r-ab12/*"}`: "note other-reader", `"StringEquals":{"aws:PrincipalAccount":"444444444444"}`: "fault other-reader",
	}
	wide := []string{
		`"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}`, `"IpAddress":{"aws:SourceIp":["::/1","8000::/1"]}`, `"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}`,
		`"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalAccount}"}`, `"StringEquals":{"aws:PrincipalOrgID":"${aws:PrincipalOrgID}"}`,
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}`, `"StringLike":{"aws:PrincipalAccount":"????????????"}`, `"StringLike":{"aws:PrincipalAccount":["1*","2*"]}`,
		`"StringLike":{"aws:userid":"AROA*"}`, `"StringEquals":{"aws:username":"kim"}`, `"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-exampleorgid/r-ab12/"}`,
		`"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-ab12/*"}`, `"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:*:*:accesspoint/x"}`,
		`"Null":{"aws:PrincipalOrgID":"false"}`, `"Bool":{"aws:PrincipalOrgID":"false"}`, `"StringEquals":{"awſ:PrincipalOrgID":"o-exampleorgid"}`, `"Bool":{"aws:SecureTransport":"true"}`,
	}
	sevenths := []string{}
	for i := range 16 {
		sevenths = append(sevenths, `"`+string(rune('1'+i/9))+string(rune('0'+i%9))+`.0.0.0/8"`)
	}
	many := `"IpAddress":{"aws:SourceIp":[` + strings.Join(sevenths, ",") + `]}`
	judge := func(condition string, public bool) string {
		a := held(t, share.Want{To: member})
		a.s.Bucket.Public = public
		a.more(t, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-logs/*","Condition":{`+condition+`}}`)
		return codesOfAll(share.BucketFindings(a.s, share.Grants(a.s, nil)))
	}
	for condition, want := range narrow {
		if got := judge(condition, true); got != want {
			t.Errorf("%s: %q, not %q", condition, got, want)
		}
	}
	for _, condition := range append(wide, many) {
		if got := judge(condition, true); got != "fault public" {
			t.Errorf("%s: %q", condition, got)
		}
		want := "note public-blocked"
		if condition == many { // S3 looks at each range by itself
			want = "fault public"
		}
		if got := judge(condition, false); got != want {
			t.Errorf("%s, blocked: %q", condition, got)
		}
	}
}

// TestDeputy: which conditions hold CloudTrail to one's own trails.
func TestDeputy(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main"}`:                                                            "",
		`"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111111111111:trail/main"}`:                                                                         "",
		`"StringEquals":{"aws:SourceArn":["arn:aws:cloudtrail:us-east-1:111111111111:trail/main","arn:aws:cloudtrail:us-east-1:222222222222:trail/theirs"]}`: "",
		`"StringEquals":{"aws:SourceAccount":"222222222222"}`:                                                                                                "",
		`"StringEquals":{"aws:SourceOrgID":"o-exampleorgid"}`:                                                                                                "",
		`"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111111111111:trail/*"}`:                                                                            "note any-trail",
		`"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/*"}`:                                                                                       "fault confused-deputy",
		`"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/main"}`:                                                                                    "fault confused-deputy",
		`"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:11111111111?:trail/main"}`:                                                                         "fault confused-deputy",
		`"ArnLike":{"aws:SourceArn":["arn:aws:cloudtrail:*:111111111111:trail/main","arn:aws:cloudtrail:*"]}`:                                                "fault confused-deputy",
		`"StringEquals":{"aws:SourceArn":"${aws:SourceArn}"}`:                                                                                                "fault confused-deputy",
		`"StringEqualsIfExists":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main"}`:                                                    "fault confused-deputy",
		`"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:666666666666:trail/main"}`:                                                            "fault confused-deputy",
		`"StringLike":{"aws:SourceAccount":"*1"}`:                                                                                                            "fault confused-deputy",
		`"StringEquals":{"aws:SourceAccount":"666666666666"}`:                                                                                                "fault confused-deputy",
		`"StringEquals":{"aws:SourceOrgID":"o-otherorgidx"}`:                                                                                                 "fault confused-deputy",
		`"StringEquals":{"ſaws:SourceArn":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main"}`:                                                           "fault confused-deputy",
	} {
		a := held(t, share.Want{To: member})
		a.more(t, `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/*","Condition":{`+condition+`}}`)
		if got := codesOfAll(share.BucketFindings(a.s, share.Grants(a.s, nil))); got != want {
			t.Errorf("%s: %q, not %q", condition, got, want)
		}
		a.s.Organization = nil // and what is not known is not called a stranger's
		if strings.Contains(condition, "666666666666") {
			if got := codesOfAll(share.BucketFindings(a.s, share.Grants(a.s, nil))); got != "note other-trail" {
				t.Errorf("%s, no organisation seen: %q", condition, got)
			}
		}
	}
}

// TestPowers: who may open, forge or delete log files is named.
func TestPowers(t *testing.T) {
	t.Parallel()
	const stranger, all = `{"AWS":"444444444444"}`, `"*"`
	for _, c := range []struct{ who, actions, resource, want string }{
		{stranger, `"s3:PutObject"`, "/*", "fault may-write"},
		{stranger, `"s3:PutObject"`, "/audit/AWSLogs/111111111111/*", "fault may-write"},
		{stranger, `"s3:PutObject"`, "/reports/*", "note may-write"},
		{`{"AWS":"` + member + `"}`, `"s3:DeleteObject*"`, "/*", "fault may-write"},
		{all, `["s3:PutObject","s3:DeleteObject"]`, "/*", "fault may-write"},
		{all, `"s3:ReplicateObject"`, "/*", "fault may-write"},
		{`{"AWS":"arn:aws:iam::111111111111:role/x"}`, `"s3:*"`, "/*", ""},
		{`{"Service":"cloudtrail.amazonaws.com"}`, `"s3:PutObject"`, "/*", "fault confused-deputy"},
		{`{"Service":"cloudtrail.amazonaws.com"}`, `["s3:PutObject","s3:PutBucketPolicy"]`, "/*", "fault confused-deputy,fault may-open"},
		{`{"Service":["cloudtrail.amazonaws.com","config.amazonaws.com"]}`, `"s3:PutObject"`, "/*", "fault confused-deputy,note may-write"},
		{`{"Service":"config.amazonaws.com"}`, `"s3:PutObject"`, "/*", "note may-write"},
		{stranger, `"s3:PutBucketPolicy"`, "", "fault may-open"},
		{stranger, `"s3:DeleteBucketPolicy"`, "", "fault may-open"},
		{stranger, `"s3:PutBucketAcl"`, "", "fault may-open"},
		{stranger, `"s3:PutBucketOwnershipControls"`, "", "fault may-open"},
		{stranger, `"s3:PutBucketPublicAccessBlock"`, "", "fault may-open"},
		{stranger, `"s3:PutAccessPointPolicy"`, "", "fault may-open"},
		{stranger, `"s3:ObjectOwnerOverrideToBucketOwner"`, "/*", "fault may-open"},
		{stranger, `"s3:PutReplicationConfiguration"`, "", "fault may-open"},
		{stranger, `"s3:PutInventoryConfiguration"`, "", "fault may-open"},
		{stranger, `"s3:PutObjectAcl"`, "/*", "fault may-open"},
		{stranger, `"s3:PutLifecycleConfiguration"`, "", "fault may-write"},
		{stranger, `"s3:Put*"`, "/*", "fault may-open,fault may-write"},
		{stranger, `"s3:GetBucketLocation"`, "", ""},
	} {
		a := held(t, share.Want{To: member})
		a.s.Bucket.Public = true
		a.more(t, `{"Effect":"Allow","Principal":`+c.who+`,"Action":`+c.actions+`,"Resource":"arn:aws:s3:::acme-logs`+c.resource+`"}`)
		got := share.BucketFindings(a.s, share.Grants(a.s, nil))
		if codesOfAll(got) != c.want {
			t.Errorf("%s %s %s: %snot %s", c.who, c.actions, c.resource, brief(got)+"\n", c.want)
		}
	}
	own := `,"Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"}}`
	for _, c := range []struct{ who, actions, condition, want string }{
		{stranger, `"kms:ReEncrypt*"`, "", "note other-reader"},
		{stranger, `"kms:CreateGrant"`, "", "fault may-open"},
		{stranger, `"kms:PutKeyPolicy"`, "", "fault may-open"},
		{all, `"kms:ReEncryptFrom"`, "", "fault public"},
		{all, `["kms:Decrypt","kms:ReEncryptFrom"]`, own, "note other-reader"},
		{all, `"kms:CreateGrant"`, own, "note may-open"},
		{stranger, `"kms:ScheduleKeyDeletion"`, "", "fault may-write"},
		{stranger, `"kms:DescribeKey"`, "", ""},
	} {
		a := held(t, share.Want{To: member})
		key(false, owner, iamKey)(a.s)
		a.s.Keys[0].Policy = policyOf(t, `{"Effect":"Allow","Principal":`+c.who+`,"Action":`+c.actions+`,"Resource":"*"`+c.condition+`}`)
		if got := share.BucketFindings(a.s, share.Grants(a.s, nil)); codesOfAll(got) != c.want {
			t.Errorf("%s %s: %snot %s", c.who, c.actions, brief(got)+"\n", c.want)
		}
	}
	a := held(t, share.Want{To: member})
	key(false, owner, iamKey)(a.s)
	a.s.Keys[0].Grants = []share.KeyGrant{
		{ID: "a", Grantee: "arn:aws:iam::444444444444:role/x", Operations: []string{"CreateGrant"}},
		{ID: "b", Grantee: "arn:aws:iam::444444444444:role/x", Operations: []string{"ReEncryptFrom"}},
		{ID: "c", Grantee: "arn:aws:iam::111111111111:role/x", Operations: []string{"Decrypt", "CreateGrant"}},
	}
	if got := share.BucketFindings(a.s, share.Grants(a.s, nil)); codesOfAll(got) != "fault may-open,note key-grant,note key-grant" || !strings.Contains(brief(got), "kms:ReEncryptFrom") {
		t.Error(brief(got))
	}
	a.s.Keys, a.s.Bucket.Ownership = nil, share.Writer
	a.s.Bucket.ACL = []share.ACLGrant{{"deadbeef", "WRITE"}, {"deadbeef", "WRITE_ACP"}, {"http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE"}}
	if got := codesOfAll(share.BucketFindings(a.s, share.Grants(a.s, nil))); got != "fault may-write,fault may-open,note other-reader" {
		t.Error(got)
	}
}

// TestBorrowedNames: a statement with the name of a grant, where that grant has none.
func TestBorrowedNames(t *testing.T) {
	t.Parallel()
	a := held(t, share.Want{To: member}, key(false, owner, `{"Version":"2012-10-17","Statement":[]}`))
	id := share.Grants(a.s, nil)[0].Grant.ID
	a.s.Bucket.AccessPoints = []share.AccessPoint{{Name: "p", ARN: "arn:aws:s3:eu-west-1:111111111111:accesspoint/p"}}
	point, doc := &a.s.Bucket.AccessPoints[0].Policy, &a.s.Keys[0].Policy
	was := *doc
	for _, c := range []struct {
		name      string
		at        **policy.Document
		statement string
		bucket    string // what is found beside the grants
		ways      int
	}{
		{"an access point", point, `{"Sid":"crosstrail` + id + `Get","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`, "fault stray-statement", 1},
		{"a key, the name of a bucket's statement", doc, `{"Sid":"crosstrail` + id + `Get","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`, "fault stray-statement", 1},
		{"a key, another grant's", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":{"AWS":"444444444444"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`, "note other-grant", 0},
		{"a key, one's organisation's", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com","aws:PrincipalOrgID":"o-exampleorgid"}}}`, "note other-grant", 0},
		{"a key, another organisation's", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com","aws:PrincipalOrgID":"o-otherorgidx"}}}`, "fault stray-statement", 1},
		{"a key, not through S3", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":{"AWS":"444444444444"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringLike":{"kms:ViaService":"s3.*"}}}`, "fault stray-statement", 1},
		{"a key, a service", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`, "fault stray-statement", 1},
		{"a key, more", doc, `{"Sid":"crosstrailabcdefghijklDecrypt","Effect":"Allow","Principal":{"AWS":"444444444444"},"Action":["kms:Decrypt","kms:PutKeyPolicy"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`, "fault stray-statement", 1},
	} {
		*point, *doc = nil, was
		more := policyOf(t, c.statement)
		if c.at == doc {
			more.Statements = append(was.Statements[:len(was.Statements):len(was.Statements)], more.Statements...)
		}
		*c.at = more
		all := share.BucketFindings(a.s, share.Grants(a.s, nil))
		if got := codesOfAll(all); got != c.bucket || all[0].Remedy == "remove it" {
			t.Errorf("%s: %snot %s", c.name, brief(all)+"\n", c.bucket)
		}
		if got := a.s.Ways(); len(got) != c.ways {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestVacuous: what was meant holds nobody by itself, so that documents which are as
// meant hold nobody either. That the seal is broken as well is no more than a hint,
// for who can write the tags can write that.
func TestVacuous(t *testing.T) {
	t.Parallel()
	end := now.AddDate(0, 1, 0)
	third := share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1", MFA: true, Expires: end}
	named := func(name string) share.Want {
		w := third
		w.SessionName = name
		return w
	}
	tag := func(name, value, was, is string) func(*testing.T, *state) {
		return func(_ *testing.T, a *state) {
			a.role.Tags[name] = value
			a.role.Trust, _ = policy.Parse(strings.ReplaceAll(a.role.Trust.String(), was, is))
		}
	}
	for _, c := range []findingCase{
		{"the external id is itself", third, tag("crosstrail:external-id", "=24=7Bsts:ExternalId=7D", "acme-1", "${sts:ExternalId}"), "fault unclear,fault external-id,fault no-external-id,note root"},
		{"the external id is too short", third, tag("crosstrail:external-id", "a", "acme-1", "a"), "fault unclear,fault external-id,fault no-external-id,note root"},
		{"a session's user", named("${aws:username}"), nil, "note root"},
		{"a session's name is itself", named("${aws:username}"), tag("crosstrail:session-name", "=24=7BSTS:RoleSessionName=7D", "aws:username", "STS:RoleSessionName"), "fault unclear,fault session-name,note root"},
		{"a session's name is any", named("?*"), nil, "fault session-name,note root"},
		{"the organisation is itself", share.Want{To: member, Via: share.Role, MFA: true, Expires: end}, tag("crosstrail:organization", "=24=7Baws:PrincipalOrgID=7D", "o-exampleorgid", "${aws:PrincipalOrgID}"), "fault unclear,fault organization,fault organization,note root"},
		{"another organisation", share.Want{To: member, Via: share.Role, MFA: true, Expires: end}, tag("crosstrail:organization", "o-otherorgidx", "o-exampleorgid", "o-otherorgidx"), "fault unclear,fault organization,note root"},
		{"an outsider of another organisation", third, func(t *testing.T, a *state) {
			delete(a.role.Tags, "crosstrail:external-id")
			tag("crosstrail:organization", "o-otherorgidx", `"sts:ExternalId":"acme-1"`, `"aws:PrincipalOrgID":"o-otherorgidx"`)(t, a)
		}, "fault unclear,fault organization,fault no-external-id,note root"},
		{"an outsider of an organisation that cannot be seen", third, func(t *testing.T, a *state) {
			delete(a.role.Tags, "crosstrail:external-id")
			tag("crosstrail:organization", "o-otherorgidx", `"sts:ExternalId":"acme-1"`, `"aws:PrincipalOrgID":"o-otherorgidx"`)(t, a)
			a.s.Organization = nil
		}, "fault unclear,fault no-external-id,note root"},
		{"a member, where the members cannot be seen", share.Want{To: member, Logs: share.Logs{All: true}, Via: share.Role, MFA: true, Expires: end}, func(_ *testing.T, a *state) { a.s.Organization.Members = nil }, "note root,note membership-unknown"},
		{"the seed's", share.Want{To: member, Policy: share.Seed, MFA: true, Expires: end}, nil, "note root,note seed-policy"},
		{"AWS's own policy", share.Want{To: member, Policy: share.ManagedReadOnly, MFA: true, Expires: end}, nil, "note root,note managed-policy"},
		{"owned by who wrote it", share.Want{To: member, MFA: true, Expires: end}, func(_ *testing.T, a *state) { a.s.Bucket.Ownership = share.Writer }, "fault ownership,note root"},
		{"owned by who wrote it, a role", share.Want{To: member, Via: share.Role, MFA: true, Expires: end}, func(_ *testing.T, a *state) { a.s.Bucket.Ownership = share.Writer }, "note root"},
	} {
		t.Run(c.name, c.run)
	}
}
