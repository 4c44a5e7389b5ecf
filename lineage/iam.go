package lineage

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// appendAccount adds what a change in IAM tells: the name that a new user or
// role goes by, a long-term key that was made, a role that was changed.
func appendAccount(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	req, res := r.RequestParameters.Unquoted(), r.ResponseElements.Unquoted()
	f := Fact{Use: use}
	switch use.EventName {
	case "CreateUser":
		user := res.Get("user")
		return appendName(facts, use.Time, unmasked(user.Get("userId").Text()),
			user.Get("userName").Text(), user.Get("arn").Text())
	case "CreateAccessKey":
		k := res.Get("accessKey")
		f.Kind = KeyMinted
		f.Detail.Key = unmasked(k.Get("accessKeyId").Text())
		f.Detail.Name = unmasked(k.Get("userName").Text())
		if f.Detail.Key == "" {
			return facts
		}
	case "CreateRole", "CreateServiceLinkedRole":
		role := res.Get("role")
		f.Kind = RoleChanged
		f.Detail.ARN = unmasked(role.Get("arn").Text())
		f.Detail.Name = unmasked(role.Get("roleName").Text())
		facts = appendName(facts, use.Time, unmasked(role.Get("roleId").Text()), f.Detail.Name, f.Detail.ARN)
	default:
		f.Kind = RoleChanged
	}
	if f.Kind == RoleChanged && f.Detail.Name == "" {
		f.Detail.Name = unmasked(req.Get("roleName").Text())
	}
	if f.Kind == RoleChanged && f.Detail.ARN == "" && f.Detail.Name != "" {
		// The path of the role is not in the record.
		f.Detail.ARN = "arn:" + partition(use.Region) + ":iam::" + use.ID.Recipient + ":role/" + f.Detail.Name
	}
	return append(facts, f)
}

// partition is the one a region lies in.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
