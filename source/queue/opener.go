package queue

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/source/notice"
)

// OpenerOptions are what a user may set. The zero value is good.
type OpenerOptions struct {
	// From are the addresses, s3://bucket/prefix, below which objects may lie: who
	// may send to a queue could name any object that we may read. The bucket is
	// compared whole, and the prefix as S3 compares one. None: any.
	From   []string
	Bucket bucket.Options

	// Topics are ARNs of topics whose account is believed of itself alone: what else
	// comes through one is refused ([notice.Notice.OnlyOf]).
	Topics []string

	// Known reports whether a log file need not be fetched, as it is in the store.
	// It is delivered all the same, to be counted. Nil: none is known.
	Known func(context.Context, cloudtrail.LogFile) (bool, error)

	// Ahead is how many bytes of objects a delivery fetches before they are asked
	// for; 0: 8 MiB, negative: none.
	Ahead int64
}

// Check refuses an address of From that is none, and what is no topic.
func (o *OpenerOptions) Check() error {
	for _, topic := range o.Topics {
		if notice.TopicAccount(topic) == "" {
			return fmt.Errorf("%q is no ARN of a topic, as arn:aws:sns:us-east-1:111111111111:crosstrail", topic)
		}
	}
	for _, from := range o.From {
		if _, _, err := bucket.Split(from); err != nil {
			return err
		}
	}
	return nil
}

const (
	defaultAhead = 8 << 20
	mostLogs     = 64 // buckets that are remembered
	gets         = 8  // objects of one message that are fetched at once
	mostGets     = 64 // of all messages
)

// Opener makes deliveries of messages. It is safe for concurrent use.
type Opener struct {
	cfg     aws.Config
	options OpenerOptions
	from    []place       // those of options.From
	room    chan struct{} // for objects that are fetched

	mu   sync.Mutex
	logs map[string]*logOf // by bucket
}

// place is a bucket, and how keys in it begin.
type place struct{ bucket, prefix string }

// logOf is the log of a bucket.
type logOf struct {
	*bucket.Log

	// Under Opener.mu:
	read  time.Time     // when an object of it was last opened
	again chan struct{} // closed when one is the next time; nil: nobody waits for that
}

// NewOpener reads what messages name with this configuration. A bucket's region is
// found out.
func NewOpener(cfg aws.Config, o OpenerOptions) *Opener {
	o.Bucket.Unattended = true
	if o.Ahead == 0 {
		o.Ahead = defaultAhead
	}
	opener := &Opener{cfg: cfg, options: o, room: make(chan struct{}, mostGets), logs: map[string]*logOf{}}
	for _, from := range o.From {
		if name, prefix, err := bucket.Split(from); err == nil {
			opener.from = append(opener.from, place{name, prefix})
		}
	}
	return opener
}

// Delivery is what a message names: log files, and records in files of our own
// making. It has nothing to settle: that is whose who received the message. What
// says nothing that is to be read is one item that is passed over, with the reason.
//
// An error that is a [*notice.Error] is of a message that can never be read.
func (o *Opener) Delivery(ctx context.Context, m notice.Message) (source.Delivery, error) {
	var mu sync.Mutex
	left := o.options.Ahead
	return o.open(ctx, m, func(n int64) bool {
		mu.Lock()
		defer mu.Unlock()
		if n > left {
			return false
		}
		left -= n
		return true
	})
}

