package site

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Site is one caller in one account and region. It is safe for concurrent use.
type Site struct {
	cfg    aws.Config
	caller atomic.Pointer[Caller] // nil: not asked yet
	wait   patience
}

// patience is how long is waited for AWS to know of what was written.
type patience struct {
	shown  time.Duration // for what was put to be read back
	reach  time.Duration // for S3 to reach a queue whose policy is new
	pause  time.Duration // between two tries
	settle time.Duration // until what was written is looked at again
}

// New makes no call. cfg's region is the one that trails are looked for in, and where
// code is put.
func New(cfg aws.Config) *Site {
	return &Site{cfg: cfg, wait: patience{shown: 20 * time.Second, reach: time.Minute, pause: time.Second, settle: time.Second}}
}

// Caller is who calls, and where.
type Caller struct {
	Account, ARN, Partition, Region string
}

// Caller asks who calls. That needs no permission (STS API Reference,
// GetCallerIdentity).
func (s *Site) Caller(ctx context.Context) (Caller, error) {
	if known := s.caller.Load(); known != nil {
		return *known, nil
	}
	me, err := sts.NewFromConfig(s.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, s.explain(ctx, err, "tell who calls", "sts:GetCallerIdentity", "*")
	}
	arn := aws.ToString(me.Arn)
	caller := Caller{Account: aws.ToString(me.Account), ARN: arn, Partition: part(arn, 1), Region: s.cfg.Region}
	s.caller.Store(&caller)
	return caller, nil
}

// known is the caller, as far as it was asked for.
func (s *Site) known() Caller {
	if c := s.caller.Load(); c != nil {
		return *c
	}
	return Caller{}
}

// The services. A bucket and its keys are called in the bucket's region, a trail in
// its home; "" is the caller's own.

func (s *Site) accounts() *account.Client     { return account.NewFromConfig(s.cfg) }
func (s *Site) kms(region string) *kms.Client { return kms.NewFromConfig(s.in(region)) }
func (s *Site) sns(region string) *sns.Client { return sns.NewFromConfig(s.in(region)) }
func (s *Site) cloudtrail(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(s.in(region))
}

func (s *Site) s3(region string) *s3.Client {
	return s3.NewFromConfig(s.in(region), func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // who gives an endpoint has no DNS name for each bucket
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

func (s *Site) in(region string) aws.Config {
	cfg := s.cfg.Copy()
	if region != "" {
		cfg.Region = region
	}
	return cfg
}

// part is one part of an ARN: 1 partition, 3 region, 4 account, 5 the rest; "" of what
// is none.
func part(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[i]
}
