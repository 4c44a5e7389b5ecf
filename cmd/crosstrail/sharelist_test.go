package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestSharedFits: what is listed and planned has room on a terminal, but for a word
// that is longer, which stands whole.
func TestSharedFits(t *testing.T) {
	const role = "arn:aws:iam::333333333333:role/crosstrail/crosstrail-777777777777-p6ddkcksm33u"
	long := strings.Repeat("what is to be known before, ", 9)
	g := share.Grant{
		ID: "p6ddkcksm33u", To: "arn:aws:iam::777777777777:role/" + strings.Repeat("r", 40), Means: share.Role, Partition: "aws", Owner: "333333333333", Bucket: "acme-logs",
		Region: "us-east-1", Trail: "arn:aws:cloudtrail:us-east-1:333333333333:trail/main", Policy: share.ManagedReadOnly, Organization: "o-a1b2c3d4e5", ExternalID: strings.Repeat("e", 60), MFA: true, SessionName: "${aws:username}",
		Logs: share.Logs{Accounts: []string{"111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "666666666666", "777777777777"}}, Expires: time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC),
	}
	found := &share.Found{Grant: &g, Role: &share.RoleState{
		ARN: role, MaxSession: 3600, Tags: map[string]string{share.TagShut: "2026-03-03T12:00:00Z"},
		Trust: &policy.Document{Statements: []policy.Statement{{Effect: policy.Deny}}},
	}}
	var b strings.Builder
	p := told{&b, 80}
	p.grants([]*share.Found{found}, &share.Surroundings{}, g.Expires)
	p.ways([]share.Way{
		{To: role, Means: "key-grant", Resource: "arn:aws:kms:us-east-1:333333333333:key/1b2c3d4e-0000-4000-8000-000000000000", Sid: strings.Repeat("5", 64), Allows: []string{"Decrypt", "ReEncryptFrom"}},
		{To: "*", Means: "bucket-policy", Resource: "arn:aws:s3:::acme-logs", Sid: "Theirs", Allows: []string{"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"}, Limited: true},
	})
	p.plan(&share.Plan{
		Grant: &g, Why: long, Warnings: []share.Warning{{Code: "x", Text: long}}, Basis: strings.Repeat("0", 64),
		Documents: []share.Document{{Kind: share.ReaderDocument, Resource: "arn:aws:iam::777777777777:root"}, {Kind: share.TrustDocument, Resource: role}},
		Calls:     []share.Call{{Service: "iam", Operation: "AttachRolePolicy", Parameters: map[string]any{"RoleName": "crosstrail-777777777777-p6ddkcksm33u", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}},
	}, false)
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, "\n")
		if word := line[strings.LastIndexByte(line, ' ')+1:]; len(line) > 80 && len(word) < 50 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, want := range []string{
		"p6ddkcksm33u  777777777777  role  2026-03-03T13:05:00Z  revoking\n    reader arn:aws:iam::777777777777:role/rrrr",
		"ends as\n      UNTIL says\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	text := string(foundRow(found, "revoking").append(nil))
	for _, want := range []string{`"prefix":""`, `"state":"revoking","sessionsEnd":"2026-03-03T13:05:00Z"`} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
	b.Reset()
	if err := printList(&b, render.CSV, grantRow(&share.Grant{}, "", ""), []flat{grantRow(&share.Grant{}, "", "")}); err != nil || !strings.Contains(b.String(), "\n,,,,,,,") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestTemplateLeavesKey: what a template cannot do stands below its warning, to be read.
func TestTemplateLeavesKey(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:333333333333:key/1b2c3d4e-0000-4000-8000-000000000000"
	g := &share.Grant{ID: "p6ddkcksm33u", Means: share.BucketPolicy}
	after := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Sid: g.Sid("Decrypt"), Effect: policy.Allow, Action: policy.Strings{"kms:Decrypt"}, Resource: policy.Strings{"*"}}}}
	var stdout, stderr bytes.Buffer
	p := planning{ui: newTerminal(nil, &stdout, &stderr)}
	if err := p.print([]*share.Plan{{Grant: g, Documents: []share.Document{{Kind: share.KeyDocument, Resource: key, After: after}}}}, cloudFormation); err != nil {
		t.Fatal(err)
	}
	want := "warning: the policy of " + key + " is not in the template, as CloudFormation changes no key that it did not make: it has to be this\n  {\n    \"Version\": \"2012-10-17\",\n"
	if !strings.HasPrefix(stderr.String(), want) || strings.Contains(stdout.String(), "kms:Decrypt") {
		t.Errorf("%s%s", stderr.String(), stdout.String())
	}
}
