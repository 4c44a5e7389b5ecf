package main

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// The commands of sessions that have tables.

// tables are the commands that spoil tables of account 999999999999.
func (s scripted) tables() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	of := func(name string) *awstest.Table { return s.aws.Account(hubAccount).OwnedTable(name) }
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"shaped": func(_ *testscript.TestScript, _ bool, args []string) {
			s.aws.Account(hubAccount).Table(s.t, args[0], func(in *dynamodb.CreateTableInput) {
				in.AttributeDefinitions = []types.AttributeDefinition{{AttributeName: &args[1], AttributeType: types.ScalarAttributeTypeS}}
				in.KeySchema = []types.KeySchemaElement{{AttributeName: &args[1], KeyType: types.KeyTypeHash}}
			})
		},
		"unindexed": func(ts *testscript.TestScript, _ bool, args []string) {
			_, err := of(args[0]).Owner.UpdateTable(s.t.Context(), &dynamodb.UpdateTableInput{
				TableName:                   &args[0],
				GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: &args[1]}}},
			})
			ts.Check(err)
		},
		"forged": func(ts *testscript.TestScript, _ bool, args []string) {
			for line := range strings.Lines(ts.ReadFile(args[1])) {
				of(args[0]).Put(s.t, line)
			}
		},
		"unfound": func(ts *testscript.TestScript, _ bool, args []string) {
			b, n := of(args[0]), 0
			for _, item := range b.Items(s.t) {
				if key, ok := item["eventID"].(*types.AttributeValueMemberS); ok && key.Value == args[1] {
					_, err := b.Owner.DeleteItem(s.t.Context(), &dynamodb.DeleteItemInput{
						TableName: &args[0], Key: map[string]types.AttributeValue{"eventID": key, "eventTime": item["eventTime"]},
					})
					ts.Check(err)
					n++
				}
			}
			if n == 0 {
				ts.Fatalf("there is nothing under %s", args[1])
			}
		},
		"newer": func(_ *testscript.TestScript, _ bool, args []string) {
			of(args[0]).Put(s.t, `{"eventID":"crosstrail#","eventTime":"table","format":99}`)
		},
	}
}

func (s scripted) table(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.Account(hubAccount).Table(s.t, args[0])
}

// saved is save_record of the two programs in AWS's text, with what Python's json.dumps
// makes of the event.
func (s scripted) saved(ts *testscript.TestScript, _ bool, args []string) {
	var event map[string]any
	text := ts.ReadFile(args[1])
	ts.Check(json.Unmarshal([]byte(text), &event))
	record, issued := event, false
	if detail, ok := event["detail"].(map[string]any); ok {
		record, issued = detail, true
	}
	key := record["userIdentity"].(map[string]any)["accessKeyId"]
	if issued {
		key = record["responseElements"].(map[string]any)["credentials"].(map[string]any)["accessKeyId"]
	}
	item := map[string]any{"accessKeyId": key, "eventTime": record["eventTime"], "eventID": record["eventID"], "record": text}
	put, err := json.Marshal(item)
	ts.Check(err)
	s.aws.Account(hubAccount).OwnedTable(args[0]).Put(s.t, string(put))
}
