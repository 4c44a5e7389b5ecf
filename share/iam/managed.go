package iam

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// Managed reads a customer-managed policy with its versions and who has it; nil
// where it is not there.
func (c *Client) Managed(ctx context.Context, arn string) (*share.Managed, error) {
	doing := "read policy " + arn
	got, err := c.iam().GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if awserr.Code(err) == noEntity {
		return nil, nil
	}
	if err != nil {
		return nil, c.explain(ctx, err, doing, "iam:GetPolicy", arn)
	}
	m := &share.Managed{ARN: arn, Name: aws.ToString(got.Policy.PolicyName)}
	for page := iam.NewListPolicyVersionsPaginator(c.iam(), &iam.ListPolicyVersionsInput{PolicyArn: &arn}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return nil, c.explain(ctx, err, doing, "iam:ListPolicyVersions", arn)
		}
		for _, v := range out.Versions {
			d, err := c.version(ctx, arn, aws.ToString(v.VersionId))
			if err != nil {
				return nil, err
			}
			m.Versions = append(m.Versions, share.Version{ID: aws.ToString(v.VersionId), Default: v.IsDefaultVersion, Created: aws.ToTime(v.CreateDate), Document: d})
		}
	}
	m.Holders, err = c.holders(ctx, arn)
	return m, err
}

// ManagedNamed is [Client.Managed] by name, which only one policy of an account
// has, whatever its path.
func (c *Client) ManagedNamed(ctx context.Context, name string) (*share.Managed, error) {
	for page := iam.NewListPoliciesPaginator(c.iam(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return nil, c.explain(ctx, err, "look for policy "+name, "iam:ListPolicies", "*")
		}
		for _, p := range out.Policies {
			if aws.ToString(p.PolicyName) == name {
				return c.Managed(ctx, aws.ToString(p.Arn))
			}
		}
	}
	return nil, nil
}

func (c *Client) version(ctx context.Context, arn, id string) (*policy.Document, error) {
	out, err := c.iam().GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: &id})
	if err != nil {
		return nil, c.explain(ctx, err, "read version "+id+" of policy "+arn, "iam:GetPolicyVersion", arn)
	}
	return document(aws.ToString(out.PolicyVersion.Document), "version "+id+" of policy "+arn)
}

// holders are who has a policy.
func (c *Client) holders(ctx context.Context, arn string) ([]string, error) {
	var all []string
	for page := iam.NewListEntitiesForPolicyPaginator(c.iam(), &iam.ListEntitiesForPolicyInput{PolicyArn: &arn}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return nil, c.explain(ctx, err, "see who has policy "+arn, "iam:ListEntitiesForPolicy", arn)
		}
		for _, u := range out.PolicyUsers {
			all = append(all, "user/"+aws.ToString(u.UserName))
		}
		for _, r := range out.PolicyRoles {
			all = append(all, "role/"+aws.ToString(r.RoleName))
		}
		for _, g := range out.PolicyGroups {
			all = append(all, "group/"+aws.ToString(g.GroupName))
		}
	}
	slices.Sort(all)
	return all, nil
}

// Holder reads a user or role with all policies that it has, those of its groups
// too; nil where it is not there.
func (c *Client) Holder(ctx context.Context, kind, name string) (*share.Holder, error) {
	h := &share.Holder{Kind: kind, Name: name, Documents: map[string]*policy.Document{}}
	r := holding{c: c, h: h}
	arn, err := r.self(ctx)
	if err != nil || arn == "" {
		return nil, err
	}
	h.ARN = arn
	own := r.user
	if kind == "role" {
		own = r.role
	}
	if err := own(ctx); err != nil {
		return nil, err
	}
	h.Own = slices.Clone(h.Attached)
	if kind == "user" {
		if err := r.groups(ctx); err != nil {
			return nil, err
		}
	}
	for _, arn := range h.Attached {
		got, err := c.iam().GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
		if err != nil {
			return nil, c.explain(ctx, err, "read policy "+arn, "iam:GetPolicy", arn)
		}
		if h.Documents["policy "+arn], err = c.version(ctx, arn, aws.ToString(got.Policy.DefaultVersionId)); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// holding is the reading of one holder.
type holding struct {
	c *Client
	h *share.Holder
}

func (r holding) self(ctx context.Context) (arn string, err error) {
	if r.h.Kind == "role" {
		var out *iam.GetRoleOutput
		if out, err = r.c.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: &r.h.Name}); err == nil {
			if b := out.Role.PermissionsBoundary; b != nil {
				r.h.Boundary = aws.ToString(b.PermissionsBoundaryArn)
			}
			return aws.ToString(out.Role.Arn), nil
		}
	} else {
		var out *iam.GetUserOutput
		if out, err = r.c.iam().GetUser(ctx, &iam.GetUserInput{UserName: &r.h.Name}); err == nil {
			if b := out.User.PermissionsBoundary; b != nil {
				r.h.Boundary = aws.ToString(b.PermissionsBoundaryArn)
			}
			return aws.ToString(out.User.Arn), nil
		}
	}
	if awserr.Code(err) == noEntity {
		return "", nil
	}
	action := map[string]string{"role": "iam:GetRole", "user": "iam:GetUser"}[r.h.Kind]
	return "", r.c.explain(ctx, err, "look at "+r.h.Kind+" "+r.h.Name, action, r.h.Kind+"/"+r.h.Name)
}

