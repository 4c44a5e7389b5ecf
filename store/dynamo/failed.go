package dynamo

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Foreign reports whether the table is one of AWS's text, without the table's own
// item: it is read as it is (see [Store.Source]).
func (s *Store) Foreign() bool { return s.meta.Load() == nil }

// FailedFile is a log file that could not be read, in whole or in part.
type FailedFile struct {
	cloudtrail.LogFile
	Problem string
	Records int // that could not be read; 0: the file could not be read to its end
}

// Failed are the log files that could not be read, and were not since, by time of
// delivery.
func (s *Store) Failed(ctx context.Context) ([]FailedFile, error) {
	var all []FailedFile
	pages := dynamodb.NewQueryPaginator(s.client, &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#p = :p"),
		ExpressionAttributeNames:  map[string]string{"#p": attrEvent},
		ExpressionAttributeValues: item{":p": text(partFailed)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, s.patient)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		for _, i := range page.Items {
			f := FailedFile{LogFile: readFile(i), Problem: textOf(i, attrProblem)}
			f.Records, _ = strconv.Atoi(textOf(i, attrRecords))
			since, err := s.get(ctx, fileKey(f.LogFile), attrEvent)
			if err != nil {
				return nil, err
			}
			if len(since) == 0 {
				all = append(all, f)
			}
		}
	}
	return all, nil
}
