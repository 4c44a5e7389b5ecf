package iam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// Ask is whose surroundings are to be read. The zero value is the one trail that
// the caller sees.
type Ask struct {
	Trail  string // a name in the caller's region, or an ARN
	Bucket string // that a trail writes to, or did
}

// Observe reads what grants hang on: the caller, the trail, its bucket, keys and
// organisation. The caller is of the account that owns the bucket. What must be
// known is the trail or the bucket, its Object Ownership and its policy; of the
// rest, what was refused is in Unread, with the field empty.
func (c *Client) Observe(ctx context.Context, ask Ask) (*share.Surroundings, error) {
	o := &observing{Client: c, s: &share.Surroundings{}}
	steps := []func(context.Context) error{
		o.identify,
		func(ctx context.Context) error { return o.trail(ctx, ask) },
		o.bucket, o.ways, o.logs, o.keys, o.organization,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return o.s, nil
}

// observing is one observation.
type observing struct {
	*Client
	s      *share.Surroundings
	owner  string   // the canonical id of the bucket's owner, "" not known
	sealed []string // what keys were met: ids, ARNs or aliases, as AWS told them
}

// optional takes note of a call that was refused and that can be done without.
// What has nothing to do with the call, as a broken line, stays an error.
func (o *observing) optional(ctx context.Context, err error, action, resource string) error {
	if err == nil {
		return nil
	}
	code := awserr.Code(err)
	if ctx.Err() != nil || code == "" {
		return o.explain(ctx, err, "read what a grant hangs on", action, resource)
	}
	o.s.Unread = append(o.s.Unread, share.Unread{Action: action, Resource: resource, Text: code + ": " + strings.TrimSpace(awserr.Message(err)), Refused: awserr.Denied(code)})
	return nil
}

// unread takes note of what no permission would help to read.
func (o *observing) unread(action, resource, text string) {
	o.s.Unread = append(o.s.Unread, share.Unread{Action: action, Resource: resource, Text: text})
}

// identify asks who calls. That needs no permission (STS API Reference,
// GetCallerIdentity).
func (o *observing) identify(ctx context.Context) error {
	me, err := o.Caller(ctx)
	o.s.Caller = me
	return err
}

// Caller is who calls.
func (c *Client) Caller(ctx context.Context) (share.Caller, error) {
	me, err := c.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return share.Caller{}, c.explain(ctx, err, "tell who calls", "sts:GetCallerIdentity", "*")
	}
	c.caller = aws.ToString(me.Arn)
	return share.Caller{Account: aws.ToString(me.Account), ARN: c.caller, Partition: part(c.caller, 1)}, nil
}

// part is one part of an ARN: 1 partition, 3 region, 4 account; "" of what is none.
func part(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[i]
}
