// Function is a Lambda function for the tests of awstest: it prints what it gets,
// and does what that says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// event is a call by a test, or what S3, SNS, EventBridge and SQS send.
type event struct {
	Fail, Exit bool
	Sleep      time.Duration
	Env, Table string
	Records    []struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	}
}

func main() { lambda.Start(handle) }

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	fmt.Println("got", string(raw))
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	time.Sleep(e.Sleep)
	switch {
	case e.Fail:
		return nil, errors.New("told to fail")
	case e.Exit:
		os.Exit(3)
	case e.Env != "":
		return os.Getenv(e.Env), nil
	case e.Table != "":
		return "put", put(ctx, e.Table)
	}
	failures := []map[string]string{}
	for _, r := range e.Records {
		if strings.Contains(r.Body, "poison") {
			failures = append(failures, map[string]string{"itemIdentifier": r.MessageID})
		}
	}
	return map[string]any{"batchItemFailures": failures}, nil
}

func put(ctx context.Context, table string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	_, err = dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"eventID": &types.AttributeValueMemberS{Value: "by the function"}, "eventTime": &types.AttributeValueMemberS{Value: "now"},
	}})
	return err
}
