package share_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestWays: what lets others read is told, and what does not is not.
func TestWays(t *testing.T) {
	read := func(text string) *policy.Document {
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	s := &share.Surroundings{
		Caller: share.Caller{Account: "111111111111", Partition: "aws"},
		Bucket: share.Bucket{
			Name: "logs", Account: "111111111111",
			ACL: []share.ACLGrant{{"http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE"}, {"http://acs.amazonaws.com/groups/global/AllUsers", "READ"}},
			Policy: read(`{"Statement":[
				{"Sid":"Acl","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":"*"},
				{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"s3:*","Resource":"*"},
				{"Sid":"OwnRole","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/R"},"Action":"s3:getobject","Resource":"*"},
				{"Sid":"Two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::222222222222:root","333333333333"]},"Action":"s3:List*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
				{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"},
				{"Sid":"Nearly","Effect":"Allow","NotPrincipal":{"AWS":"222222222222"},"NotAction":"s3:List*","Resource":"*"},
				{"Sid":"crosstrailabcdefghijklGet","Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"*"}]}`),
			AccessPoints: []share.AccessPoint{{Name: "none", ARN: "arn:1"}, {Name: "open", ARN: "arn:2", Policy: read(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`)}},
		},
		Keys: []share.Key{{
			ARN: "arn:k", Grants: []share.KeyGrant{{ID: "g1", Grantee: "arn:aws:iam::222222222222:role/R", Operations: []string{"Decrypt"}}},
			Policy: read(`{"Statement":[{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"},
				{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*"},
				{"Sid":"Use","Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["kms:DescribeKey","kms:Decrypt"],"Resource":"*"}]}`),
		}, {ARN: "arn:unread"}},
	}
	var got []string
	for _, w := range s.Ways() {
		limited := ""
		if w.Limited {
			limited = " limited"
		}
		got = append(got, w.Means+" "+w.To+" "+w.Sid+" "+strings.Join(w.Allows, ",")+limited)
	}
	want := []string{
		"acl http://acs.amazonaws.com/groups/global/AllUsers  READ",
		"bucket-policy arn:aws:iam::111111111111:role/R OwnRole s3:GetObject",
		"bucket-policy 222222222222 Two s3:ListBucket,s3:ListBucketVersions limited",
		"bucket-policy 333333333333 Two s3:ListBucket,s3:ListBucketVersions limited",
		"bucket-policy * Nearly s3:GetObject,s3:GetObjectVersion",
		"access-point *  s3:GetObject",
		"key-policy 222222222222 Use kms:Decrypt",
		"key-grant arn:aws:iam::222222222222:role/R g1 kms:Decrypt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
