package bucket_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestSpan tells how far a log reaches by a few lists, however long it is.
func TestSpan(t *testing.T) {
	aws := stack.Start(t)
	b := aws.Account(owner).Bucket(t, "trails")
	b.Put(t, objects(
		key("", orgID, member, "eu-west-1", "2024-12-31T23:55"), key("", orgID, member, "eu-west-1", "2025-01-01T00:05"),
		key("", orgID, member, "eu-west-1", "2026-03-05T09:00"), key("", orgID, member, "eu-west-1", "2026-03-05T10:00"),
		key("", orgID, member, "us-east-1", "2027-01-01T00:00"),
		digestKey("", orgID, member, "eu-west-1", "2028-01-01T00:00"),
	)...)
	for _, c := range []struct {
		under, account, region string
		first, newest          string
	}{
		{"", member, "eu-west-1", "2024-12-31T23:55", "2026-03-05T10:00"},
		{"AWSLogs/" + orgID + "/" + member + "/CloudTrail/eu-west-1/", member, "eu-west-1", "2024-12-31T23:55", "2026-03-05T10:00"},
		{"AWSLogs/" + orgID + "/" + member + "/CloudTrail/eu-west-1/2025/01/01/", member, "eu-west-1", "2025-01-01T00:05", "2025-01-01T00:05"},
		{"", member, "ap-south-1", "", ""},
		{"", owner, "eu-west-1", "", ""},
	} {
		l := open(t, aws.Account(owner).Config(), b.URI(c.under), bucket.Options{})
		before := l.Cost().Lists
		span, err := l.Span(t.Context(), c.account, c.region)
		if err != nil {
			t.Fatal(err)
		}
		first, newest := at("1970-01-01T00:00"), at("1970-01-01T00:00")
		if c.first != "" {
			first, newest = at(c.first), at(c.newest)
		}
		if span.First != first || span.Newest != newest {
			t.Errorf("%s in %s of %q: %s to %s", c.account, c.region, c.under, span.First, span.Newest)
		}
		if n := l.Cost().Lists - before; n > 6 {
			t.Errorf("%s in %s of %q: %d lists", c.account, c.region, c.under, n)
		}
	}
}
