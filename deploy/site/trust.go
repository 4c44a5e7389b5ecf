package site

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Trust is a role's trust policy as JSON, and the ARN of the role of that name: its path
// may be another. Both are empty where there is no such role. name is without a path.
func (s *Site) Trust(ctx context.Context, name string) (policy, arn string, err error) {
	out, err := iam.NewFromConfig(s.cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	switch {
	case isMissing(err):
		return "", "", nil
	case err != nil:
		return "", "", s.explain(ctx, err, "look at the role "+name, "iam:GetRole", name)
	}
	// It is percent-encoded (IAM API Reference, Role: AssumeRolePolicyDocument).
	policy, err = url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
	return policy, aws.ToString(out.Role.Arn), err
}
