package awscfg

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	defaultSessionName = "crosstrail"
	// sessionLife is what every role allows, and the most that a chained one does
	// (STS API Reference, AssumeRole, DurationSeconds). It is renewed as it ends.
	sessionLife = time.Hour
	// shownLife is how long a code of an MFA device is good for: the longest run
	// asks for one, and no further (STS API Reference, GetSessionToken).
	shownLife = 12 * time.Hour
	// renewAhead is how long before its end a session is renewed: no call that
	// was signed may arrive after it.
	renewAhead = 2 * time.Minute
)

// Assume is the configuration of the caller in the role; the caller's own where
// there is none. policy is a session policy (JSON) that keeps the session to the
// least that it is for, or empty. The role is assumed by the first call, and
// again before its session ends.
func (o *Options) Assume(caller aws.Config, policy string) aws.Config {
	if o.RoleARN == "" {
		return caller
	}
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(caller), o.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = cmp.Or(o.SessionName, defaultSessionName)
		a.Duration = sessionLife
		if o.ExternalID != "" {
			a.ExternalID = aws.String(o.ExternalID)
		}
		if policy != "" {
			a.Policy = aws.String(policy)
		}
	})
	in := caller.Copy()
	in.Credentials = &told{"role " + o.RoleARN + " could not be assumed", cached(provider)}
	return in
}

func cached(p aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.NewCredentialsCache(p, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = renewAhead })
}

// shown are the caller's credentials once a code of the MFA device was shown. STS
// takes each code once, and a role's session lasts an hour: shown with AssumeRole
// itself, each session and each renewal would want another.
func (o *Options) shown(caller aws.Config) aws.CredentialsProvider {
	api := sts.NewFromConfig(caller)
	return &told{"the code of the MFA device " + o.MFASerial + " was not taken", cached(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		code, err := o.code(ctx, o.MFASerial)
		if err != nil {
			return aws.Credentials{}, err
		}
		out, err := api.GetSessionToken(ctx, &sts.GetSessionTokenInput{
			SerialNumber: aws.String(o.MFASerial), TokenCode: aws.String(code), DurationSeconds: aws.Int32(int32(shownLife / time.Second)),
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		c := out.Credentials
		return aws.Credentials{
			AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken),
			CanExpire: true, Expires: aws.ToTime(c.Expiration), Source: "GetSessionToken",
		}, nil
	}))}
}

func (o *Options) code(ctx context.Context, serial string) (string, error) {
	if o.Code == nil {
		return "", fmt.Errorf("the role wants the code of the MFA device %s, and there is nobody to ask", serial)
	}
	return o.Code(ctx, serial)
}

// told are credentials whose failure is told as theirs, not as one of whichever
// call wanted them first.
type told struct {
	failed   string // what it is that failed; empty: having credentials at all
	provider aws.CredentialsProvider
}

func (t *told) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := t.provider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &CredentialsError{t.failed, err}
	}
	return c, err
}
