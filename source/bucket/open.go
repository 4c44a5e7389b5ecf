package bucket

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Options are what a user may set. The zero value is good.
type Options struct {
	RequesterPays bool // the reader's account pays for requests and bytes

	Lists int           // lists in flight; 0: 32
	Gets  int           // objects in flight; 0: 128
	Ahead int64         // bytes of objects that are fetched before they are asked for; 0: 32 MiB
	Stall time.Duration // how long a body may send nothing; 0: 30 s

	Unattended bool // nobody has run a command: no error says to run it again
}

const (
	defaultLists = 32
	defaultGets  = 128
	defaultAhead = 32 << 20
	defaultStall = 30 * time.Second
)

func (o Options) filled() Options {
	if o.Lists <= 0 {
		o.Lists = defaultLists
	}
	if o.Gets <= 0 {
		o.Gets = defaultGets
	}
	if o.Ahead <= 0 {
		o.Ahead = defaultAhead
	}
	if o.Stall <= 0 {
		o.Stall = defaultStall
	}
	return o
}

// Log is the log under one address. It is safe for concurrent use.
type Log struct {
	bucket, prefix string
	options        Options
	cfg            aws.Config
	cost           cost

	mu  sync.Mutex // guards api and the lists that are remembered
	api *s3.Client

	object  *Object             // the address is of one object
	plain   bool                // nothing is laid out as CloudTrail does
	trees   []place             // AWSLogs folders, or what is above the address in one
	unseen  []string            // folders that AWSLogs was not looked for in
	folders map[string][]string // names below a folder, by its path
	beside  map[string]beside   // what else is in a folder
	base    string              // the folder that All found to be meant
}

// Object is one object as a listing tells of it. Its LogFile's version is the
// object's ETag: a listing tells no version ids, and the ETag changes with the bytes.
type Object struct {
	cloudtrail.LogFile
	Key   string
	Size  int64
	ETag  string
	Class string // storage class, empty for the standard one

	Modified time.Time // when it was written, zero where that was not told

	version string // its id, of one that is not the current one
}

// Open looks at what lies under an address: s3://bucket, a prefix, a folder of
// CloudTrail's own, or one object. It costs one list, a few where AWSLogs lies
// deeper; in a bucket of another region one request more.
func Open(ctx context.Context, cfg aws.Config, uri string, o Options) (*Log, error) {
	l, err := Reach(cfg, uri, o)
	if err != nil {
		return nil, err
	}
	return l, l.look(ctx)
}

// client is a client for a region.
func (l *Log) client(region string) *s3.Client {
	return s3.NewFromConfig(l.cfg, func(o *s3.Options) {
		o.Region = region
		o.UsePathStyle = o.BaseEndpoint != nil // who gives an endpoint has no DNS name for each bucket
		o.UseARNRegion = true
		o.DisableLogOutputChecksumValidationSkipped = true
		o.APIOptions = append(o.APIOptions, l.cost.count)
	})
}

func (l *Log) s3() *s3.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.api
}

func (l *Log) payer() types.RequestPayer {
	if l.options.RequesterPays {
		return types.RequestPayerRequester
	}
	return ""
}

// URI is the address of a key.
func (l *Log) URI(key string) string { return Scheme + l.bucket + "/" + key }

// String is the address that was opened.
func (l *Log) String() string { return l.URI(l.prefix) }

// Cost is what was asked of S3 so far.
func (l *Log) Cost() Cost { return l.cost.told() }

var slashes = regexp.MustCompile(`//+`)

// absent says that nothing is under the address.
func (l *Log) absent() error {
	if l.prefix == "" {
		return fmt.Errorf("%s: the bucket is empty", l)
	}
	if one := slashes.ReplaceAllString("/"+l.prefix, "/"); one != "/"+l.prefix {
		return fmt.Errorf("%s: there is nothing under this prefix: two slashes on end are a folder without a name, and %s is probably meant", l, l.URI(one[1:]))
	}
	return fmt.Errorf("%s: there is nothing under this prefix: check the spelling: aws s3 ls %s", l, strings.TrimSuffix(l.URI(l.prefix), "/"))
}

// Reach is [Open] that looks at nothing: what is read is known by its key.
func Reach(cfg aws.Config, uri string, o Options) (*Log, error) {
	bucket, prefix, err := Split(uri)
	if err != nil {
		return nil, err
	}
	l := &Log{bucket: bucket, prefix: prefix, options: o.filled(), cfg: cfg, folders: map[string][]string{}, beside: map[string]beside{}}
	l.api = l.client(cfg.Region)
	return l, nil
}
