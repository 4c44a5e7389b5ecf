package dynamo

import (
	"encoding/json"
	"slices"
	"strings"
)

// LeastPolicy is a session policy for a role that is assumed to read a table of the
// role's own account, or to fill and make it too, and nothing else. Which region it is
// in is left open. The names of the account's other tables may be listed, so that who
// mistypes one is told which there are.
func LeastPolicy(roleARN, table string, write bool) string {
	partition, account := "aws", "*"
	if parts := strings.SplitN(roleARN, ":", 6); len(parts) == 6 {
		partition, account = parts[1], parts[4]
	}
	arn := "arn:" + partition + ":dynamodb:*:" + account + ":table/" + table
	services := "dynamodb.*.amazonaws.com"
	if partition == "aws-cn" {
		services += ".cn"
	}
	actions := slices.Concat(readActions, []string{"dynamodb:DescribeTimeToLive", "dynamodb:DescribeContinuousBackups"})
	// A table may be encrypted with a key whose own policy still says who may
	// (Developer Guide, "DynamoDB encryption at rest: Usage notes").
	keys := []string{"kms:Decrypt", "kms:DescribeKey"}
	if write {
		actions = slices.Concat(actions, writeActions, makeActions)
		keys = append(keys, "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant")
	}
	slices.Sort(actions)
	use := statement("Table", arn, slices.Compact(actions))
	use.Resource = append(use.Resource, arn+"/index/*")
	open := statement("Keys", "*", keys)
	open.Condition = map[string]map[string][]string{"StringLike": {"kms:ViaService": {services}}}
	text, _ := json.Marshal(document(use, statement("Names", "*", []string{"dynamodb:ListTables"}), open)) // of texts alone
	return string(text)
}
