package iam

import (
	"context"

	"github.com/crosstrail/crosstrail/share"
)

// operation is how a call of a plan is made. What is not here is never called.
func operation(c *Client, call *share.Call) (run func(context.Context) error, ok bool) {
	api := c.iam()
	switch call.Service + " " + call.Operation {
	case "iam CreateRole":
		return c.createRole(call), true
	case "iam UpdateAssumeRolePolicy":
		return c.updateTrust(call), true
	case "iam PutRolePolicy":
		return c.putRolePolicy(call), true
	case "iam UpdateRole":
		return c.ofRole(call, simply(call, api.UpdateRole)), true
	case "iam TagRole":
		return c.ofRole(call, simply(call, api.TagRole)), true
	case "iam UntagRole":
		return c.ofRole(call, simply(call, api.UntagRole)), true
	case "iam AttachRolePolicy":
		return c.ofRole(call, simply(call, api.AttachRolePolicy)), true
	case "iam DetachRolePolicy":
		return simply(call, api.DetachRolePolicy, noEntity), true
	case "iam DeleteRolePolicy":
		return simply(call, api.DeleteRolePolicy, noEntity), true
	case "iam DeleteRolePermissionsBoundary":
		return simply(call, api.DeleteRolePermissionsBoundary, noEntity), true
	case "iam RemoveRoleFromInstanceProfile":
		return simply(call, api.RemoveRoleFromInstanceProfile, noEntity), true
	case "iam DeleteInstanceProfile":
		return simply(call, api.DeleteInstanceProfile, noEntity), true
	case "iam DeleteRole":
		return simply(call, api.DeleteRole, noEntity), true
	case "s3 PutBucketPolicy":
		return c.putBucketPolicy(call), true
	case "s3 DeleteBucketPolicy":
		return c.deleteBucketPolicy(call), true
	case "kms PutKeyPolicy":
		return c.putKeyPolicy(call), true
	}
	return c.readersOperation(call)
}

// readersOperation is for calls in the reader's account: what its users and roles
// need to use a grant.
func (c *Client) readersOperation(call *share.Call) (run func(context.Context) error, ok bool) {
	api := c.iam()
	switch call.Service + " " + call.Operation {
	case "iam CreatePolicy":
		return simply(call, api.CreatePolicy), true
	case "iam CreatePolicyVersion":
		return simply(call, api.CreatePolicyVersion), true
	case "iam DeletePolicyVersion":
		return simply(call, api.DeletePolicyVersion, noEntity), true
	case "iam SetDefaultPolicyVersion":
		return simply(call, api.SetDefaultPolicyVersion), true
	case "iam AttachUserPolicy":
		return simply(call, api.AttachUserPolicy), true
	case "iam PutUserPolicy":
		return simply(call, api.PutUserPolicy), true
	case "iam DetachUserPolicy":
		return simply(call, api.DetachUserPolicy, noEntity), true
	case "iam DeleteUserPolicy":
		return simply(call, api.DeleteUserPolicy, noEntity), true
	}
	return nil, false
}
