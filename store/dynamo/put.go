package dynamo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// castagnoli has an instruction of its own on amd64 and arm64.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sumOf(record, file string) string {
	from := "log"
	if isInline(file) {
		from = "message"
	}
	return fmt.Sprintf("%s-%08x", from, crc32.Checksum([]byte(record), castagnoli))
}

// written is what a record becomes.
type written struct {
	event item
	facts []item // pointers to it, and the names and days that it shows, the same for many
	heavy bool   // there are pointers: it is worth a look whether the event is there
}

// useOf is what a record tells of its caller, in a log file of that account.
func useOf(r *cloudtrail.Record, account string, at lineage.Location) *lineage.Use {
	who := lineage.NewIdentity(&r.UserIdentity)
	u := lineage.NewUse(r, r.ID(account), &who, at)
	return &u
}

// items makes the items of a record, which alias it, and of what useOf makes of it.
func (s *Store) items(r *cloudtrail.Record, u *lineage.Use, version string) written {
	facts := lineage.Facts(r, *u)
	e := written{event: eventItem(r, u, facts, version, s.writer.packer.pack)}
	e.event[attrBy] = &types.AttributeValueMemberB{Value: binary.LittleEndian.AppendUint64(nil, rand.Uint64())}
	e.event[attrSum] = text(sumOf(string(r.Raw), u.File))
	key := eventKey(u)
	seen := map[itemKey]bool{}
	add := func(i item) bool {
		k := keyOf(i)
		if seen[k] || sizeOf(i) > mostItem {
			return false
		}
		seen[k] = true
		e.facts = append(e.facts, i)
		return true
	}
	for n := range facts {
		f := &facts[n]
		for _, k := range f.Keys() {
			if f.Kind == lineage.Name {
				add(nameItem(k, f))
			} else if add(factItem(k, key)) {
				e.heavy = true
			}
		}
	}
	add(daysItem(u))
	return e
}

// put writes an event after all that leads to it, so that one that is there is
// found by all its keys. fresh is false if it was there.
func (s *Store) put(ctx context.Context, e written) (fresh bool, err error) {
	if e.heavy {
		// Pointers are written anew for nothing where the event is there, as often
		// it is: from EventBridge first and then from its log file. A write costs
		// five times what this read does.
		there, err := s.get(ctx, keyOf(e.event), attrSum)
		if err != nil || len(there) > 0 && textOf(there, attrSum) <= textOf(e.event, attrSum) {
			return false, err
		}
	}
	if err := s.putAll(ctx, s.writer.known.missing(e.facts)); err != nil {
		return false, err
	}
	s.writer.known.add(e.facts)
	fresh, there, err := s.putNew(ctx, e.event)
	if ends := there[attrExpires]; err == nil && there != nil && textOf(there, attrExpires) != textOf(e.event, attrExpires) {
		// Another put it meanwhile, who knows more, or less, of how long events are
		// kept: what leads to it goes when it does.
		return false, s.putAll(ctx, e.pointers(ends))
	}
	return fresh, err
}

// pointers are those to an event, with another end; nil: with none.
func (e *written) pointers(ends types.AttributeValue) (all []item) {
	for _, i := range e.facts {
		if shared(i) {
			continue
		}
		if i = maps.Clone(i); ends != nil {
			i[attrExpires] = ends
		} else {
			delete(i, attrExpires)
		}
		all = append(all, i)
	}
	return all
}

// putNew writes the item of an event that is not there. Two records of one event that
// differ in no link field are duplicates; should they differ elsewhere, as they do
// where EventBridge wrote one and CloudTrail the other, the one from a log file is kept,
// then the one with the least sum, so that it does not matter which came first.
// The item that is there is returned where another put it.
func (s *Store) putNew(ctx context.Context, i item) (fresh bool, there item, err error) {
	in := &dynamodb.PutItemInput{
		TableName: &s.table, Item: i,
		ConditionExpression:                 aws.String("attribute_not_exists(#e)"),
		ExpressionAttributeNames:            map[string]string{"#e": attrEvent},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ReturnValues:                        types.ReturnValueAllOld,
	}
	if sum := i[attrSum]; sum != nil {
		in.ConditionExpression = aws.String("attribute_not_exists(#e) OR #s > :s")
		in.ExpressionAttributeNames["#s"] = attrSum
		in.ExpressionAttributeValues = item{":s": sum}
	}
	out, err := s.client.PutItem(ctx, in, s.patient)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if textOf(i, attrBy) == textOf(failed.Item, attrBy) {
			return true, nil, nil
		}
		return false, failed.Item, nil
	}
	if err != nil {
		return false, nil, s.explain(ctx, err)
	}
	return len(out.Attributes) == 0, nil, nil
}

// update changes an item, where a condition that it has holds.
func (s *Store) update(ctx context.Context, k itemKey, in *dynamodb.UpdateItemInput) error {
	in.TableName, in.Key = &s.table, k.attributes()
	_, err := s.client.UpdateItem(ctx, in, s.patient)
	return s.explain(ctx, unlessFailed(err))
}

// get reads an item, or one attribute of it, and "" is all; nil if it is not there.
func (s *Store) get(ctx context.Context, k itemKey, attribute string) (item, error) {
	in := &dynamodb.GetItemInput{TableName: &s.table, Key: k.attributes(), ConsistentRead: aws.Bool(true)}
	if attribute != "" {
		in.ProjectionExpression = aws.String("#a")
		in.ExpressionAttributeNames = map[string]string{"#a": attribute}
	}
	out, err := s.client.GetItem(ctx, in, s.patient)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return out.Item, nil
}

// mostBatch is how many items a BatchWriteItem takes (DynamoDB API Reference).
const mostBatch = 25

// putAll writes items whatever is there. What DynamoDB had no time for comes again.
func (s *Store) putAll(ctx context.Context, items []item) error {
	for len(items) > 0 {
		n := min(len(items), mostBatch)
		requests := make([]types.WriteRequest, n)
		for i, one := range items[:n] {
			requests[i].PutRequest = &types.PutRequest{Item: one}
		}
		items = items[n:]
		for tried := 0; len(requests) > 0; tried++ {
			if err := s.writer.slow.wait(ctx, s, tried); err != nil {
				return err
			}
			out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{s.table: requests},
			}, s.patient)
			if err != nil {
				return s.explain(ctx, err)
			}
			requests = out.UnprocessedItems[s.table]
		}
	}
	return nil
}
