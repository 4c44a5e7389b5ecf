package dynamo

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

const (
	aDay = 24 * 60 * 60 // in seconds
	// longer is how many days an event, and what leads to it, stays beyond those that
	// it is kept: it may be the issuance of a session that lasts as long (linkage.md 4.2).
	longer = 2
	// mostExpired is how long ago an item may have expired for DynamoDB to delete it
	// (Developer Guide, "Using time to live": five years), and some less.
	mostExpired = 4 * 365 * aDay
)

// oldest is the moment up to which events are not taken any more; 0: all are.
func (m *meta) oldest() cloudtrail.Time {
	if m.retain == 0 {
		return 0
	}
	return cloudtrail.Time(time.Now().Unix() - int64(m.retain+longer)*aDay)
}

// lacks is the moment before which not all may be there; 0: all is. DynamoDB deletes
// by its clock (Developer Guide, "Using time to live").
func (m *meta) lacks() cloudtrail.Time {
	if m.retain == 0 {
		return m.floor
	}
	return max(m.floor, cloudtrail.TimeOf(time.Now().AddDate(0, 0, -m.retain)))
}

// expiry is when an item goes, in Unix seconds.
func expiry(t cloudtrail.Time, days int) int64 { return int64(t) + int64(days+longer)*aDay }

// expire says when what an event became goes. Names and days, which many have made,
// stay: a day that went too early would hide the events of another.
func (e *written) expire(t cloudtrail.Time, days int) {
	if days == 0 {
		return
	}
	at := expiry(t, days)
	e.event[attrExpires] = number(at)
	for _, i := range e.facts {
		if moment, ok := mortal(i); ok {
			i[attrExpires] = number(expiry(moment, days))
		}
	}
}

// mortal is the time by which an item goes, of those that do: events, pointers to
// them, and what the program in AWS's text put.
func mortal(i item) (t cloudtrail.Time, ok bool) {
	switch kindOf(i) {
	case kindEvent, kindPointer, kindForeign:
		clock, _, _ := strings.Cut(keyOf(i).sort, "#")
		return cloudtrail.ParseTime(clock)
	}
	return 0, false
}

// SetRetention has events go so many days after they happened, and what leads to them
// with them; 0: they stay for ever. It reads the whole table, and writes each event
// and each pointer to one, twice the size that it has in the indexes too; stopped, it
// may be called again, and goes on with what is left. DynamoDB deletes what has
// expired within some days, and takes nothing for it (Developer Guide, "Using time to
// live"). Who writes to the table meanwhile learns of it within a second; a
// file that it began before is written as it was begun, and goes with the next call.
// Where events are to stay longer some of that is waited for, so that none goes earlier.
func (s *Store) SetRetention(ctx context.Context, days int) error {
	if days < 0 || days > 100_000 {
		return fmt.Errorf("%d days: events are kept for 1 day to 100000, or 0: for ever", days)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: metaKey.attributes(),
		ConditionExpression:       aws.String("attribute_exists(#e)"),
		UpdateExpression:          aws.String("SET #r = :r"),
		ExpressionAttributeNames:  map[string]string{"#e": attrEvent, "#r": attrRetain},
		ExpressionAttributeValues: item{":r": number(days)},
	}
	if err := s.readMeta(ctx); err != nil {
		return err
	}
	was := s.meta.Load()
	if was == nil {
		return s.notOurs(ErrForeign)
	}
	if was.retain > 0 { // what is older than that may have gone for good
		in.UpdateExpression = aws.String("SET #r = :r, #f = :f")
		in.ExpressionAttributeNames["#f"] = attrFloor
		in.ExpressionAttributeValues[":f"] = number(was.lacks())
	}
	if err := s.updateMeta(ctx, in); err != nil {
		return err
	}
	if days == 0 || was.retain > 0 && days >= was.retain {
		s.options.note("waiting %v, until all who write to the table have learned of it", s.learning)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.learning):
		}
	}
	// Records are large, and only whether one is there is of interest here.
	what := dynamodb.ScanInput{
		ConsistentRead:           aws.Bool(true),
		FilterExpression:         aws.String("attribute_exists(#r) OR attribute_exists(#f) OR attribute_exists(#a)"),
		ProjectionExpression:     aws.String("#e, #t, #x, #a, #f"),
		ExpressionAttributeNames: map[string]string{"#e": attrEvent, "#t": attrTime, "#x": attrExpires, "#a": attrAt, "#f": attrFile, "#r": attrRecord},
	}
	var looked, changed atomic.Int64
	return s.scanAll(ctx, what, func(ctx context.Context, _ int, page []item) error {
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(mostFlying / segments)
		now := time.Now().Unix()
		for _, i := range page {
			if i[attrAt] == nil { // else it has a record, or it is ours
				i[attrRecord] = &types.AttributeValueMemberNULL{}
			}
			if at, change := newExpiry(i, days, now); change {
				group.Go(func() error {
					defer changed.Add(1)
					return s.setExpiry(gctx, keyOf(i), at)
				})
			}
		}
		if err := group.Wait(); err != nil {
			return err
		}
		looked.Add(int64(len(page)))
		s.options.note("%d items looked at, %d given another end", looked.Load(), changed.Load())
		return nil
	})
}

// newExpiry is when an item is to go, 0 for never, and whether that is a change.
func newExpiry(i item, days int, now int64) (at int64, change bool) {
	is := int64(timeOf(i, attrExpires))
	t, ok := mortal(i)
	switch {
	case !ok:
		return 0, false
	case days == 0:
		return 0, is != 0
	}
	if at = expiry(t, days); at < now-mostExpired {
		at = now // which DynamoDB would leave otherwise
		return at, is == 0 || is > now
	}
	return at, is != at
}

func (s *Store) setExpiry(ctx context.Context, k itemKey, at int64) error {
	in := &dynamodb.UpdateItemInput{
		ConditionExpression:      aws.String("attribute_exists(#e)"), // it may have gone
		UpdateExpression:         aws.String("REMOVE #x"),
		ExpressionAttributeNames: map[string]string{"#e": attrEvent, "#x": attrExpires},
	}
	if at != 0 {
		in.UpdateExpression = aws.String("SET #x = :x")
		in.ExpressionAttributeValues = item{":x": number(at)}
	}
	return s.update(ctx, k, in)
}
