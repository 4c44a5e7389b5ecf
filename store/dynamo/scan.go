package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// segments is how many parts of a table are read at once.
const segments = 4

// scanAll reads all of the table. each is told of a page at a time, of several
// segments at once; what it returns ends all.
func (s *Store) scanAll(ctx context.Context, what dynamodb.ScanInput, each func(ctx context.Context, segment int, page []item) error) error {
	what.TableName, what.TotalSegments = &s.table, aws.Int32(segments)
	what.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	group, gctx := errgroup.WithContext(ctx)
	for n := range segments {
		in := what
		in.Segment = aws.Int32(int32(n))
		pages := dynamodb.NewScanPaginator(s.client, &in)
		group.Go(func() error {
			for pages.HasMorePages() {
				page, err := pages.NextPage(gctx, s.patient)
				if err != nil {
					return s.explain(gctx, err)
				}
				if page.ConsumedCapacity != nil {
					s.reads.purse.pay(*page.ConsumedCapacity)
				}
				if err := each(gctx, n, page.Items); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
