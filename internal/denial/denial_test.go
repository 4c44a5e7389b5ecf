package denial_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// TestParse: the words of services that word it each in its own way.
func TestParse(t *testing.T) {
	const who, bucket = "arn:aws:iam::111111111111:user/kim", "arn:aws:s3:::logs"
	const locked = "with an explicit deny in a service control policy"
	for message, want := range map[string]denial.Denial{
		"User: " + who + " is not authorized to perform: s3:PutBucketPolicy on resource: \"" + bucket + "\" " + locked:                         {who, "s3:PutBucketPolicy", bucket, locked},
		"User: " + who + " is not authorized to perform: s3:ListBucket on resource: " + bucket + " because no identity-based policy allows it": {who, "s3:ListBucket", bucket, "because no identity-based policy allows it"},
		"User: " + who + " is not authorized to perform: cloudtrail:DescribeTrails because no identity-based policy allows it":                 {who, "cloudtrail:DescribeTrails", "", "because no identity-based policy allows it"},
		"User: " + who + " is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x":                                    {who, "iam:CreateRole", "arn:aws:iam::1:role/x", ""},
	} {
		got, ok := denial.Parse(message)
		if !ok || got != want || got.ByOrganization() != (want.Why == locked) {
			t.Errorf("%s: %+v, %v", message, got, ok)
		}
	}
	if d, ok := denial.Parse("Access Denied"); ok {
		t.Errorf("%+v of words that tell nothing", d)
	}
}