func (r holding) user(ctx context.Context) error {
	name := r.h.Name
	for page := iam.NewListAttachedUserPoliciesPaginator(r.c.iam(), &iam.ListAttachedUserPoliciesInput{UserName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListAttachedUserPolicies")
		}
		r.attach(out.AttachedPolicies)
	}
	for page := iam.NewListUserPoliciesPaginator(r.c.iam(), &iam.ListUserPoliciesInput{UserName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListUserPolicies")
		}
		for _, p := range out.PolicyNames {
			got, err := r.c.iam().GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &name, PolicyName: &p})
			if err != nil {
				return r.failed(ctx, err, "iam:GetUserPolicy")
			}
			if err := r.inline("its own policy "+p, got.PolicyDocument); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r holding) role(ctx context.Context) error {
	name := r.h.Name
	for page := iam.NewListAttachedRolePoliciesPaginator(r.c.iam(), &iam.ListAttachedRolePoliciesInput{RoleName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListAttachedRolePolicies")
		}
		r.attach(out.AttachedPolicies)
	}
	for page := iam.NewListRolePoliciesPaginator(r.c.iam(), &iam.ListRolePoliciesInput{RoleName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListRolePolicies")
		}
		for _, p := range out.PolicyNames {
			got, err := r.c.iam().GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &p})
			if err != nil {
				return r.failed(ctx, err, "iam:GetRolePolicy")
			}
			if err := r.inline("its own policy "+p, got.PolicyDocument); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r holding) groups(ctx context.Context) error {
	for page := iam.NewListGroupsForUserPaginator(r.c.iam(), &iam.ListGroupsForUserInput{UserName: &r.h.Name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListGroupsForUser")
		}
		for _, g := range out.Groups {
			if err := r.group(ctx, aws.ToString(g.GroupName)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r holding) group(ctx context.Context, name string) error {
	for page := iam.NewListAttachedGroupPoliciesPaginator(r.c.iam(), &iam.ListAttachedGroupPoliciesInput{GroupName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListAttachedGroupPolicies")
		}
		r.attach(out.AttachedPolicies)
	}
	for page := iam.NewListGroupPoliciesPaginator(r.c.iam(), &iam.ListGroupPoliciesInput{GroupName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return r.failed(ctx, err, "iam:ListGroupPolicies")
		}
		for _, p := range out.PolicyNames {
			got, err := r.c.iam().GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &name, PolicyName: &p})
			if err != nil {
				return r.failed(ctx, err, "iam:GetGroupPolicy")
			}
			if err := r.inline(fmt.Sprintf("policy %s of its group %s", p, name), got.PolicyDocument); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r holding) attach(all []types.AttachedPolicy) {
	for _, p := range all {
		if arn := aws.ToString(p.PolicyArn); !slices.Contains(r.h.Attached, arn) {
			r.h.Attached = append(r.h.Attached, arn)
		}
	}
}

func (r holding) inline(where string, text *string) (err error) {
	r.h.Documents[where], err = document(aws.ToString(text), where)
	return err
}

func (r holding) failed(ctx context.Context, err error, action string) error {
	return r.c.explain(ctx, err, "see the policies of "+r.h.Kind+" "+r.h.Name, action, r.h.ARN)
}
