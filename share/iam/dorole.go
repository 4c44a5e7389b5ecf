package iam

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// createRole makes a role. One that is there with the same grant's tag, path and
// trust was made before; any other is somebody else's, and stays as it is.
func (c *Client) createRole(call *share.Call) func(context.Context) error {
	return func(ctx context.Context) error {
		in := new(iam.CreateRoleInput)
		if err := decode(call.Parameters, in); err != nil {
			return err
		}
		out, err := c.iam().CreateRole(ctx, in)
		switch {
		case err == nil:
			c.made[aws.ToString(out.Role.RoleName)] = true
			return nil
		case awserr.Code(err) != "EntityAlreadyExists":
			return err
		}
		return c.sameRole(ctx, in)
	}
}

func (c *Client) sameRole(ctx context.Context, in *iam.CreateRoleInput) error {
	name := aws.ToString(in.RoleName)
	there, err := c.Role(ctx, name)
	if err != nil || there == nil {
		return err
	}
	others := there.Path != aws.ToString(in.Path)
	for _, t := range in.Tags {
		others = others || aws.ToString(t.Key) == share.TagGrant && there.Tags[share.TagGrant] != aws.ToString(t.Value)
	}
	if others {
		return &Error{
			Text: fmt.Sprintf("there is a role %s already, %s, which this grant did not make: it stays as it is", name, there.ARN),
			Hints: []string{
				"who made it, and what for: crosstrail events --resource " + there.ARN + " --event-name CreateRole",
				"if nobody wants it: aws iam delete-role --role-name " + name,
			},
		}
	}
	wanted, err := policy.Parse(aws.ToString(in.AssumeRolePolicyDocument))
	if err == nil && !policy.Equal(wanted, there.Trust) {
		err = &Error{
			Text:  "the role " + name + " was made meanwhile, with another trust policy than planned",
			Hints: []string{"the same command plans anew from what is there"},
		}
	}
	return err
}

// ofRole calls again while IAM does not know a role yet that was made here.
func (c *Client) ofRole(call *share.Call, run func(context.Context) error) func(context.Context) error {
	name, _ := call.Parameters["RoleName"].(string)
	return func(ctx context.Context) error {
		return c.known(ctx, func(err error) bool { return c.made[name] && awserr.Code(err) == noEntity }, run)
	}
}

// known calls again while the error is one that passes, as long as is waited for
// principals.
func (c *Client) known(ctx context.Context, passes func(error) bool, run func(context.Context) error) error {
	until := time.Now().Add(c.wait.principals)
	for {
		err := run(ctx)
		if err == nil || !passes(err) || time.Now().After(until) {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, c.wait.pause); err != nil {
			return err
		}
	}
}

func (c *Client) updateTrust(call *share.Call) func(context.Context) error {
	name, _ := call.Parameters["RoleName"].(string)
	text, _ := call.Parameters["PolicyDocument"].(string)
	return func(ctx context.Context) error {
		if err := c.ofRole(call, simply(call, c.iam().UpdateAssumeRolePolicy))(ctx); err != nil {
			return err
		}
		return c.shown(ctx, "the trust policy of the role "+name, text, func(ctx context.Context) (*policy.Document, error) {
			out, err := c.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
			if err != nil {
				return nil, err
			}
			return document(aws.ToString(out.Role.AssumeRolePolicyDocument), "the trust policy of the role "+name)
		})
	}
}

func (c *Client) putRolePolicy(call *share.Call) func(context.Context) error {
	name, _ := call.Parameters["RoleName"].(string)
	its, _ := call.Parameters["PolicyName"].(string)
	text, _ := call.Parameters["PolicyDocument"].(string)
	return func(ctx context.Context) error {
		if err := c.ofRole(call, simply(call, c.iam().PutRolePolicy))(ctx); err != nil {
			return err
		}
		return c.shown(ctx, "the policy "+its+" of the role "+name, text, func(ctx context.Context) (*policy.Document, error) {
			out, err := c.iam().GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &its})
			if err != nil {
				return nil, err
			}
			return document(aws.ToString(out.PolicyDocument), "the policy "+its+" of the role "+name)
		})
	}
}

// shown reads a policy back until it is what was written: reads may lag behind a
// little.
func (c *Client) shown(ctx context.Context, what, text string, read func(context.Context) (*policy.Document, error)) error {
	wanted, err := policy.Parse(text)
	if err != nil {
		return err
	}
	until := time.Now().Add(c.wait.shown)
	for {
		got, err := read(ctx)
		switch code := awserr.Code(err); {
		case err == nil && policy.Equal(wanted, got):
			return nil
		case err != nil && code != noEntity:
			return err
		case time.Now().After(until):
			return &Error{
				Text:  what + " was written, and AWS shows another: somebody wrote it at the same time, or AWS is slow to show it",
				Hints: []string{"the same command plans anew from what is there"},
			}
		}
		if err := smithytime.SleepWithContext(ctx, c.wait.pause); err != nil {
			return err
		}
	}
}