// open is Delivery with what fetches ahead asking take for the bytes.
func (o *Opener) open(ctx context.Context, m notice.Message, take func(int64) bool) (source.Delivery, error) {
	n, err := notice.Parse(m.Body)
	if err != nil {
		return source.Delivery{}, err
	}
	// A function that a topic calls is handed no envelope: one in the message is the publisher's.
	if topic := cmp.Or(m.Topic, n.Topic); slices.Contains(o.options.Topics, topic) {
		if err := n.OnlyOf(topic); err != nil {
			return source.Delivery{}, err
		}
	}
	for i := range n.Objects {
		if err := o.allowed(&n.Objects[i]); err != nil {
			return source.Delivery{}, err
		}
	}
	items := make([]source.Item, len(n.Objects), len(n.Objects)+len(n.Records)+1)
	var group errgroup.Group
	group.SetLimit(gets)
	for i := range n.Objects {
		group.Go(func() error {
			var err error
			items[i], err = o.object(ctx, &n.Objects[i], take)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return source.Delivery{}, err
	}
	for _, record := range n.Records { // with its envelope, which tells who was sent it
		items = append(items, source.Inline(record))
	}
	if n.Passed != "" {
		item := source.Inline(m.Body)
		item.PassOver = n.Passed
		items = append(items, item)
	}
	return source.Delivery{Items: items}, nil
}

// allowed refuses an object that lies below none of the addresses.
func (o *Opener) allowed(at *notice.Object) error {
	for _, from := range o.from {
		if from.bucket == at.Bucket && strings.HasPrefix(at.Key, from.prefix) {
			return nil
		}
	}
	if len(o.options.From) == 0 {
		return nil
	}
	return notice.NotAllowed(at, o.options.From)
}

// log is the log of a bucket.
func (o *Opener) log(name string) (*logOf, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := o.logs[name]; l != nil {
		return l, nil
	}
	reached, err := bucket.Reach(o.cfg, bucket.Scheme+name, o.options.Bucket)
	if err != nil {
		return nil, err
	}
	l := &logOf{Log: reached}
	if len(o.logs) >= mostLogs {
		for other := range o.logs { // any: who names so many has a purpose
			delete(o.logs, other)
			break
		}
	}
	o.logs[name] = l
	return l, nil
}

// worked is when an object of a bucket was last opened.
func (o *Opener) worked(name string) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := o.logs[name]; l != nil {
		return l.read
	}
	return time.Time{}
}

// again is closed when an object of a bucket is opened the next time; nil, which is
// never, where no object of it was asked for.
func (o *Opener) again(name string) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.logs[name]
	if l == nil {
		return nil
	}
	if l.again == nil {
		l.again = make(chan struct{})
	}
	return l.again
}

// announced is the item of an object, which notes that it could be opened.
func (o *Opener) announced(ctx context.Context, l *logOf, key, version, etag string, size int64) source.Item {
	item := l.Announced(ctx, key, version, etag, size)
	open := item.Open
	item.Open = func(ctx context.Context) (io.ReadCloser, error) {
		body, err := open(ctx)
		if err == nil {
			o.mu.Lock()
			l.read = time.Now()
			if l.again != nil {
				close(l.again)
				l.again = nil
			}
			o.mu.Unlock()
		}
		return body, err
	}
	return item
}

// object is the item of an object, fetched already where take lets it.
func (o *Opener) object(ctx context.Context, at *notice.Object, take func(int64) bool) (source.Item, error) {
	select {
	case o.room <- struct{}{}:
		defer func() { <-o.room }()
	case <-ctx.Done():
		return source.Item{}, ctx.Err()
	}
	l, err := o.log(at.Bucket)
	if err != nil {
		return source.Item{}, err
	}
	item := o.announced(ctx, l, at.Key, at.VersionID, at.ETag, at.Size)
	if item.PassOver != "" {
		return item, nil
	}
	if o.options.Known != nil {
		known, err := o.options.Known(ctx, item.LogFile)
		if known || err != nil {
			return item, err
		}
	}
	if item.Size <= 0 || item.Size > bucket.Whole || !take(item.Size) {
		if at.VersionID == "" && at.ETag != "" {
			// It is opened later; what is there then is to have its own ETag.
			item = o.announced(ctx, l, at.Key, "", "", -1)
		}
		return item, nil
	}
	begun := time.Now()
	body, err := item.Open(ctx)
	if bucket.IsReplaced(err) {
		item = o.announced(ctx, l, at.Key, "", "", -1)
		return item, nil
	}
	return given(item, body, err, func() bool {
		return bucket.IsOutage(err) && o.worked(at.Bucket).After(begun)
	}), nil
}

// given is an item whose first Open gives what is open already, or why it is not,
// unless that is over.
func given(item source.Item, body io.ReadCloser, err error, over func() bool) source.Item {
	var once sync.Once
	again := item.Open
	item.Open = func(ctx context.Context) (r io.ReadCloser, failed error) {
		first := false
		once.Do(func() {
			r, failed, first = body, err, true
			body = nil
		})
		if first && !over() {
			return r, failed
		}
		return again(ctx)
	}
	return item
}
