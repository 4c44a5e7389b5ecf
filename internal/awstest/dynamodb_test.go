package awstest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// byKey is an index as our table has them.
var byKey = &types.CreateGlobalSecondaryIndexAction{
	IndexName: aws.String("byKey"),
	KeySchema: []types.KeySchemaElement{
		{AttributeName: aws.String("accessKeyId"), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String("eventTime"), KeyType: types.KeyTypeRange},
	},
	Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
}

func onDemand(in *dynamodb.CreateTableInput) {
	in.BillingMode, in.ProvisionedThroughput = types.BillingModePayPerRequest, nil
}

// once takes the first answer: the SDK would try again after a LimitExceededException.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

func textItem(pairs ...string) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for i := 0; i < len(pairs); i += 2 {
		item[pairs[i]] = &types.AttributeValueMemberS{Value: pairs[i+1]}
	}
	return item
}

func field(item map[string]types.AttributeValue, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func addIndexes(t *testing.T, table *awstest.Table, indexes ...*types.CreateGlobalSecondaryIndexAction) error {
	t.Helper()
	input := &dynamodb.UpdateTableInput{TableName: &table.Name}
	for _, i := range indexes {
		input.GlobalSecondaryIndexUpdates = append(input.GlobalSecondaryIndexUpdates, types.GlobalSecondaryIndexUpdate{Create: i})
	}
	named := map[string]bool{}
	for _, i := range indexes {
		for _, k := range i.KeySchema {
			if !named[*k.AttributeName] {
				named[*k.AttributeName] = true
				input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{AttributeName: k.AttributeName, AttributeType: types.ScalarAttributeTypeS})
			}
		}
	}
	_, err := table.Owner.UpdateTable(t.Context(), input)
	return err
}

// TestTable: what the store rests on, by the DynamoDB Developer Guide and API
// Reference.
func TestTable(t *testing.T) {
	stand := stack.Start(t)
	stand.TableTime(t, 300*time.Millisecond)
	table := stand.Account(prod).Table(t, "CrossAccountAuditing", onDemand)
	table.Owner = dynamodb.New(table.Owner.Options(), once)
	behaves(t, table, func(t *testing.T) { makeIndex(t, table) })
	out, err := table.Owner.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &table.Name, Item: textItem("eventID", "b", "eventTime", "8", "accessKeyId", "K"), ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
	})
	if err != nil || *out.ConsumedCapacity.CapacityUnits != 2 || *out.ConsumedCapacity.GlobalSecondaryIndexes["byKey"].CapacityUnits != 1 {
		t.Errorf("a put with one index: %+v, %v", out, err)
	}
	_, err = table.Owner.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table.Name, Item: textItem("eventID", "c", "eventTime", "9", "accessKeyId", "")})
	if code(err) != "ValidationException" {
		t.Errorf("an empty key of the index: %v", err)
	}
}

// TestLoadTables: dynalite holds what ministack holds, but that it counts no units of
// indexes, and takes an empty key of one.
func TestLoadTables(t *testing.T) {
	load := awstest.StartTables(t)
	table := load.Table(t, "CrossAccountAuditing", onDemand, func(in *dynamodb.CreateTableInput) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("accessKeyId"), AttributeType: types.ScalarAttributeTypeS})
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{IndexName: byKey.IndexName, KeySchema: byKey.KeySchema, Projection: byKey.Projection}}
	})
	behaves(t, table, func(*testing.T) {})
	_, err := table.Owner.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName: &table.Name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	must(t, err)
	_, err = table.Owner.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &table.Name, DeletionProtectionEnabled: aws.Bool(true)})
	must(t, err)
}

