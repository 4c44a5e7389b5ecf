package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// isForeign reports whether an item is one of the program in AWS's text: its sort
// key is the time alone, and it has a record.
func isForeign(i item) bool {
	k := keyOf(i)
	_, known := cloudtrail.ParseTime(k.sort)
	return known && i[attrRecord] != nil && i[attrFile] == nil
}

// adopt makes the items of AWS's text ours, beside them. What of them cannot be read
// is told, and stays as it is. Doing it twice is doing it once.
func (m *maker) adopt(ctx context.Context) error {
	var made, there, bad int
	pages := dynamodb.NewScanPaginator(m.client, &dynamodb.ScanInput{
		TableName: &m.table, ConsistentRead: aws.Bool(true),
		FilterExpression:         aws.String("attribute_exists(#r) AND attribute_not_exists(#f)"),
		ExpressionAttributeNames: map[string]string{"#r": attrRecord, "#f": attrFile},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, m.patient)
		if err != nil {
			return err
		}
		fresh := make([]bool, len(page.Items))
		lost := make([]error, len(page.Items))
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(mostFlying)
		for n, i := range page.Items {
			if !isForeign(i) {
				continue
			}
			group.Go(func() error {
				r, at, err := foreignRecord(i)
				if err != nil {
					lost[n] = err
					return nil
				}
				e := m.items(r, "", "", at)
				if e.event[attrRecord] == nil {
					lost[n] = fmt.Errorf("%s: %w", keyOf(i), errTooLarge)
					return nil
				}
				fresh[n], err = m.put(gctx, e)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for n, i := range page.Items {
			switch {
			case !isForeign(i):
			case lost[n] != nil:
				if bad++; bad <= 10 {
					m.options.note("left as it is: %v", lost[n])
				}
			case fresh[n]:
				made++
			default:
				there++
			}
		}
		if made+there+bad > 0 {
			m.options.note("items of AWS's text: %d taken in, %d there already, %d that cannot be read", made, there, bad)
		}
	}
	return nil
}

// foreignRecord is the record of an item of AWS's text, bare or in the envelope of
// EventBridge, and where it is: in a file of our own making.
func foreignRecord(i item) (*cloudtrail.Record, lineage.Location, error) {
	raw := []byte(textOf(i, attrRecord))
	sum := sha256.Sum256(raw)
	at := lineage.Location{File: inlinePrefix + hex.EncodeToString(sum[:])}
	var found *cloudtrail.Record
	buf := append(make([]byte, 0, len(raw)+cloudtrail.Padding), raw...)
	for r, err := range new(cloudtrail.Decoder).Records(buf) {
		if err != nil {
			return nil, at, fmt.Errorf("%s: its record cannot be read: %w", keyOf(i), err)
		}
		if found != nil {
			return nil, at, fmt.Errorf("%s: it holds more than one record", keyOf(i))
		}
		found = r.Clone()
	}
	if found == nil {
		return nil, at, errors.New(keyOf(i).String() + ": it holds no record")
	}
	return found, at, nil
}
