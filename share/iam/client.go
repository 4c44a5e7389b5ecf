package iam

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// Client is one caller. It is not safe for concurrent use.
type Client struct {
	// Saved is told where the policy of a bucket or key was saved before it was
	// replaced. Nil: nobody is.
	Saved func(resource, path string)

	cfg    aws.Config
	caller string // its ARN, once it was asked for

	// read is what was last seen of the policies of buckets and keys, by ARN of the
	// one and key ARN of the other: what a plan was made from. "" is none.
	read map[string]string
	// wrote are the policies that one [Client.Do] replaced.
	wrote []*shared
	// made are the roles of this client: IAM takes seconds to know them everywhere.
	made map[string]bool
	// wait is how long is waited, at most, for what was written to be known.
	wait patience
}

// patience is how long, and how often, is waited for what was written to be known
// (IAM User Guide, Troubleshoot: changes that I make are not always immediately
// visible).
type patience struct {
	principals, shown, pause time.Duration
	lock, retry              time.Duration // for another crosstrail to end
	kept                     time.Duration // until what was written is looked at again
}

// Open makes no call. cfg's region is the one that trails are looked for in.
func Open(cfg aws.Config) *Client {
	return &Client{
		cfg: cfg, read: map[string]string{}, made: map[string]bool{},
		wait: patience{principals: 2 * time.Minute, shown: 20 * time.Second, pause: time.Second, lock: 30 * time.Second, retry: 100 * time.Millisecond, kept: time.Second},
	}
}

// The services. A bucket and its keys are called in the bucket's region, a trail
// in its home; empty is the caller's own.

func (c *Client) sts() *sts.Client                     { return sts.NewFromConfig(c.cfg) }
func (c *Client) iam() *iam.Client                     { return iam.NewFromConfig(c.cfg) }
func (c *Client) organizations() *organizations.Client { return organizations.NewFromConfig(c.cfg) }
func (c *Client) kms(region string) *kms.Client        { return kms.NewFromConfig(c.in(region)) }
func (c *Client) cloudtrail(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(c.in(region))
}

func (c *Client) s3(region string) *s3.Client {
	return s3.NewFromConfig(c.in(region), func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // who gives an endpoint has no DNS name for each bucket
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

// s3control's host name begins with the account id. Who gives an endpoint has no
// such name.
func (c *Client) s3control(region string) *s3control.Client {
	return s3control.NewFromConfig(c.in(region), func(o *s3control.Options) {
		if o.BaseEndpoint != nil {
			o.EndpointResolverV2 = plainHost{*o.BaseEndpoint}
		}
	})
}

type plainHost struct{ url string }

// ResolveEndpoint implements [s3control.EndpointResolverV2].
func (p plainHost) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	u, err := url.Parse(p.url)
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	return smithyendpoints.Endpoint{URI: *u}, nil
}

func (c *Client) in(region string) aws.Config {
	cfg := c.cfg.Copy()
	if region != "" {
		cfg.Region = region
	}
	return cfg
}
