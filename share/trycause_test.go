package share_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
)

// TestCauseTold: where AWS says which policy refused, it is told alone, with the
// command for who called; else all that it may be.
func TestCauseTold(t *testing.T) {
	const role = "arn:aws:iam::999999999999:role/crosstrail/x"
	const kim, ci = "arn:aws:iam::222222222222:user/team/kim", "arn:aws:sts::222222222222:assumed-role/ci/build"
	g := &share.Grant{To: member, Means: share.Role, ExternalID: "3414", MFA: true}
	b := &share.Grant{To: member, Means: share.BucketPolicy}
	for _, c := range []struct {
		g                *share.Grant
		call, said, want string
	}{
		{g, "sts:AssumeRole", "User: " + kim + " is not authorized to perform: sts:AssumeRole because no identity-based policy allows the sts:AssumeRole action", "no policy of " + kim + " allows sts:AssumeRole; crosstrail share reader-policy " + role + " --attach user/kim gives it"},
		{g, "sts:AssumeRole", "User: " + ci + " is not authorized to perform: sts:AssumeRole on resource: " + role + " because no identity-based policy allows the sts:AssumeRole action", "reader-policy " + role + " --attach role/ci gives it"},
		{g, "sts:AssumeRole", "User: " + kim + " is not authorized to perform: sts:AssumeRole on resource: " + role + " with an explicit deny in a service control policy", "service control policy of the organisation of 222222222222 denies sts:AssumeRole"},
		{g, "s3:GetObject", `User: ` + ci + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::logs/a" because no identity-based policy allows the s3:GetObject action`, "the permissions of the role do not allow s3:GetObject"},
		{b, "s3:GetObject", `User: ` + kim + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::logs/a" because no identity-based policy allows the s3:GetObject action`, "reader-policy handover.json --attach user/kim gives it"},
		{b, "s3:GetObject", `User: ` + kim + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::logs/a" with an explicit deny in an identity-based policy`, "a policy of " + kim + " denies s3:GetObject"},
	} {
		causes := c.g.Causes(share.Tried{Call: c.call, Where: role, Wanted: share.Works, Got: share.Refused, Message: c.said})
		if len(causes) != 1 || !strings.HasPrefix(causes[0], "AWS says that it is this: ") || !strings.Contains(causes[0], c.want) {
			t.Errorf("%s\ngot %q\nwant %s", c.said, causes, c.want)
		}
	}
	if causes := g.Causes(share.Tried{Call: "sts:AssumeRole", Where: role, Wanted: share.Works, Got: share.Refused, Message: "User: " + kim + " is not authorized to perform: sts:AssumeRole on resource: " + role}); len(causes) < 5 {
		t.Errorf("AWS told nothing, and %q is all that it may be", causes)
	}
}
