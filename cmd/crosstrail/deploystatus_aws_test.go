package main

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

// hostile is text that would play tricks on a terminal, with a secret in it.
const hostile = "\u009b31mred\u202e {\"sessionToken\":\"IQoJb3JpZ2luX2VjSECRETSECRET\"}"

// faults has all of it go wrong at once, and finds each.
func (d *deployed) faults() {
	d.t.Helper()
	ctx, name := d.t.Context(), aws.String(deploy.DefaultName)
	do := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	// The function may not write any more: both legs of a test are missing, and its log
	// says why.
	d.prod.Grant(d.t, d.functionRole(), `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}]}`)
	d.queue.Send(d.t, string(demo.AssumeRoleEvent))
	d.eventually("the function says that it is denied", func() bool {
		return strings.Contains(d.prod.OwnedFunction(deploy.DefaultName).Log(d.t), "dynamodb:GetItem")
	})
	d.says(d.test(d.role, "3414", func(one *deployTest) { one.timeout = time.Second }), exitFinding, eventMissing, logMissing, "the function said: ", "dynamodb:", "in the queue", "CloudTrail may not have delivered the log file yet")

	dead := d.prod.OwnedQueue(d.t, deploy.Name(deploy.DefaultName).DeadLetters())
	_, err := dead.Owner.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &dead.URL, MessageBody: aws.String(hostile), MessageAttributes: map[string]sqstypes.MessageAttributeValue{
		"reason": {DataType: aws.String("String"), StringValue: aws.String("it cannot be read: " + hostile)},
	}})
	do(err)
	dead.Send(d.t, `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"cloudtrailbucket"},"object":{"key":"AWSLogs/x.json.gz"}}}]}`)
	_, err = eventbridge.NewFromConfig(d.dev.Config()).DisableRule(ctx, &eventbridge.DisableRuleInput{Name: name})
	do(err)
	_, err = lambda.NewFromConfig(d.prod.Config()).PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
	do(err)
	d.logs.Notify(d.t)
	watching := cloudwatch.NewFromConfig(d.prod.Config())
	_, err = watching.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("crosstrail-dead-letters"), StateValue: types.StateValueAlarm, StateReason: aws.String("test")})
	do(err)
	measure := func(namespace, metric, dimension, of string, value float64) {
		_, err := watching.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: &namespace, MetricData: []types.MetricDatum{{
			MetricName: &metric, Value: &value, Timestamp: aws.Time(time.Now()), Dimensions: []types.Dimension{{Name: &dimension, Value: &of}},
		}}})
		do(err)
	}
	measure("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "crosstrail", 1800)
	measure("AWS/DynamoDB", "WriteThrottleEvents", "TableName", deployTable, 7)

	r := d.run("deploy", "status", "--profile", "prod", "--as", "dev")
	d.says(r, exitFinding,
		"fault  queue crosstrail", "the oldest for 30m0s",
		"fault  dead-letters crosstrail-dead-letters: 2 messages could not be read or delivered", "it cannot be read: ", "it was handed out as often as the queue allows", "s3://cloudtrailbucket/AWSLogs/x.json.gz", "aws sqs start-message-move-task --source-arn "+dead.ARN,
		"fault  function crosstrail off: its reserved concurrency is zero", "function-log", "dynamodb:", "table-throttles CrossAccountAuditing: 7 writes",
		"fault  trigger cloudtrailbucket gone", "fault  alarm crosstrail-dead-letters ALARM",
		"fault  us-east-1 DISABLED", "logged alone", "logged are without an event: who was behind them", "lost: ", "fault  16 regions no rule: what STS does there is not told: ap-northeast-1, ", "!\u009b", "!\u202e", "!SECRET")
	if n := dead.Count(d.t); n != (awstest.Count{Visible: 2}) {
		d.t.Errorf("dead letters were taken: %+v", n)
	}
	for _, form := range []string{"jsonl", "json", "csv"} {
		r := d.run("deploy", "status", "--profile", "prod", "-o", form)
		d.says(r, exitFinding, "dead-letter", "fault", "!\u009b", "!\u202e", "!SECRET")
		if lines := strings.Count(r.stdout, "\n"); form == "csv" && lines < 10 || form == "json" && lines != 1 {
			d.t.Errorf("%s: %d lines\n%s", form, lines, r.stdout)
		}
	}
	d.says(d.run("deploy", "status", "--profile", "prod", "--name", "other"), exitFinding, "there is no hub other in us-east-1 of account 999999999999", "crosstrail deploy up hub --name other")
}

// functionRole is the name of the function's role, which CloudFormation chose.
func (d *deployed) functionRole() string {
	return d.prod.OwnedStack(deploy.Name(deploy.DefaultName).HubStack()).Resources(d.t)["FunctionRole"]
}

// notified has the bucket tell the hub's queue, as deploy up does.
func (d *deployed) notified() {
	d.t.Helper()
	name := deploy.Name(deploy.DefaultName)
	if _, err := site.New(d.prod.Config()).Notify(d.t.Context(), site.Bucket{Name: d.logs.Name, Region: awstest.Region}, deploy.Notify(name.NotificationID(), d.queue.ARN, "AWSLogs/")); err != nil {
		d.t.Fatal(err)
	}
}
