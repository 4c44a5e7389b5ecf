package lookup

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Options say where to look.
type Options struct {
	// Regions are those to ask in; none: those that every account has.
	Regions []string
	// Now ends the 90 days; zero: the clock's.
	Now cloudtrail.Time
	// Allow is asked before every call, which would be so many in all, also at the
	// same time. Its error
	// ends what is being asked. nil: everything is allowed.
	Allow func(ctx context.Context, calls int) error
	// Note is told what could not be looked into, and is no failure; never two
	// calls at once.
	Note func(string)
}

// Log is the event history of one account. It is safe for concurrent use.
type Log struct {
	account string
	regions []string
	chosen  bool // the user named the regions: each has to answer
	clients map[string]*region
	options Options
	telling sync.Mutex // held while somebody is told something

	mu    sync.Mutex // guards what follows
	calls int
	shut  map[string]bool // regions that the caller may not ask in
	early bool            // it was noted that the history begins later
}

// region is where calls are made, and their pace.
type region struct {
	api  *api.Client
	pace *pace
}

// kept is how long the history is.
const kept cloudtrail.Time = 90 * 24 * 60 * 60

// common are the regions that every account of AWS's own partition has; the
// others have to be enabled first, and named to be looked into (Account
// Management Reference Guide, Enable or disable AWS Regions).
var common = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
}

// Common are the regions that every account has.
func Common() []string { return slices.Clone(common) }

// Open asks whose history it is.
func Open(ctx context.Context, cfg aws.Config, o Options) (*Log, error) {
	if o.Now == 0 {
		o.Now = cloudtrail.TimeOf(time.Now())
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	l := &Log{options: o, regions: slices.Clone(o.Regions), chosen: len(o.Regions) > 0, clients: map[string]*region{}, shut: map[string]bool{}}
	if !l.chosen {
		l.regions = regionsLike(cfg.Region)
	}
	slices.Sort(l.regions)
	l.regions = slices.Compact(l.regions)
	if cfg.Region == "" {
		cfg.Region = l.regions[0]
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("asking whose event history it is: %w", err)
	}
	l.account = aws.ToString(who.Account)
	for _, name := range l.regions {
		there := cfg.Copy()
		there.Region = name
		l.clients[name] = &region{api: api.NewFromConfig(there), pace: newPace()}
	}
	return l, nil
}

// regionsLike are the regions to look into of the partition that one is of, that
// one among them.
func regionsLike(name string) []string {
	switch {
	case strings.HasPrefix(name, "us-gov-"):
		return []string{"us-gov-east-1", "us-gov-west-1"}
	case strings.HasPrefix(name, "cn-"):
		return []string{"cn-north-1", "cn-northwest-1"}
	case name == "":
		return common
	}
	return append(slices.Clone(common), name)
}

func (l *Log) note(text string) {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.options.Note(text)
}

// Account is whose history it is.
func (l *Log) Account() string { return l.account }

// Calls is how many calls were made.
func (l *Log) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// Accounts are those that the history tells of: the caller's.
func (l *Log) Accounts(context.Context) ([]string, error) { return []string{l.account}, nil }

// Regions are those that are looked into, none of another account's.
func (l *Log) Regions(_ context.Context, account string) ([]string, error) {
	if account != l.account {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.regions), func(name string) bool { return l.shut[name] }), nil
}

// Span is nothing: no file tells how far a history reaches that has none.
func (l *Log) Span(_ context.Context, account, region string) (lineage.Span, error) {
	return lineage.Span{Account: account, Region: region}, nil
}
