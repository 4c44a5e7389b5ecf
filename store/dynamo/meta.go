package dynamo

import (
	"cmp"
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
	kept   [2]string        // watch and before as they are in the item; "" for none
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
	asked := time.Now() // what it says may be changed while the answer is on its way
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
	m := &meta{read: asked, kept: [2]string{textOf(out.Item, attrWatch), textOf(out.Item, attrWatches)}}
	version, err := strconv.Atoi(textOf(out.Item, attrFormat))
	switch {
	case err != nil:
		return fmt.Errorf("%s%s: %s has no format version: something else wrote it; delete that item, and run crosstrail ingest to that table again", Scheme, s.table, metaKey)
	case version > format:
		return fmt.Errorf("%s%s has format %d, and this crosstrail knows formats up to %d: install a newer one", Scheme, s.table, version, format)
	}
	if kept := m.kept[0]; kept != "" {
		m.watch, m.hash = new(lineage.Watch), watchHash(kept)
		if err := json.Unmarshal([]byte(kept), m.watch); err != nil {
			return fmt.Errorf("%s%s: its watch cannot be read: %w", Scheme, s.table, err)
		}
	}
	if kept := m.kept[1]; kept != "" {
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

// ErrWatchChanged is that a table has another watch than the one that was looked at.
var ErrWatchChanged = errors.New("somebody else changed what the table takes at the same time")

// SetWatch changes which records the table takes from now on; nil: every one. was is the
// watch that the new one was made from, as [Store.Watch] told it: where the table has
// another by now nothing is changed, [Store.Watch] tells that one, and the error is
// [ErrWatchChanged].
//
// Those who write to the table meanwhile learn of it within a second, a function with
// its next invocation. What is in it stays, and log files that were read under another
// watch may be read again.
func (s *Store) SetWatch(ctx context.Context, was, w *lineage.Watch) error {
	looked, err := watchText(was)
	if err != nil {
		return err
	}
	kept, err := watchText(w)
	if err != nil {
		return err
	}
	if err := s.readMeta(ctx); err != nil {
		return err
	}
	m := s.meta.Load()
	if m == nil {
		return s.notOurs(ErrForeign)
	}
	if now, err := watchText(m.watch); err != nil || now != looked {
		return cmp.Or(err, ErrWatchChanged)
	}
	in, err := m.change(kept)
	if err != nil {
		return err
	}
	in.TableName = &s.table
	_, err = s.client.UpdateItem(ctx, in)
	_, changed := errors.AsType[*types.ConditionalCheckFailedException](err)
	if err != nil && !changed {
		return s.explain(ctx, err)
	}
	if err := s.readMeta(ctx); err != nil {
		return err
	}
	switch {
	case s.meta.Load() == nil:
		return s.notOurs(ErrForeign)
	case changed:
		return ErrWatchChanged
	}
	return nil
}

// change gives the table's own item another watch, if it still has the one that was read,
// and those before.
func (m *meta) change(watch string) (*dynamodb.UpdateItemInput, error) {
	had := had(m)
	before, err := earlier(had, watch)
	if err != nil {
		return nil, err
	}
	condition, values := "attribute_exists(#e)", item{}
	for i, name := range []string{"#w", "#b"} {
		if m.kept[i] == "" {
			condition += " AND attribute_not_exists(" + name + ")"
			continue
		}
		value := ":had" + name[1:]
		condition += " AND " + name + " = " + value
		values[value] = text(m.kept[i])
	}
	var set, remove []string
	if watch == "" {
		remove = append(remove, "REMOVE #w")
	} else {
		set, values[":w"] = append(set, "#w = :w"), text(watch)
	}
	if len(had) > 0 {
		set, values[":b"] = append(set, "#b = :b"), text(before)
	}
	if len(set) > 0 {
		remove = append(remove, "SET "+strings.Join(set, ", "))
	}
	in := &dynamodb.UpdateItemInput{
		Key: metaKey.attributes(), ConditionExpression: &condition, UpdateExpression: aws.String(strings.Join(remove, " ")),
		ExpressionAttributeNames: map[string]string{"#e": attrEvent, "#w": attrWatch, "#b": attrWatches},
	}
	if len(values) > 0 { // DynamoDB takes no empty ones
		in.ExpressionAttributeValues = values
	}
	return in, nil
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
