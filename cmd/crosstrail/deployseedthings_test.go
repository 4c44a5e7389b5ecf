//go:build unix

package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

// things are the names of all that is in the three accounts and their regions, by kind,
// with trails and what the log files' bucket tells whom, whole.
func (w *deployWalk) things() map[string][]string {
	w.Helper()
	all := map[string][]string{}
	for _, id := range []string{demo.Production, demo.Development, demo.Outsider} {
		for _, region := range []string{awstest.Region, "eu-west-1"} {
			w.thingsIn(all, id+" "+region+" ", w.stand.Account(id).ConfigIn(region))
		}
		w.thingsOf(all, id+" ", w.stand.Account(id).Config())
	}
	owner := s3.NewFromConfig(w.stand.Account(demo.Production).Config())
	told, err := owner.GetBucketNotificationConfiguration(w.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: aws.String(demo.ProductionLogs)})
	w.must(err)
	text, err := json.Marshal([]any{told.QueueConfigurations, told.TopicConfigurations, told.LambdaFunctionConfigurations, told.EventBridgeConfiguration})
	w.must(err)
	all["notices of "+demo.ProductionLogs] = []string{string(text)}
	return all
}

func (w *deployWalk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// thingsIn are those of an account's region.
func (w *deployWalk) thingsIn(all map[string][]string, at string, cfg aws.Config) {
	ctx := w.Context()
	put := func(kind string, names []string, err error) {
		w.Helper()
		w.must(err)
		if slices.Sort(names); len(names) > 0 {
			all[at+kind] = names
		}
	}
	stacks, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})
	put("stacks", called(stacks.Stacks, func(s cfntypes.Stack) *string { return s.StackName }), err)
	tables, err := dynamodb.NewFromConfig(cfg).ListTables(ctx, &dynamodb.ListTablesInput{})
	put("tables", tables.TableNames, err)
	queues, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
	put("queues", queues.QueueUrls, err)
	topics, err := sns.NewFromConfig(cfg).ListTopics(ctx, &sns.ListTopicsInput{})
	put("topics", called(topics.Topics, func(t snstypes.Topic) *string { return t.TopicArn }), err)
	functions, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, &lambda.ListFunctionsInput{})
	put("functions", called(functions.Functions, func(f lambdatypes.FunctionConfiguration) *string { return f.FunctionName }), err)
	sources, err := lambda.NewFromConfig(cfg).ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	put("event sources", called(sources.EventSourceMappings, func(s lambdatypes.EventSourceMappingConfiguration) *string { return s.FunctionArn }), err)
	groups, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	put("log groups", called(groups.LogGroups, func(g logtypes.LogGroup) *string { return g.LogGroupName }), err)
	alarms, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	put("alarms", called(alarms.MetricAlarms, func(a cwtypes.MetricAlarm) *string { return a.AlarmName }), err)
	bridge := eventbridge.NewFromConfig(cfg)
	buses, err := bridge.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{})
	put("event buses", called(buses.EventBuses, func(b ebtypes.EventBus) *string { return b.Name }), err)
	for _, b := range buses.EventBuses {
		rules, err := bridge.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: b.Name})
		put("rules of "+*b.Name, called(rules.Rules, func(r ebtypes.Rule) *string { return r.Name }), err)
	}
}

// thingsOf are those of an account, in no region or in the trail's.
func (w *deployWalk) thingsOf(all map[string][]string, at string, cfg aws.Config) {
	roles, err := iam.NewFromConfig(cfg).ListRoles(w.Context(), &iam.ListRolesInput{})
	w.must(err)
	all[at+"roles"] = called(roles.Roles, func(r iamtypes.Role) *string { return r.Arn })
	buckets, err := s3.NewFromConfig(cfg).ListBuckets(w.Context(), &s3.ListBucketsInput{})
	w.must(err)
	all[at+"buckets"] = called(buckets.Buckets, func(b s3types.Bucket) *string { return b.Name })
	trails, err := cloudtrail.NewFromConfig(cfg).DescribeTrails(w.Context(), &cloudtrail.DescribeTrailsInput{})
	w.must(err)
	text, err := json.Marshal(trails.TrailList)
	w.must(err)
	all[at+"trails"] = []string{string(text)}
}

// called are the names of some things, sorted.
func called[T any](all []T, name func(T) *string) (names []string) {
	for _, one := range all {
		names = append(names, aws.ToString(name(one)))
	}
	slices.Sort(names)
	return names
}

// adopts sets the hub up again: with the table that stayed, and what is in it.
func (w *deployWalk) adopts() {
	w.Helper()
	command := "deploy up hub --profile prod --account " + demo.Development + " --yes --function " + w.function
	if _, stderr, status := runProgram(w.T, "", strings.Fields(command)...); status != exitDone || !strings.Contains(stderr, "CrossAccountAuditing, which is there") || strings.Contains(stderr, "+ table") {
		w.Errorf("crosstrail %s ended with %d:\n%s", command, status, stderr)
	}
	if stdout, stderr, _ := runProgram(w.T, "", "events", "--event-name", "ListBuckets", "--store", deployStore, "--profile", "prod"); !strings.Contains(stdout, "jsmith > CrossAccountTest") {
		w.Errorf("after the table was adopted it is not told who listed buckets:\n%s%s", stdout, stderr)
	}
}
