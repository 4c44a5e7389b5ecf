package dynamo

import "encoding/json"

// What may be done, per purpose, and no more (Service Authorization Reference,
// "Actions, resources, and condition keys for Amazon DynamoDB").
var (
	writeActions = []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"}
	readActions  = []string{"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"}
	makeActions  = []string{
		"dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:UpdateTable",
		"dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive",
		"dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups",
		"dynamodb:Scan",
	}
)

// WritePolicy is the policy of who writes to a table, as the Lambda function and
// follow do, given the table's ARN.
func WritePolicy(table string) string { return allow(statement("Write", table, writeActions)) }

// ReadPolicy is the policy of who asks a table.
func ReadPolicy(table string) string {
	s := statement("Read", table, readActions)
	s.Resource = append(s.Resource, table+"/index/*")
	return allow(s)
}

// MakeActions are what [Make] and [Store.SetWatch] call.
func MakeActions() []string { return append(append([]string{}, makeActions...), writeActions...) }

type policyStatement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string][]string `json:",omitempty"`
}

func statement(sid, table string, actions []string) policyStatement {
	return policyStatement{Sid: "Crosstrail" + sid, Effect: "Allow", Action: actions, Resource: []string{table}}
}

type policyDocument struct {
	Version   string
	Statement []policyStatement
}

func document(statements ...policyStatement) policyDocument {
	return policyDocument{"2012-10-17", statements}
}

func allow(statements ...policyStatement) string {
	text, _ := json.MarshalIndent(document(statements...), "", "  ") // of texts alone
	return string(text)
}