func behaves(t *testing.T, table *awstest.Table, index func(*testing.T)) {
	t.Helper()
	put := func(item map[string]types.AttributeValue) (units float64, err error) {
		out, err := table.Owner.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &table.Name, Item: item, ConditionExpression: aws.String("attribute_not_exists(eventID)"),
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return 0, err
		}
		return *out.ConsumedCapacity.CapacityUnits, nil
	}
	eventually(t, "the table is there", func() bool { return table.Describe(t).TableStatus == types.TableStatusActive })
	for _, c := range []struct {
		what  string
		item  map[string]types.AttributeValue
		want  string
		units float64
	}{
		{"new", textItem("eventID", "a", "eventTime", "1", "accessKeyId", "K"), "ok", 1},
		{"again", textItem("eventID", "a", "eventTime", "1", "record", "other"), "ConditionalCheckFailedException", 0},
		{"another time", textItem("eventID", "a", "eventTime", "2", "accessKeyId", "K"), "ok", 1},
		{"1,500 bytes", textItem("eventID", "a", "eventTime", "3", "record", strings.Repeat("x", 1500)), "ok", 2},
		{"400 KB", textItem("eventID", "a", "eventTime", "4", "record", strings.Repeat("x", 400<<10-len("eventIDa")-len("eventTime4")-len("record"))), "ok", 400},
		{"a byte more", textItem("eventID", "a", "eventTime", "5", "record", strings.Repeat("x", 400<<10-len("eventIDa")-len("eventTime4")-len("record")+1)), "ValidationException", 0},
		{"no sort key", textItem("eventID", "a"), "ValidationException", 0},
		{"an empty key", textItem("eventID", "", "eventTime", "1"), "ValidationException", 0},
		{"partition key of 2,048", textItem("eventID", strings.Repeat("p", 2048), "eventTime", "1"), "ok", 3},
		{"of 2,049", textItem("eventID", strings.Repeat("p", 2049), "eventTime", "1"), "ValidationException", 0},
		{"sort key of 1,024", textItem("eventID", "s", "eventTime", strings.Repeat("s", 1024)), "ok", 2},
		{"of 1,025", textItem("eventID", "s", "eventTime", strings.Repeat("s", 1025)), "ValidationException", 0},
	} {
		if units, err := put(c.item); code(err) != c.want || units != c.units {
			t.Errorf("put, %s: %v, %v units, not %s, %v", c.what, err, units, c.want, c.units)
		}
	}
	queries(t, table)
	index(t)
	indexed(t, table, put)
	batches(t, table)
}

// sorts are the sort keys that a query of the partition a gives.
func sorts(t *testing.T, table *awstest.Table, condition string, values map[string]types.AttributeValue, options ...func(*dynamodb.QueryInput)) ([]string, error) {
	t.Helper()
	values[":p"] = &types.AttributeValueMemberS{Value: "a"}
	input := &dynamodb.QueryInput{TableName: &table.Name, KeyConditionExpression: aws.String("eventID = :p" + condition), ExpressionAttributeValues: values}
	for _, option := range options {
		option(input)
	}
	pages := dynamodb.NewQueryPaginator(table.Owner, input)
	var list []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			list = append(list, field(item, "eventTime"))
		}
	}
	return list, nil
}

func queries(t *testing.T, table *awstest.Table) {
	t.Helper()
	for _, c := range []struct {
		condition string
		values    []string
		option    func(*dynamodb.QueryInput)
		want      []string
	}{
		{"", nil, func(*dynamodb.QueryInput) {}, []string{"1", "2", "3", "4"}},
		{"", nil, func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(1) }, []string{"1", "2", "3", "4"}},
		{"", nil, func(in *dynamodb.QueryInput) { in.ScanIndexForward = aws.Bool(false) }, []string{"4", "3", "2", "1"}},
		{" AND eventTime BETWEEN :a AND :b", []string{":a", "2", ":b", "3~"}, func(*dynamodb.QueryInput) {}, []string{"2", "3"}},
		{" AND begins_with(eventTime, :a)", []string{":a", "4"}, func(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) }, []string{"4"}},
		{" AND eventTime >= :a", []string{":a", "3"}, func(in *dynamodb.QueryInput) {
			in.FilterExpression = aws.String("attribute_exists(accessKeyId)")
		}, nil},
	} {
		got, err := sorts(t, table, c.condition, textItem(c.values...), c.option)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("query%s %v: %q, %v", c.condition, c.values, got, err)
		}
	}
}

// makeIndex makes one; DynamoDB makes one at a time (API Reference, UpdateTable).
func makeIndex(t *testing.T, table *awstest.Table) {
	t.Helper()
	second := *byKey
	second.IndexName = aws.String("second")
	if err := addIndexes(t, table, byKey, &second); code(err) != "LimitExceededException" {
		t.Errorf("two indexes in one call: %v", err)
	}
	if err := addIndexes(t, table, byKey); err != nil {
		t.Fatal(err)
	}
	if err := addIndexes(t, table, &second); code(err) != "ResourceInUseException" && code(err) != "LimitExceededException" {
		t.Errorf("a second index while the first is made: %v", err)
	}
	eventually(t, "the index is there", func() bool {
		d := table.Describe(t)
		return len(d.GlobalSecondaryIndexes) == 1 && d.GlobalSecondaryIndexes[0].IndexStatus == types.IndexStatusActive
	})
}

