package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table is a DynamoDB table, and its owner's hand on it.
type Table struct {
	Name  string
	Owner *dynamodb.Client
}

// Table makes a table of the account as AWS's text on auditing cross-account roles
// does: aws dynamodb create-table with eventID and eventTime, both text, as keys, and
// one unit of each capacity. Options change that.
func (c Account) Table(t testing.TB, name string, options ...func(*dynamodb.CreateTableInput)) *Table {
	t.Helper()
	return makeTable(t, dynamodb.NewFromConfig(c.Config()), name, options...)
}

func makeTable(t testing.TB, owner *dynamodb.Client, name string, options ...func(*dynamodb.CreateTableInput)) *Table {
	t.Helper()
	table := &Table{Name: name, Owner: owner}
	input := &dynamodb.CreateTableInput{
		TableName: &name,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("eventID"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("eventTime"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("eventID"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("eventTime"), KeyType: types.KeyTypeRange},
		},
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)},
	}
	for _, option := range options {
		option(input)
	}
	_, err := table.Owner.CreateTable(t.Context(), input)
	must(t, err)
	return table
}

// OwnedTable is a table of the account that is there already, or will be.
func (c Account) OwnedTable(name string) *Table {
	return &Table{Name: name, Owner: dynamodb.NewFromConfig(c.Config())}
}

// Put puts items, each a JSON object: {"eventID":"…","n":1}.
func (b *Table) Put(t testing.TB, items ...string) {
	t.Helper()
	for _, text := range items {
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		var fields map[string]any
		must(t, decoder.Decode(&fields))
		_, err := b.Owner.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &b.Name, Item: attributes(fields)})
		must(t, err)
	}
}

func attributes(fields map[string]any) map[string]types.AttributeValue {
	item := make(map[string]types.AttributeValue, len(fields))
	for name, value := range fields {
		item[name] = attribute(value)
	}
	return item
}

func attribute(value any) types.AttributeValue {
	switch v := value.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case []any:
		list := make([]types.AttributeValue, 0, len(v))
		for _, value := range v {
			list = append(list, attribute(value))
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		return &types.AttributeValueMemberM{Value: attributes(v)}
	}
	panic(fmt.Sprintf("JSON has no %T", value))
}

// Text is an attribute that is a text, empty if it is another.
func Text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Items are all that is in the table, in DynamoDB's order.
func (b *Table) Items(t testing.TB) (items []map[string]types.AttributeValue) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(b.Owner, &dynamodb.ScanInput{TableName: &b.Name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		items = append(items, page.Items...)
	}
	return items
}

// Describe is what DynamoDB says of the table.
func (b *Table) Describe(t testing.TB) *types.TableDescription {
	t.Helper()
	got, err := b.Owner.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &b.Name})
	must(t, err)
	return got.Table
}

// TableTime makes every table and index that is made from now on take so long until
// it is ACTIVE, and a table's backups as long again: on AWS seconds, for a large
// index hours. Zero, as at first, is at once.
func (a *AWS) TableTime(t testing.TB, d time.Duration) {
	t.Helper()
	a.ask(t, "table-time", map[string]float64{"seconds": d.Seconds()}, nil)
}

// Unprocessed makes so many of the next batches, BatchGetItem and BatchWriteItem,
// leave half of what they were asked for unprocessed, as when DynamoDB throttles
// them in part.
func (a *AWS) Unprocessed(t testing.TB, batches int) {
	t.Helper()
	a.ask(t, "unprocessed", map[string]int{"batches": batches}, nil)
}

// ExpireItems takes the items away whose time has come, of all tables with a time to
// live, and says how many. On AWS that happens within days, here within a minute.
func (a *AWS) ExpireItems(t testing.TB) (gone int) {
	t.Helper()
	var answer struct{ Gone int }
	a.ask(t, "expire-items", nil, &answer)
	return answer.Gone
}
