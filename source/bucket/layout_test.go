package bucket_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestLayouts opens one bucket at every height, and holds what is listed to what
// is there.
func TestLayouts(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	const other = "222222222222"
	inOrg := key("", orgID, member, "us-east-1", "2026-03-05T12:03")
	inOrgElsewhere := key("", orgID, member, "eu-west-1", "2026-03-05T12:03")
	ofOther := key("", orgID, other, "us-east-1", "2026-03-06T00:01")
	own := key("", "", member, "us-east-1", "2026-03-05T12:04")
	nested := key("AWSLogs/old/", "", other, "us-east-1", "2025-01-01T00:00")
	deep := key("team/a b+c/", "", other, "us-east-1", "2026-03-05T12:03")
	digest := digestKey("", orgID, member, "us-east-1", "2026-03-05T13:00")
	b.Put(t, objects(inOrg, inOrgElsewhere, ofOther, own, nested, deep, digest,
		"AWSLogs/"+member+"/elasticloadbalancing/us-east-1/2026/03/05/x.log.gz",
		"plain/one.json.gz", "plain/two/three.jsonl", "plain/picture.png", "plain/new\nline.json.gz", "AWSLogs-old/x.json.gz")...)
	cfg := stand.Account(owner).Config()
	all := []string{inOrg, inOrgElsewhere, ofOther, own, nested, deep}
	for _, c := range []struct {
		name, prefix string
		windows      []source.Window
		want         []string
	}{
		{"the bucket", "", nil, all},
		{"AWSLogs", "AWSLogs/", nil, []string{inOrg, inOrgElsewhere, ofOther, own, nested}},
		{"without its slash", "AWSLogs", nil, []string{inOrg, inOrgElsewhere, ofOther, own, nested}},
		{"an organisation", "AWSLogs/" + orgID, nil, []string{inOrg, inOrgElsewhere, ofOther}},
		{"an account of it", "AWSLogs/" + orgID + "/" + member, nil, []string{inOrg, inOrgElsewhere}},
		{"its logs", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/", nil, []string{inOrg, inOrgElsewhere}},
		{"a region", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/us-east-1", nil, []string{inOrg}},
		{"a year", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/us-east-1/2026", nil, []string{inOrg}},
		{"a day", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/us-east-1/2026/03/05/", nil, []string{inOrg}},
		{"a day of another window", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/us-east-1/2026/03/05/", []source.Window{{Since: at("2026-03-07T00:00")}}, nil},
		{"the beginning of names", strings.TrimSuffix(inOrg, "3Z_0000000069a970b4.json.gz"), nil, []string{inOrg}},
		{"one object", inOrg, nil, []string{inOrg}},
		{"a prefix that has AWSLogs itself", "AWSLogs/old", nil, []string{nested}},
		{"a prefix with odd signs", "team/a b+c", nil, []string{deep}},
		{"above that", "team/", nil, []string{deep}},
		{"plain files", "plain", nil, []string{"plain/new\nline.json.gz", "plain/one.json.gz", "plain/picture.png", "plain/two/three.jsonl"}},
		{"digests asked for as log files", "AWSLogs/" + orgID + "/" + member + "/CloudTrail-Digest/", nil, []string{digest}},
		{"one account", "", []source.Window{{Account: member}}, []string{inOrg, inOrgElsewhere, own}},
		{"one region", "", []source.Window{{Region: "us-east-1"}}, []string{inOrg, ofOther, own, nested, deep}},
		{"an account in a region", "", []source.Window{{Account: member, Region: "eu-west-1"}}, []string{inOrgElsewhere}},
		{"some minutes", "", []source.Window{{Since: at("2026-03-05T12:00"), Until: at("2026-03-05T12:01")}}, []string{inOrg, inOrgElsewhere, own, deep}},
		{"the evening before", "", []source.Window{{Account: other, Since: at("2026-03-05T23:58"), Until: at("2026-03-05T23:59")}}, []string{ofOther}},
		{"windows that overlap", "", []source.Window{{Account: member}, {Account: member, Region: "us-east-1"}, {Account: member, Since: at("2026-03-05T00:00")}}, []string{inOrg, inOrgElsewhere, own}},
		{"too early", "", []source.Window{{Since: at("2026-03-01T00:00"), Until: at("2026-03-05T11:00")}}, nil},
		{"a window of plain files", "plain", []source.Window{{Account: member}}, []string{"plain/new\nline.json.gz", "plain/one.json.gz", "plain/picture.png", "plain/two/three.jsonl"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, cfg, b.URI(c.prefix), bucket.Options{})
			if diff := cmp.Diff(sorted(c.want), keys(t, l, c.windows...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	told(t, open(t, cfg, b.URI(""), bucket.Options{}), other)
	digests(t, cfg, b, digest)
}

func told(t *testing.T, l *bucket.Log, other string) {
	t.Helper()
	accounts, err := l.Accounts(t.Context())
	if diff := cmp.Diff([]string{member, other}, accounts); diff != "" || err != nil {
		t.Error(diff, err)
	}
	regions, err := l.Regions(t.Context(), member)
	if diff := cmp.Diff([]string{"eu-west-1", "us-east-1"}, regions); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// digests are found from where the log files are too.
func digests(t *testing.T, cfg aws.Config, b *awstest.Bucket, want string) {
	t.Helper()
	in := "AWSLogs/" + orgID + "/" + member
	for _, prefix := range []string{"", in + "/CloudTrail/", in + "/CloudTrail/us-east-1/2026/03/", in + "/CloudTrail-Digest/"} {
		l := open(t, cfg, b.URI(prefix), bucket.Options{})
		var got []string
		for o, err := range l.Digests(t.Context(), source.Window{Account: member, Since: at("2026-03-05T12:10"), Until: at("2026-03-05T12:20")}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Key)
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Error(prefix, diff)
		}
	}
}
