package iam

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// rolesAtOnce is how many roles are read at once: IAM throttles soon.
const rolesAtOnce = 4

// Role reads a role with all that hangs on it; nil where there is none.
func (c *Client) Role(ctx context.Context, name string) (*share.RoleState, error) {
	out, err := c.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	switch {
	case awserr.Code(err) == noEntity:
		return nil, nil
	case err != nil:
		return nil, c.explain(ctx, err, "read the role "+name, "iam:GetRole", c.roleARN(name))
	}
	r, err := roleOf(out.Role)
	if err == nil {
		err = c.policies(ctx, r)
	}
	return r, err
}

// Roles are the roles below [share.Path]: those of grants.
func (c *Client) Roles(ctx context.Context) ([]*share.RoleState, error) {
	var names []string
	pages := iam.NewListRolesPaginator(c.iam(), &iam.ListRolesInput{PathPrefix: aws.String(share.Path)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.explain(ctx, err, "list the roles of grants", "iam:ListRoles", c.roleARN("*"))
		}
		for i := range page.Roles {
			names = append(names, aws.ToString(page.Roles[i].RoleName))
		}
	}
	all := make([]*share.RoleState, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(rolesAtOnce)
	for i, name := range names {
		group.Go(func() (err error) {
			all[i], err = c.Role(ctx, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	there := all[:0]
	for _, r := range all {
		if r != nil { // one may be gone since it was listed
			there = append(there, r)
		}
	}
	return there, nil
}

const noEntity = "NoSuchEntity"

func (c *Client) roleARN(name string) string {
	return "arn:" + cmp.Or(part(c.caller, 1), "aws") + ":iam::" + cmp.Or(part(c.caller, 4), "*") + ":role" + share.Path + name
}

// roleOf is what GetRole alone tells: ListRoles leaves tags, boundary and last use
// out (IAM API Reference, ListRoles).
func roleOf(r *types.Role) (*share.RoleState, error) {
	s := &share.RoleState{
		Name: aws.ToString(r.RoleName), Path: aws.ToString(r.Path), ARN: aws.ToString(r.Arn), ID: aws.ToString(r.RoleId),
		Description: aws.ToString(r.Description), MaxSession: int(aws.ToInt32(r.MaxSessionDuration)),
		Inline: map[string]*policy.Document{}, Tags: map[string]string{}, Created: aws.ToTime(r.CreateDate),
	}
	for _, t := range r.Tags {
		s.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if r.PermissionsBoundary != nil {
		s.Boundary = aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
	}
	if r.RoleLastUsed != nil && r.RoleLastUsed.LastUsedDate != nil {
		s.LastUsed = r.RoleLastUsed.LastUsedDate.UTC().Format(time.RFC3339)
	}
	var err error
	s.Trust, err = document(aws.ToString(r.AssumeRolePolicyDocument), "the trust policy of the role "+s.Name)
	return s, err
}

// policies reads the role's policies. Which instance profiles hold it is of
// interest when it is to go: who may not list them learns it then.
func (c *Client) policies(ctx context.Context, r *share.RoleState) error {
	api, doing := c.iam(), "read the policies of the role "+r.Name
	inline := iam.NewListRolePoliciesPaginator(api, &iam.ListRolePoliciesInput{RoleName: &r.Name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return c.explain(ctx, err, doing, "iam:ListRolePolicies", r.ARN)
		}
		for _, name := range page.PolicyNames {
			out, err := api.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &r.Name, PolicyName: &name})
			if err != nil {
				return c.explain(ctx, err, doing, "iam:GetRolePolicy", r.ARN)
			}
			if r.Inline[name], err = document(aws.ToString(out.PolicyDocument), "the policy "+name+" of the role "+r.Name); err != nil {
				return err
			}
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(api, &iam.ListAttachedRolePoliciesInput{RoleName: &r.Name})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return c.explain(ctx, err, doing, "iam:ListAttachedRolePolicies", r.ARN)
		}
		for _, p := range page.AttachedPolicies {
			r.Attached = append(r.Attached, aws.ToString(p.PolicyArn))
		}
	}
	profiles := iam.NewListInstanceProfilesForRolePaginator(api, &iam.ListInstanceProfilesForRoleInput{RoleName: &r.Name})
	for profiles.HasMorePages() {
		page, err := profiles.NextPage(ctx)
		switch {
		case awserr.Denied(awserr.Code(err)):
			return nil
		case err != nil:
			return c.explain(ctx, err, doing, "iam:ListInstanceProfilesForRole", r.ARN)
		}
		for i := range page.InstanceProfiles {
			r.Profiles = append(r.Profiles, aws.ToString(page.InstanceProfiles[i].InstanceProfileName))
		}
	}
	return nil
}

// document reads a policy as IAM gives it: encoded for addresses (IAM API
// Reference, GetRolePolicy: RFC 3986).
func document(text, whose string) (*policy.Document, error) {
	plain, err := url.PathUnescape(text)
	if err == nil {
		var d *policy.Document
		if d, err = policy.Parse(plain); err == nil {
			return d, nil
		}
	}
	return nil, &Error{Doing: "read " + whose, Text: fmt.Sprintf("it is none that is understood: %v", err), Err: err}
}
