package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// mostAsking is how many calls a question has in flight.
const mostAsking = 32

// IndexError is an index that a question needs and that the table does not have.
type IndexError struct{ Table, Index string }

func (e *IndexError) Error() string {
	return fmt.Sprintf("%[1]s%[2]s has no index %[3]s, which this question needs; crosstrail ingest %[1]s%[2]s --store %[1]s%[2]s adds it, after asking", Scheme, e.Table, e.Index)
}

// span is a part of a partition: of the table, or of an index. The bounds belong to
// it; "" is open.
type span struct {
	of        index // zero: the table itself
	partition string
	from, to  string
	newest    bool // backwards
	limit     int  // items a page; 0: a megabyte
	grow      bool // pages begin small: who asks may want the first alone
	eventual  bool // the table itself is read eventually consistent, for half the price
}

func (a span) input(table string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:                 &table,
		KeyConditionExpression:    aws.String("#p = :p"),
		ExpressionAttributeNames:  map[string]string{"#p": attrEvent},
		ExpressionAttributeValues: item{":p": text(a.partition)},
		ScanIndexForward:          aws.Bool(!a.newest),
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}
	sort := attrTime
	if a.of.name != "" {
		in.IndexName = aws.String(a.of.name)
		in.ExpressionAttributeNames["#p"] = a.of.partition
		sort = a.of.sort
	} else {
		in.ConsistentRead = aws.Bool(!a.eventual)
	}
	if a.from != "" || a.to != "" {
		in.ExpressionAttributeNames["#s"] = sort
	}
	switch {
	case a.from != "" && a.to != "":
		in.KeyConditionExpression = aws.String("#p = :p AND #s BETWEEN :f AND :t")
		in.ExpressionAttributeValues[":f"], in.ExpressionAttributeValues[":t"] = text(a.from), text(a.to)
	case a.from != "":
		in.KeyConditionExpression = aws.String("#p = :p AND #s >= :f")
		in.ExpressionAttributeValues[":f"] = text(a.from)
	case a.to != "":
		in.KeyConditionExpression = aws.String("#p = :p AND #s <= :t")
		in.ExpressionAttributeValues[":t"] = text(a.to)
	}
	return in
}

const firstPage = 8

// pages yields the items of a span, page by page, in their order.
func (s *Store) pages(ctx context.Context, a span) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		if a.from != "" && a.to != "" && a.from > a.to {
			return // which DynamoDB refuses
		}
		in := a.input(s.table)
		size := a.limit
		if a.grow {
			size = firstPage
		}
		for {
			if a.grow && a.limit > 0 {
				size = min(size, a.limit)
			}
			if size > 0 {
				in.Limit = aws.Int32(int32(size))
			}
			if err := s.mayRead(ctx); err != nil {
				yield(nil, err)
				return
			}
			out, err := s.client.Query(ctx, in, s.patient)
			if err != nil {
				yield(nil, s.explainQuery(ctx, a, err))
				return
			}
			if out.ConsumedCapacity != nil {
				s.reads.purse.pay(*out.ConsumedCapacity)
			}
			page := slices.DeleteFunc(out.Items, expired)
			if len(page) > 0 && !yield(page, nil) || len(out.LastEvaluatedKey) == 0 {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
			if a.grow {
				size *= 4
			}
		}
	}
}

// expired reports whether an item is over: DynamoDB deletes it within some days
// (Developer Guide, "Using time to live"), and until then it is there for nobody.
func expired(i item) bool {
	end := timeOf(i, attrExpires)
	return !end.IsZero() && end < cloudtrail.TimeOf(time.Now())
}

// explainQuery knows a missing index by DynamoDB's words: "The table does not have
// the specified index: byTime".
func (s *Store) explainQuery(ctx context.Context, a span, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && a.of.name != "" && api.ErrorCode() == "ValidationException" && strings.Contains(api.ErrorMessage(), "index") {
		return &IndexError{s.table, a.of.name}
	}
	return s.explain(ctx, err)
}

// all reads spans whole, several at once. each is told of one page at a time.
func (s *Store) all(ctx context.Context, spans []span, each func(n int, page []item)) error {
	var mu sync.Mutex
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAsking)
	for n, a := range spans {
		group.Go(func() error {
			for page, err := range s.pages(gctx, a) {
				if err != nil {
					return err
				}
				mu.Lock()
				each(n, page)
				mu.Unlock()
			}
			return nil
		})
	}
	return group.Wait()
}

// mostKeys is how many items a BatchGetItem takes (API Reference).
const mostKeys = 100

// getItems reads items by their keys. Those that are not there are left out.
func (s *Store) getItems(ctx context.Context, keys []itemKey, consistent bool) (map[itemKey]item, error) {
	var mu sync.Mutex
	found := make(map[itemKey]item, len(keys))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAsking / 4)
	for some := range slices.Chunk(keys, mostKeys) {
		group.Go(func() error {
			got, err := s.batch(gctx, some, consistent)
			mu.Lock()
			maps.Copy(found, got)
			mu.Unlock()
			return err
		})
	}
	return found, group.Wait()
}

func (s *Store) batch(ctx context.Context, keys []itemKey, consistent bool) (map[itemKey]item, error) {
	wanted := types.KeysAndAttributes{ConsistentRead: aws.Bool(consistent)}
	for _, k := range keys {
		wanted.Keys = append(wanted.Keys, k.attributes())
	}
	found := map[itemKey]item{}
	for tried := 0; len(wanted.Keys) > 0; tried++ {
		if err := errors.Join(s.writer.slow.wait(ctx, s, tried), s.mayRead(ctx)); err != nil {
			return nil, err
		}
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems:           map[string]types.KeysAndAttributes{s.table: wanted},
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		}, s.patient)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		s.reads.purse.pay(out.ConsumedCapacity...)
		for _, i := range slices.DeleteFunc(out.Responses[s.table], expired) {
			found[keyOf(i)] = i
		}
		left := out.UnprocessedKeys[s.table].Keys
		if len(left) < len(wanted.Keys) {
			tried = -1 // a page of 16 MB is no slowness
		}
		wanted.Keys = left
	}
	return found, nil
}

// getCheaply reads items that an index named. It pays half, and only what a
// replica does not have yet is read again, consistently.
func (s *Store) getCheaply(ctx context.Context, keys []itemKey) (map[itemKey]item, error) {
	found, err := s.getItems(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	late := slices.DeleteFunc(slices.Clone(keys), func(k itemKey) bool { return found[k] != nil })
	more, err := s.getItems(ctx, late, true)
	maps.Copy(found, more)
	return found, err
}
