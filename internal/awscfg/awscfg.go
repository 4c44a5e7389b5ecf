// Package awscfg makes the configuration that calls to AWS go out with: the SDK's
// usual places, a role to assume in somebody else's account, retries that slow
// down and do not give up, and words for what goes wrong before the first call.
package awscfg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"
)

// Options are what a user may say. The zero value is the SDK's usual places:
// environment, shared configuration, single sign-on, instance or task role.
type Options struct {
	Profile  string
	Region   string
	Endpoint string // for every service; empty: AWS itself, or AWS_ENDPOINT_URL

	// RoleARN is a role to assume with those credentials; the next three go with it.
	RoleARN     string
	ExternalID  string
	SessionName string
	MFASerial   string

	// Code asks for the code of an MFA device. Nil: nobody can be asked.
	Code func(ctx context.Context, serial string) (string, error)
}

const (
	attempts   = 8
	maxBackoff = 20 * time.Second
	// connections are what a source with many objects in flight keeps open.
	connections = 128
)

// Load reads the configuration of the caller, who may then [Options.Assume] the
// role. It calls AWS only where the user's own files make it.
func Load(ctx context.Context, o Options) (aws.Config, error) {
	loaders := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = connections
			t.MaxIdleConns = 2 * connections
		})),
		config.WithRetryer(newRetryer),
		// What is wrong comes as an error: the SDK's own lines are nobody's to act on.
		config.WithLogger(logging.Nop{}),
		// A profile may name a role and an MFA device itself.
		config.WithAssumeRoleCredentialOptions(func(a *stscreds.AssumeRoleOptions) {
			a.TokenProvider = func() (string, error) { return o.code(ctx, aws.ToString(a.SerialNumber)) }
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
	cfg.HTTPClient = PlainBodies{cfg.HTTPClient} // not with the loaders: one that is not the SDK's own takes no AWS_CA_BUNDLE
	cfg.Credentials = &told{provider: cfg.Credentials}
	if o.RoleARN != "" && o.MFASerial != "" {
		cfg.Credentials = o.shown(cfg)
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
		r.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(hadCredentials)}, r.Retryables...)
	})
}

// hadCredentials keeps a call from being tried again for want of credentials: the
// call for those was tried again by itself, and each level would multiply the
// wait of the one below.
func hadCredentials(err error) aws.Ternary {
	if _, none := errors.AsType[*CredentialsError](err); none {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
