package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// format is the version of keys.go and item.go. A table of a newer one is refused.
const format = 1

// metaKey is where the table's own item is.
var metaKey = itemKey{partTable, "table"}

// meta is what the table's own item says.
type meta struct {
	watch  *lineage.Watch
	before []*lineage.Watch // that it had
	hash   string           // of the watch; "" for none
	retain int              // days that events are kept; 0: for ever
	floor  cloudtrail.Time  // up to then they were not kept once; 0: all were
	id     string           // drawn when the table was made, or made ours
	read   time.Time
}

// watchHash tells watches apart; "" is none.
func watchHash(watch string) string {
	if watch == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(watch))
	return hex.EncodeToString(sum[:8])
}

// watchText is a watch as it is kept, the same text for the same watch; "" is none.
func watchText(w *lineage.Watch) (string, error) {
	if w == nil {
		return "", nil
	}
	kept, err := json.Marshal(w)
	return string(kept), err
}

// readMeta reads the table's own item. One that is not there is no error.
func (s *Store) readMeta(ctx context.Context, how ...func(*dynamodb.Options)) error {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.table, Key: metaKey.attributes(), ConsistentRead: aws.Bool(true),
	}, how...)
	if err != nil {
		return s.explain(ctx, err)
	}
	if len(out.Item) == 0 {
		s.meta.Store(nil)
		return nil
	}
	m := &meta{read: time.Now()}
	version, err := strconv.Atoi(textOf(out.Item, attrFormat))
	switch {
	case err != nil:
		return fmt.Errorf("%s%s: %s has no format version: something else wrote it; delete that item, and run crosstrail ingest to that table again", Scheme, s.table, metaKey)
	case version > format:
		return fmt.Errorf("%s%s has format %d, and this crosstrail knows formats up to %d: install a newer one", Scheme, s.table, version, format)
	}
	if kept := textOf(out.Item, attrWatch); kept != "" {
		m.watch, m.hash = new(lineage.Watch), watchHash(kept)
		if err := json.Unmarshal([]byte(kept), m.watch); err != nil {
			return fmt.Errorf("%s%s: its watch cannot be read: %w", Scheme, s.table, err)
		}
	}
	if kept := textOf(out.Item, attrWatches); kept != "" {
		if err := json.Unmarshal([]byte(kept), &m.before); err != nil {
			return fmt.Errorf("%s%s: the watches that it had cannot be read: %w", Scheme, s.table, err)
		}
	}
	m.retain, _ = strconv.Atoi(textOf(out.Item, attrRetain))
	m.floor, m.id = timeOf(out.Item, attrFloor), textOf(out.Item, attrID)
	old := s.meta.Swap(m)
	if old != nil && old.id != m.id || s.writer.aged() {
		s.writer.forget()
	}
	return nil
}

// Watch is which records the table takes; nil: every one.
func (s *Store) Watch() *lineage.Watch {
	if m := s.meta.Load(); m != nil {
		return m.watch
	}
	return nil
}

// Before are the watches that the table had: what they left out is not there, unless its
// log file was read again since, which is not known.
func (s *Store) Before() []*lineage.Watch {
	if m := s.meta.Load(); m != nil {
		return m.before
	}
	return nil
}

// SetWatch changes which records the table takes from now on; nil: every one.
// Those who write to it meanwhile learn of it within a minute. What is in the table
// stays, and log files that were read under another watch may be read again.
func (s *Store) SetWatch(ctx context.Context, w *lineage.Watch) error {
	kept, err := watchText(w)
	if err != nil {
		return err
	}
	if err := s.readMeta(ctx); err != nil {
		return err
	}
	if s.meta.Load() == nil {
		return s.notOurs(ErrForeign)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: metaKey.attributes(),
		ConditionExpression:      aws.String("attribute_exists(#e)"),
		UpdateExpression:         aws.String("REMOVE #w"),
		ExpressionAttributeNames: map[string]string{"#e": attrEvent, "#w": attrWatch},
	}
	if kept != "" {
		in.UpdateExpression = aws.String("SET #w = :w")
		in.ExpressionAttributeValues = item{":w": text(kept)}
	}
	if had := had(s.meta.Load()); len(had) > 0 {
		before, err := earlier(had, kept)
		if err != nil {
			return err
		}
		in.UpdateExpression = aws.String("SET #b = :b " + strings.Replace(*in.UpdateExpression, "SET #w", ", #w", 1))
		in.ExpressionAttributeNames["#b"] = attrWatches
		if in.ExpressionAttributeValues == nil {
			in.ExpressionAttributeValues = item{}
		}
		in.ExpressionAttributeValues[":b"] = text(before)
	}
	return s.updateMeta(ctx, in)
}

// had are all the watches of a table so far.
func had(m *meta) []*lineage.Watch {
	if m.watch == nil {
		return m.before
	}
	return append([]*lineage.Watch{m.watch}, m.before...)
}

// earlier are the watches that a table had, each once, as they are kept beside the one
// that it gets.
func earlier(had []*lineage.Watch, now string) (string, error) {
	seen := map[string]bool{now: true}
	var kept []json.RawMessage
	for _, w := range had {
		one, err := watchText(w)
		if err != nil {
			return "", err
		}
		if !seen[one] {
			seen[one] = true
			kept = append(kept, json.RawMessage(one))
		}
	}
	all, err := json.Marshal(kept)
	return string(all), err
}

// updateMeta changes the table's own item, which must be there, and reads it.
func (s *Store) updateMeta(ctx context.Context, in *dynamodb.UpdateItemInput) error {
	if _, err := s.client.UpdateItem(ctx, in); err != nil {
		if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			return s.notOurs(ErrForeign)
		}
		return s.explain(ctx, err)
	}
	return s.readMeta(ctx)
}