// indexed: what is there comes into a new index, and what has no key of it does not.
func indexed(t *testing.T, table *awstest.Table, put func(map[string]types.AttributeValue) (float64, error)) {
	t.Helper()
	if _, err := put(textItem("eventID", "b", "eventTime", "9", "accessKeyId", "K", "record", "x")); err != nil {
		t.Error(err)
	}
	ask := func(consistent bool) ([]string, error) {
		out, err := table.Owner.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table.Name, IndexName: byKey.IndexName, KeyConditionExpression: aws.String("accessKeyId = :k"),
			ExpressionAttributeValues: textItem(":k", "K"), ConsistentRead: &consistent,
		})
		if err != nil {
			return nil, err
		}
		var list []string
		for _, item := range out.Items {
			list = append(list, field(item, "eventID")+field(item, "eventTime")+field(item, "record"))
		}
		return list, nil
	}
	eventually(t, "three are in the index, with their keys alone", func() bool {
		got, err := ask(false)
		return err == nil && slices.Equal(got, []string{"a1", "a2", "b9"})
	})
	if _, err := ask(true); code(err) != "ValidationException" {
		t.Errorf("a consistent read of an index: %v", err)
	}
}

func batches(t *testing.T, table *awstest.Table) {
	t.Helper()
	get := func(keys ...map[string]types.AttributeValue) (int, error) {
		out, err := table.Owner.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table.Name: {Keys: keys}}})
		if err != nil {
			return 0, err
		}
		return len(out.Responses[table.Name]), nil
	}
	var keys []map[string]types.AttributeValue
	for i := range 101 {
		keys = append(keys, textItem("eventID", "a", "eventTime", fmt.Sprint(i)))
	}
	for _, c := range []struct {
		what string
		keys []map[string]types.AttributeValue
		want string
		n    int
	}{
		{"100", keys[:100], "ok", 4},
		{"101", keys, "ValidationException", 0},
		{"one twice", []map[string]types.AttributeValue{keys[1], keys[1]}, "ValidationException", 0},
	} {
		if n, err := get(c.keys...); code(err) != c.want || n != c.n {
			t.Errorf("BatchGetItem of %s: %d, %v", c.what, n, err)
		}
	}
	_, err := table.Owner.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("Nowhere"), Key: keys[0]})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("no such table: %v", err)
	}
}

// TestTableCare: what keeps a table, by the launcher and ministack.
func TestTableCare(t *testing.T) {
	stand := stack.Start(t)
	table := stand.Account(prod).Table(t, "CrossAccountAuditing")
	table.Owner = dynamodb.New(table.Owner.Options(), once)
	ctx, c := t.Context(), table.Owner
	if err := addIndexes(t, table, byKey); code(err) != "ValidationException" {
		t.Errorf("an index without capacity, in a table that has one: %v", err)
	}
	live := func(name string, on bool) error {
		_, err := c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &table.Name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &name, Enabled: &on}})
		return err
	}
	for i, want := range []string{"ok", "ValidationException"} {
		if err := live("expires", true); code(err) != want {
			t.Errorf("a time to live, call %d: %v", i, err)
		}
	}
	now := time.Now().Unix()
	table.Put(t,
		fmt.Sprintf(`{"eventID":"past","eventTime":"1","expires":%d}`, now-10),
		fmt.Sprintf(`{"eventID":"later","eventTime":"1","expires":%d}`, now+1000),
		`{"eventID":"never","eventTime":"1","list":[null,true,{"a":1.5}]}`)
	if n := len(table.Items(t)); n != 3 {
		t.Errorf("%d items: what has expired is there until it is taken away", n)
	}
	if gone := stand.ExpireItems(t); gone != 1 || len(table.Items(t)) != 2 {
		t.Errorf("%d expired, %d are left", gone, len(table.Items(t)))
	}

	_, err := c.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: &table.Name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	must(t, err)
	kept, err := c.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table.Name})
	if err != nil || kept.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled {
		t.Errorf("point-in-time recovery: %+v, %v", kept, err)
	}
	_, err = c.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &table.Name, DeletionProtectionEnabled: aws.Bool(true)})
	must(t, err)
	if _, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table.Name}); code(err) != "ValidationException" {
		t.Errorf("deleting a protected table: %v", err)
	}

	stand.TableTime(t, 200*time.Millisecond)
	slow := stand.Account(prod).Table(t, "Slow", onDemand)
	_, err = c.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: &slow.Name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	if code(err) != "ContinuousBackupsUnavailableException" {
		t.Errorf("backups of a new table: %v", err)
	}
	if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: &slow.Name, Item: textItem("eventID", "a", "eventTime", "1")}); code(err) != "ResourceNotFoundException" {
		t.Errorf("a put into a table that is being made: %v", err)
	}
}

