package dynamo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// adopt makes the items of AWS's text ours, beside them. What of them cannot be read
// is told, and stays as it is. Doing it twice is doing it once.
func (m *maker) adopt(ctx context.Context) error {
	var mu sync.Mutex // guards what follows
	var made, there, bad int
	what := dynamodb.ScanInput{
		ConsistentRead:           aws.Bool(true),
		FilterExpression:         aws.String("attribute_exists(#r) AND attribute_not_exists(#f)"),
		ExpressionAttributeNames: map[string]string{"#r": attrRecord, "#f": attrFile},
	}
	return m.scanAll(ctx, what, func(ctx context.Context, _ int, page []item) error {
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(mostFlying / segments)
		for _, i := range page {
			if kindOf(i) != kindForeign {
				continue
			}
			group.Go(func() error {
				fresh, lost, err := m.adoptOne(gctx, i)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case lost != nil:
					if bad++; bad <= 10 {
						m.options.note("left as it is: %v", lost)
					}
				case fresh:
					made++
				default:
					there++
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if made+there+bad > 0 {
			m.options.note("items of AWS's text: %d taken in, %d there already, %d that cannot be read", made, there, bad)
		}
		return nil
	})
}

// adoptOne makes an item of AWS's text ours; lost is why it cannot be.
func (m *maker) adoptOne(ctx context.Context, i item) (fresh bool, lost, err error) {
	raw := []byte(textOf(i, attrRecord))
	at := lineage.Location{File: cloudtrail.InlineURI(sha256.Sum256(raw))}
	var e written
	lost = m.reads.decode(raw, func(r *cloudtrail.Record) error {
		was := r.Envelope
		if err := (&event{key: keyOf(i)}).read(&m.reads, i, r, false); err != nil {
			return err // as who asks the table is told
		}
		r.Envelope = was
		r = r.Clone()
		e = m.items(r, useOf(r, "", at), "")
		if e.event[attrRecord] == nil {
			return errTooLarge
		}
		return nil
	})
	if lost != nil {
		return false, fmt.Errorf("%s: %w", keyOf(i), lost), nil
	}
	fresh, err = m.put(ctx, e)
	return fresh, nil, err
}
