// Package awscfg makes the configuration that calls to AWS go out with: the SDK's
// usual places, a role to assume in somebody else's account, retries that slow
// down and do not give up, and words for what goes wrong before the first call.
package awscfg

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Options are what a user may say. The zero value is the SDK's usual places:
// environment, shared configuration, single sign-on, instance or task role.
type Options struct {
	Profile  string
	Region   string
	Endpoint string // for every service; empty: AWS itself, or AWS_ENDPOINT_URL

	// RoleARN is a role to assume with those credentials; the next three go with
	// it. Policy is a session policy (JSON) that keeps the session to the least
	// that it is for, or empty.
	RoleARN     string
	ExternalID  string
	SessionName string
	MFASerial   string
	Policy      string

	// Code asks for the code of an MFA device. Nil: nobody can be asked.
	Code func(ctx context.Context, serial string) (string, error)
}

const (
	defaultSessionName = "crosstrail"
	// sessionLife is what every role allows, and the most that a chained one does
	// (STS API Reference, AssumeRole, DurationSeconds). It is renewed as it ends.
	sessionLife = time.Hour
	// renewAhead is how long before its end a session is renewed: no call that
	// was signed may arrive after it.
	renewAhead = 2 * time.Minute

	attempts   = 8
	maxBackoff = 20 * time.Second
	// connections are what a source with many objects in flight keeps open.
	connections = 128
)

// Load reads the configuration. It calls AWS only where the user's own files make
// it; the role is assumed by the first call.
func Load(ctx context.Context, o Options) (aws.Config, error) {
	loaders := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = connections
			t.MaxIdleConns = 2 * connections
		})),
		config.WithRetryer(newRetryer),
		// A profile may name a role and an MFA device itself.
		config.WithAssumeRoleCredentialOptions(func(a *stscreds.AssumeRoleOptions) {
			a.TokenProvider = o.tokenProvider(ctx, aws.ToString(a.SerialNumber))
		}),
	}
	if o.Profile != "" {
		loaders = append(loaders, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		loaders = append(loaders, config.WithRegion(o.Region))
	}
	if o.Endpoint != "" {
		loaders = append(loaders, config.WithBaseEndpoint(o.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, loaders...)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	// Most services have an endpoint in every region, and S3 tells a bucket's.
	cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	if o.RoleARN != "" {
		cfg.Credentials = o.assumed(ctx, cfg)
	}
	return cfg, nil
}

// newRetryer slows down as long as it is told to. It has no quota of retries: one
// throttled listing of a million objects is not to end because of the others.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = attempts
		r.MaxBackoff = maxBackoff
		r.RateLimiter = ratelimit.None
	})
}

// assumed are the role's credentials, asked for when they are needed and again
// before they end.
func (o *Options) assumed(ctx context.Context, cfg aws.Config) aws.CredentialsProvider {
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = cmp.Or(o.SessionName, defaultSessionName)
		a.Duration = sessionLife
		if o.ExternalID != "" {
			a.ExternalID = aws.String(o.ExternalID)
		}
		if o.Policy != "" {
			a.Policy = aws.String(o.Policy)
		}
		if o.MFASerial != "" {
			a.SerialNumber = aws.String(o.MFASerial)
			a.TokenProvider = o.tokenProvider(ctx, o.MFASerial)
		}
	})
	return aws.NewCredentialsCache(provider, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = renewAhead })
}

// tokenProvider asks for the code of a device, one question at a time.
func (o *Options) tokenProvider(ctx context.Context, serial string) func() (string, error) {
	var asking sync.Mutex
	return func() (string, error) {
		if o.Code == nil {
			return "", fmt.Errorf("the role wants the code of the MFA device %s, and there is nobody to ask", serial)
		}
		asking.Lock()
		defer asking.Unlock()
		return o.Code(ctx, serial)
	}
}
