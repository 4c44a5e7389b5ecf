package dynamo

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Spans are what is there of each account and region. How many files that is would
// have to be counted one by one, a read unit for some thirty: it is left open, and who
// wants them all asks for [Store.LogFiles].
func (s *Store) Spans(ctx context.Context) ([]lineage.Span, error) {
	var all []lineage.Span
	for page, err := range s.pages(ctx, span{partition: partSpans}) {
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			one, err := readSpan(i)
			if err != nil {
				s.leftOut(keyOf(i), err)
				continue
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// readSpan reads what widen wrote.
func readSpan(i item) (lineage.Span, error) {
	one := lineage.Span{
		Account: textOf(i, attrAccount), Region: textOf(i, attrRegion),
		First: timeOf(i, attrFirst), Newest: timeOf(i, attrNewest),
	}
	if spanKey(one.Account, one.Region) != keyOf(i) {
		return lineage.Span{}, fmt.Errorf("it is of account %q and region %q", one.Account, one.Region)
	}
	return one, nil
}

// LogFiles yields every log file that was read to its end, log by log.
func (s *Store) LogFiles(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	return func(yield func(cloudtrail.LogFile, error) bool) {
		for f, err := range s.filesRead(ctx) {
			if !yield(f.LogFile, err) {
				return
			}
		}
	}
}

// fileRead is a log file, and the hash of the watch that it was read under.
type fileRead struct {
	cloudtrail.LogFile
	watch string
}

func (s *Store) filesRead(ctx context.Context) iter.Seq2[fileRead, error] {
	return func(yield func(fileRead, error) bool) {
		spans, err := s.Spans(ctx)
		if err != nil {
			yield(fileRead{}, err)
			return
		}
		for _, one := range spans {
			for page, err := range s.pages(ctx, span{partition: filePartition(one.Account, one.Region), eventual: true}) {
				if err != nil {
					yield(fileRead{}, err)
					return
				}
				for _, i := range page {
					f := readFile(i)
					if k := keyOf(i); fileKey(f) != k {
						s.leftOut(k, fmt.Errorf("it is of log file %s", f.URI))
					} else if !yield(fileRead{f, textOf(i, attrWatch)}, nil) {
						return
					}
				}
			}
		}
	}
}

// Lack is what is not there of what the table was to hold: log files that could not
// be read, and were not later; what its watch leaves out; what has expired.
func (s *Store) Lack(ctx context.Context) (query.Lack, error) {
	lack := query.Lack{Watch: s.Watch(), Before: s.Before()}
	failed, err := s.Failed(ctx)
	if err != nil {
		return lack, err
	}
	for _, f := range failed {
		if f.Records > 0 {
			lack.Partly++
		} else {
			lack.Failed++
		}
	}
	if m := s.meta.Load(); m != nil {
		lack.Floor = m.lacks()
	}
	return lack, nil
}

// Raw returns the record itself, session tokens taken out: of what this Store
// handed out lately from its item, else from its log file, if that may be read here.
func (s *Store) Raw(ctx context.Context, at lineage.Location) ([]byte, error) {
	if at.Record < 0 {
		return nil, fmt.Errorf("%s: has no record %d", at.File, at.Record)
	}
	k, ok := s.reads.placeOf(at)
	if !ok {
		if at.File == source.Stdin || cloudtrail.IsInline(at.File) {
			return nil, fmt.Errorf("%s, record %d: is no log file, and no event of it was read here", at.File, at.Record)
		}
		raw, err := s.fetch(ctx, at, "")
		if err != nil {
			return nil, fmt.Errorf("%s, record %d: %w", at.File, at.Record, err)
		}
		return raw, nil
	}
	if err := s.mayRead(ctx); err != nil {
		return nil, err
	}
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.table, Key: k.attributes(), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}, s.patient)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if out.ConsumedCapacity != nil {
		s.reads.purse.pay(*out.ConsumedCapacity)
	}
	if len(out.Item) == 0 {
		return nil, fmt.Errorf("%s%s: %s is not there any more: it has expired, or was deleted", Scheme, s.table, k)
	}
	raw, err := s.recordOf(ctx, out.Item)
	if err == nil {
		err = s.reads.decode(raw, func(r *cloudtrail.Record) error { raw = slices.Clone([]byte(r.Raw)); return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("%s%s: %s: %w", Scheme, s.table, k, err)
	}
	return raw, nil
}