// TestBatchesInPart: by the launcher, batches leave what was throttled, and what is
// over 16 MB.
func TestBatchesInPart(t *testing.T) {
	stand := stack.Start(t)
	table := stand.Account(prod).Table(t, "CrossAccountAuditing", onDemand)
	ctx := t.Context()
	var keys []map[string]types.AttributeValue
	var puts []types.WriteRequest
	for i := range 6 {
		item := textItem("eventID", fmt.Sprint(i), "eventTime", "1")
		keys, puts = append(keys, item), append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	stand.Unprocessed(t, 2)
	for _, left := range []int{3, 0} {
		out, err := table.Owner.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table.Name: puts}})
		if err != nil || len(out.UnprocessedItems[table.Name]) != left {
			t.Errorf("a batch of puts left %d of 6, not %d: %v", len(out.UnprocessedItems[table.Name]), left, err)
		}
		got, err := table.Owner.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table.Name: {Keys: keys}}})
		if err != nil || len(got.UnprocessedKeys[table.Name].Keys) != left || len(got.Responses[table.Name]) != 6-left {
			t.Errorf("a batch of gets: %+v, %v", got, err)
		}
	}
	keys = nil
	for i := range 43 {
		item := textItem("eventID", fmt.Sprint("large ", i), "eventTime", "1")
		keys = append(keys, textItem("eventID", fmt.Sprint("large ", i), "eventTime", "1"))
		item["record"] = &types.AttributeValueMemberB{Value: make([]byte, 399<<10)}
		_, err := table.Owner.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table.Name, Item: item})
		must(t, err)
	}
	got, err := table.Owner.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table.Name: {Keys: keys}}})
	if err != nil || len(got.Responses[table.Name]) != 41 || len(got.UnprocessedKeys[table.Name].Keys) != 2 {
		t.Errorf("43 items of 399 KB: %d and %d, %v", len(got.Responses[table.Name]), len(got.UnprocessedKeys[table.Name].Keys), err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTableRights: an index is a resource of its own (DynamoDB Developer Guide,
// "Using IAM policy conditions"; Service Authorization Reference, DynamoDB).
func TestTableRights(t *testing.T) {
	account := stack.Start(t).Account(prod)
	table := account.Table(t, "CrossAccountAuditing", onDemand)
	must(t, addIndexes(t, table, byKey))
	const arn = "arn:aws:dynamodb:us-east-1:" + prod + ":table/CrossAccountAuditing"
	for _, c := range []struct{ name, resource, want string }{
		{"table", arn, "ok AccessDeniedException"},
		{"index", arn + "/index/byKey", "AccessDeniedException ok"},
		{"both", arn + "*", "ok ok"},
		{"other", arn + "2", "AccessDeniedException AccessDeniedException"},
	} {
		client := dynamodb.NewFromConfig(account.User(t, c.name, awstest.Allow(c.resource, "dynamodb:Query")))
		_, inTable := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table.Name, KeyConditionExpression: aws.String("eventID = :p"), ExpressionAttributeValues: textItem(":p", "a"),
		})
		_, inIndex := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table.Name, IndexName: byKey.IndexName, KeyConditionExpression: aws.String("accessKeyId = :p"), ExpressionAttributeValues: textItem(":p", "a"),
		})
		if got := code(inTable) + " " + code(inIndex); got != c.want {
			t.Errorf("who may query %s: %s, not %s", c.name, got, c.want)
		}
	}
}
