package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// listOnly is all that the session may do, whatever the role may (STS API Reference,
// AssumeRole: Policy).
const listOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`

// sessionOfTest is a name that no other session has.
func sessionOfTest() string { return "crosstrail-test-" + strings.ToLower(rand.Text()[:8]) }

// assume makes the session.
func (t *trial) assume(ctx context.Context) (*types.Credentials, error) {
	d := t.d
	in := &sts.AssumeRoleInput{RoleArn: &d.role, RoleSessionName: &t.session, DurationSeconds: aws.Int32(900), Policy: aws.String(listOnly)}
	if d.externalID != "" {
		in.ExternalId = &d.externalID
	}
	if d.mfa != "" {
		code, err := d.code(ctx, d.mfa)
		if err != nil {
			return nil, fmt.Errorf("the code of the MFA device %s: %w", d.mfa, err)
		}
		in.SerialNumber, in.TokenCode = &d.mfa, &code
	}
	out, err := sts.NewFromConfig(t.as).AssumeRole(ctx, in)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, t.notAssumed(ctx, err)
	}
	t.issued, t.key = time.Now(), aws.ToString(out.Credentials.AccessKeyId)
	return out.Credentials, nil
}

// notAssumed puts into words that the role could not be assumed: what the test found,
// where AWS refused it. Guesses are for where the role's trust policy may not be read.
func (t *trial) notAssumed(ctx context.Context, err error) error {
	f := &failure{err: fmt.Errorf("%s cannot be assumed: %w", t.d.role, err), status: exitFailed}
	e, ok := errors.AsType[smithy.APIError](err)
	if ok && e.ErrorCode() == "AccessDenied" {
		f.status = exitFinding
		f.hints = t.refusedBy(ctx, e.ErrorMessage())
	}
	if f.hints == nil {
		side := t.d.otherSide(t.session)
		for _, hint := range side.o.Hints(err) {
			f.hints = append(f.hints, side.reachingOwn(hint))
		}
	}
	return f
}

// list lists the buckets with the session's credentials, from the hub's region, where a
// trail is to log it. A refusal is a call as well, and is logged.
func (t *trial) list(ctx context.Context, c *types.Credentials) error {
	cfg := t.as.Copy()
	cfg.Region = t.hub.Region
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken)}, nil
	})
	_, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }).ListBuckets(ctx, &s3.ListBucketsInput{})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return t.d.otherSide(t.session).explained(fmt.Errorf("listing the buckets: %w", err))
	}
	t.refused = e.ErrorCode()
	t.d.ui.say("note", "the role may not list buckets ("+t.refused+"): the call is logged all the same")
	return nil
}
