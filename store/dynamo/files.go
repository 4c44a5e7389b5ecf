package dynamo

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// fileItem is a log file under a key of its.
func fileItem(k itemKey, f cloudtrail.LogFile) item {
	i := k.attributes()
	for attr, value := range map[string]string{
		attrFile: f.URI, attrVersion: f.Version, attrAccount: f.Account, attrRegion: f.Region, attrOrg: f.Org,
	} {
		if value != "" {
			i[attr] = text(value)
		}
	}
	i[attrKind] = number(f.Kind)
	if !f.Delivered.IsZero() {
		i[attrDelivered] = number(f.Delivered)
	}
	return i
}

// readFile reads what fileItem made.
func readFile(i item) cloudtrail.LogFile {
	kind, _ := strconv.ParseUint(textOf(i, attrKind), 10, 8)
	return cloudtrail.LogFile{
		URI: textOf(i, attrFile), Version: textOf(i, attrVersion), Kind: cloudtrail.FileKind(kind),
		Account: textOf(i, attrAccount), Region: textOf(i, attrRegion), Org: textOf(i, attrOrg),
		Delivered: timeOf(i, attrDelivered),
	}
}

func timeOf(i item, name string) cloudtrail.Time {
	t, _ := strconv.ParseInt(textOf(i, name), 10, 64)
	return cloudtrail.Time(t)
}

// mostProblem is how long a problem may be.
const mostProblem = 1000

// failedItem is a log file that could not be read. It means nothing where the file's
// own item is there: it was read later, under this watch or another. Nor does it where
// it has an end ([Store.settleFailed]).
func failedItem(f cloudtrail.LogFile, failed error) item {
	i := fileItem(failedKey(f), f)
	i[attrAt] = text(fileKey(f).partition)
	problem := query.RedactText(failed.Error())
	i[attrProblem] = text(strings.ToValidUTF8(problem[:min(len(problem), mostProblem)], "?"))
	if part, ok := errors.AsType[*source.PartError](failed); ok {
		i[attrRecords] = number(part.Records)
	}
	return i
}

// note writes what became of a log file, after all its records.
func (s *Store) note(ctx context.Context, f finished) error {
	if f.failed != nil {
		// One that was read once, under another watch maybe, is not missing.
		if there, err := s.get(ctx, fileKey(f.LogFile), attrEvent); err != nil || len(there) > 0 {
			return err
		}
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: failedItem(f.LogFile, f.failed)}, s.patient)
		return s.explain(ctx, err)
	}
	if err := s.widen(ctx, f.LogFile); err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &s.table, Item: fileItem(fileKey(f.LogFile), f.LogFile)}
	if f.hash != "" {
		in.Item[attrWatch] = text(f.hash)
	}
	if f.old.Load() {
		in.Item[attrFloor] = number(f.floor)
	}
	if f.hash != "" || f.old.Load() {
		// That all of it was read is not to be forgotten.
		in.ConditionExpression = aws.String("attribute_not_exists(#e) OR attribute_exists(#w) OR attribute_exists(#f)")
		in.ExpressionAttributeNames = map[string]string{"#e": attrEvent, "#w": attrWatch, "#f": attrFloor}
	}
	if _, err := s.client.PutItem(ctx, in, s.patient); unlessFailed(err) != nil {
		return s.explain(ctx, err)
	}
	return s.settleFailed(ctx, f.LogFile)
}

// settleFailed gives the note that a file could not be read, where there is one, its
// end: DynamoDB deletes it, and readers leave it out until then. Who writes has no
// leave to delete.
func (s *Store) settleFailed(ctx context.Context, f cloudtrail.LogFile) error {
	k := failedKey(f)
	if i, err := s.get(ctx, k, attrEvent); err != nil || len(i) == 0 {
		return err
	}
	return s.setExpiry(ctx, k, time.Now().Unix())
}

// unlessFailed is an error of a call, but that its condition did not hold.
func unlessFailed(err error) error {
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return nil
	}
	return err
}

// stamps are delivery stamps between which a span is known to reach; zero: none is.
type stamps struct{ first, newest cloudtrail.Time }

// widen notes the span of a log file. Spans only grow, so that it does not matter
// who comes first.
func (s *Store) widen(ctx context.Context, f cloudtrail.LogFile) error {
	at, t := place{f.Account, f.Region}, f.Delivered
	if f.Kind != cloudtrail.LogFileKind {
		t = 0
	}
	w := &s.writer
	w.mu.Lock()
	known, ok := w.spans[at]
	since := w.since
	w.mu.Unlock()
	none := known.newest.IsZero()
	if !ok {
		if err := s.openSpan(ctx, f); err != nil {
			return err
		}
	}
	if !t.IsZero() && (none || known.first > t) {
		if err := s.stretch(ctx, f, attrFirst, "#t > :t"); err != nil {
			return err
		}
	}
	if !t.IsZero() && (none || known.newest < t) {
		if err := s.stretch(ctx, f, attrNewest, "#t < :t"); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since != since {
		return nil // what was known was of another table
	}
	known = w.spans[at]
	if !t.IsZero() {
		if known.newest.IsZero() {
			known = stamps{t, t}
		}
		known = stamps{min(known.first, t), max(known.newest, t)}
	}
	w.spans[at] = known
	return nil
}

// openSpan sees to it that a span is there.
func (s *Store) openSpan(ctx context.Context, f cloudtrail.LogFile) error {
	return s.update(ctx, spanKey(f.Account, f.Region), &dynamodb.UpdateItemInput{
		UpdateExpression:          aws.String("SET #a = :a, #r = :r"),
		ExpressionAttributeNames:  map[string]string{"#a": attrAccount, "#r": attrRegion},
		ExpressionAttributeValues: item{":a": text(f.Account), ":r": text(f.Region)},
	})
}

// stretch sets one end of a span where that is beyond it, as further says. It says
// whose span that is, too: in a table that was made anew meanwhile there is none yet.
func (s *Store) stretch(ctx context.Context, f cloudtrail.LogFile, end, further string) error {
	return s.update(ctx, spanKey(f.Account, f.Region), &dynamodb.UpdateItemInput{
		UpdateExpression:          aws.String("SET #t = :t, #a = :a, #r = :r"),
		ConditionExpression:       aws.String("attribute_not_exists(#t) OR " + further),
		ExpressionAttributeNames:  map[string]string{"#t": end, "#a": attrAccount, "#r": attrRegion},
		ExpressionAttributeValues: item{":t": number(f.Delivered), ":a": text(f.Account), ":r": text(f.Region)},
	})
}
