package stack

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	smithytime "github.com/aws/smithy-go/time"
)

// Tag is the key of the tag that tells a stack of ours; its value is the name of the
// deployment. A stack or StackSet without it is never touched.
const Tag = "crosstrail"

// Stack is one to be.
type Stack struct {
	Name         string
	Template     []byte            // CloudFormation's, YAML or JSON, 51,200 bytes at most
	Parameters   map[string]string // what is not to have its default
	Tags         map[string]string // Tags[Tag] has to be there; others that the stack has stay
	Capabilities []string          // as CAPABILITY_IAM, CAPABILITY_NAMED_IAM
	Basis        Basis             // of the stack that Template was made of: where it is another by now, a plan is [ErrObsolete]
}

// Client calls CloudFormation in one account and region.
type Client struct {
	// Note is told, in a line, what the client waits for or does that nobody asked for:
	// another's operation, a leftover. It holds AWS's text. Nil: nobody is.
	Note func(string)
	// Every is how long it is between two looks at what goes on. 0: soon at first, for what
	// is quickly done, and every two seconds in the end.
	Every time.Duration

	api    *cloudformation.Client
	config aws.Config
}

// New makes a client. Retries are the configuration's.
func New(cfg aws.Config) *Client {
	return &Client{api: cloudformation.NewFromConfig(cfg), config: cfg}
}

const (
	first       = 200 * time.Millisecond
	interval    = 2 * time.Second
	maxInterval = 30 * time.Second // where CloudFormation is asked too much
	// parting is for calls that are made though nobody waits any longer.
	parting = time.Minute
)

func (c *Client) note(line string) {
	if c.Note != nil {
		c.Note(line)
	}
}

// patience is how somebody looks again and again at what CloudFormation does by itself.
type patience struct {
	wait, slowest time.Duration
	lost          int // looks in a row that failed
}

func (c *Client) patience() *patience {
	if c.Every != 0 {
		return &patience{wait: c.Every, slowest: c.Every}
	}
	return &patience{wait: first, slowest: interval}
}

// losses is how many looks in a row may fail.
const losses = 10

// next waits for the next look. Throttling, which err may be, makes it slower, and
// nothing else; what may pass is borne a few times.
func (p *patience) next(ctx context.Context, err error) error {
	wait := p.wait
	switch {
	case err == nil:
		p.wait, p.lost = min(3*p.wait/2, p.slowest), 0
	case ctx.Err() != nil:
		return ctx.Err()
	case retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		wait = min(2*wait, maxInterval)
		p.wait = wait
	case retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary && p.lost < losses:
		p.lost++
	default:
		return err
	}
	return smithytime.SleepWithContext(ctx, wait)
}

// whole is for a call that is not to be cut off half-way: whether it happened has to be
// known.
func whole(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), parting)
}

// mine begins what we name in CloudFormation: change sets and request tokens. Both
// begin with a letter, and have letters, digits and hyphens.
const mine = "crosstrail-"

func fresh() string { return mine + strings.ToLower(rand.Text()) }

func tagged(have []types.Tag) map[string]string {
	tags := make(map[string]string, len(have))
	for _, t := range have {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}
