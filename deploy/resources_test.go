package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// ofHub is what every hub is made of.
const ofHub = "Bus DeadLetters DeadLettersAlarm DeadLettersPolicy EventSource Function FunctionErrorsAlarm FunctionRole FunctionThrottlesAlarm Log OldestMessageAlarm Queue QueuePolicy Rule TableThrottlesAlarm"

// TestResources: each template has these resources and no other.
func TestResources(t *testing.T) {
	for name, want := range map[string]string{
		"hub":                     ofHub + " Table BusPolicyAccounts",
		"hub with all":            ofHub + " Table BusPolicyAccounts BusPolicyOrganization Topicc3c15975e804 Topicc6a5a43b0a1c",
		"hub by eventbridge":      ofHub + " Table BusPolicyAccounts LogFileRule",
		"hub by sns":              ofHub + " Table BusPolicyAccounts Topic85e5b46ac4bc",
		"hub of another's bucket": ofHub + " Table BusPolicyAccounts",
		"hub of an organisation":  ofHub + " Table BusPolicyOrganization",
		"hub of spokes alone":     ofHub,
		"spoke":                   "Role Rule",
		"spoke by topic":          "Role Rule Topic TopicPolicy",
		"spoke of roles":          "Role Rule",
		"role":                    "Role",
		"role with MFA":           "Role",
	} {
		got := sorted(parse(t, variants()[name].Template()).Resources)
		if diff := cmp.Diff(slices.Sorted(strings.FieldsSeq(want)), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestProperties: what is said where it matters. A path is a resource's id and where in
// it, with a list's items by their place.
func TestProperties(t *testing.T) {
	for _, c := range []struct{ of, path, want string }{
		{"hub", "Table.DeletionPolicy", "RetainExceptOnCreate"},
		{"hub", "Table.UpdateReplacePolicy", "Retain"},
		{"hub", "Table.Properties.TableName", "CrossAccountAuditing"},
		{"hub", "Table.Properties.BillingMode", "PAY_PER_REQUEST"},
		{"hub", "Table.Properties.DeletionProtectionEnabled", "true"},
		{"hub", "Table.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", "true"},
		{"hub", "Table.Properties.TimeToLiveSpecification", "map[AttributeName:expires Enabled:true]"},
		{"hub", "Queue.Properties.VisibilityTimeout", "360"},
		{"hub", "Queue.Properties.RedrivePolicy", "map[deadLetterTargetArn:" + letters + " maxReceiveCount:10]"},
		{"hub", "Queue.Properties.SqsManagedSseEnabled", "true"},
		{"hub", "DeadLetters.Properties.SqsManagedSseEnabled", "true"},
		{"hub", "DeadLetters.Properties.MessageRetentionPeriod", "1209600"},
		{"hub", "Rule.Properties.EventBusName", "crosstrail"},
		{"hub", "Rule.Properties.EventPattern", "map[account:[" + prod + " " + dev + " " + vendor + "] source:[aws.sts aws.signin aws.sso]]"},
		{"hub", "Rule.Properties.State", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
		{"hub", "Rule.Properties.Targets", "[map[Arn:" + queue + " DeadLetterConfig:map[Arn:" + letters + "] Id:queue]]"},
		{"hub of an organisation", "Rule.Properties.EventPattern", "map[source:[aws.sts aws.signin aws.sso]]"},
		{"hub of spokes alone", "Rule.Properties.EventPattern", "map[account:[" + prod + "] source:[aws.sts aws.signin aws.sso]]"},
		{"hub by eventbridge", "LogFileRule.Properties.EventPattern", "map[detail:map[bucket:map[name:[cloudtrailbucket]] object:map[key:[map[prefix:AWSLogs/]]]] detail-type:[Object Created] source:[aws.s3]]"},
		{"hub", "Function.Properties.Timeout", "60"},
		{"hub", "Function.Properties.MemorySize", "512"},
		{"hub", "Function.Properties.Runtime", "provided.al2023"},
		{"hub", "Function.Properties.Architectures", "[arm64]"},
		{"hub", "Function.Properties.Code", "map[S3Bucket:crosstrail-code-" + prod + "-us-east-1 S3Key:crosstrail-lambda-arm64-1.zip]"},
		{"hub", "Function.Properties.Environment.Variables", "map[CROSSTRAIL_FROM:s3://cloudtrailbucket/AWSLogs/ CROSSTRAIL_NEW_TABLE:true CROSSTRAIL_STORE:dynamodb://CrossAccountAuditing]"},
		{"hub of spokes alone", "Function.Properties.Environment.Variables", "map[CROSSTRAIL_STORE:dynamodb://CrossAccountAuditing]"},
		{"hub of spokes alone", "Function.Properties.Code", "map[S3Bucket:<nil> S3Key:<nil>]"},
		{"hub with all", "Function.Properties.Architectures", "[x86_64]"},
		{"hub with all", "Function.Properties.MemorySize", "1024"},
		{"hub with all", "Log.Properties", "map[LogGroupName:/aws/lambda/crosstrail RetentionInDays:400]"},
		{"hub", "Log.Properties.RetentionInDays", "30"},
		{"hub", "EventSource.Properties", "map[BatchSize:100 Enabled:true EventSourceArn:" + queue + " FunctionName:crosstrail FunctionResponseTypes:[ReportBatchItemFailures] MaximumBatchingWindowInSeconds:5]"},
		{"hub", "DeadLettersAlarm.Properties.Threshold", "0"},
		{"hub", "DeadLettersAlarm.Properties.Dimensions", "[map[Name:QueueName Value:crosstrail-dead-letters]]"},
		{"hub", "DeadLettersAlarm.Properties.AlarmActions", "<nil>"},
		{"hub with all", "DeadLettersAlarm.Properties.AlarmActions", "[arn:aws:sns:us-east-1:" + prod + ":pager]"},
		{"hub", "OldestMessageAlarm.Properties.Threshold", "900"},
		{"hub", "OldestMessageAlarm.Properties.MetricName", "ApproximateAgeOfOldestMessage"},
		{"hub", "FunctionErrorsAlarm.Properties.MetricName", "Errors"},
		{"hub", "FunctionThrottlesAlarm.Properties.MetricName", "Throttles"},
		{"hub", "TableThrottlesAlarm.Properties.Metrics.0.Expression", "SUM([whole, byKey, bySession, byTime])"},
		{"hub with all", "Topicc3c15975e804.Properties", "map[Endpoint:" + queue + " Protocol:sqs Region:eu-south-1 TopicArn:" + milan + "]"},
		{"spoke", "Rule.Properties.State", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
		{"spoke", "Rule.Properties.EventPattern", "map[detail:map[errorCode:[map[exists:false]] eventName:[map[prefix:AssumeRole]] requestParameters:map[externalId:[3414]]] source:[aws.sts]]"},
		{"spoke", "Rule.Properties.Targets", "[map[Arn:" + bus + " Id:hub RoleArn:arn:aws:iam::" + dev + ":role/Role]]"},
		{"spoke by topic", "Rule.Properties.Targets", "[map[Arn:" + topic + " Id:topic RoleArn:arn:aws:iam::" + dev + ":role/Role]]"},
		{"spoke by topic", "Rule.Properties.EventPattern.detail.eventName.0", "map[prefix:AssumeRole]"},
		{"spoke of roles", "Rule.Properties.EventPattern.detail", "map[errorCode:[map[exists:false]] eventName:[map[prefix:AssumeRole]] readOnly:[true true] requestParameters:map[durationSeconds:[900 900] externalId:[3414 a/b:c=d] roleArn:[arn:aws:iam::" + prod + ":role/CrossAccountTest]] userIdentity:map[type:[IAMUser]]]"},
		{"role", "Role.Properties.RoleName", "CrossAccountTest"},
		{"role", "Role.Properties.MaxSessionDuration", "3600"},
		{"role", "Role.Properties.ManagedPolicyArns", "[arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]"},
		{"role with MFA", "Role.Properties.MaxSessionDuration", "43200"},
		{"role with MFA", "Role.Properties.ManagedPolicyArns", "[arn:aws:iam::" + prod + ":policy/mine arn:aws:iam::aws:policy/job-function/ViewOnlyAccess]"},
	} {
		p := parse(t, variants()[c.of].Template())
		id, path, _ := strings.Cut(c.path, ".")
		r := p.Resources[id]
		if r == nil {
			t.Errorf("%s has no %s", c.of, id)
			continue
		}
		var at any = map[string]any{
			"DeletionPolicy": r.DeletionPolicy, "UpdateReplacePolicy": r.UpdateReplacePolicy,
			"Properties": placeOf(c.of).resolved(t, p, r.Properties),
		}
		for name := range strings.SplitSeq(path, ".") {
			switch v := at.(type) {
			case map[string]any:
				at = v[name]
			case []any:
				at = v[0]
			}
		}
		if got := fmt.Sprint(plain(at)); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.of, c.path, got, c.want)
		}
	}
}

// TestTableLast: a stack that fails can take back all that it made but a table, which
// nothing is made after.
func TestTableLast(t *testing.T) {
	for name, v := range variants() {
		p := parse(t, v.Template())
		if p.Resources["Table"] == nil {
			continue
		}
		before := map[string]bool{}
		var walk func(v any)
		reach := func(id string) {
			if r := p.Resources[id]; r != nil && !before[id] {
				before[id] = true
				walk(r.DependsOn)
				walk(r.Properties)
			}
		}
		walk = func(v any) {
			switch v := v.(type) {
			case string:
				reach(v)
			case []any:
				for _, one := range v {
					walk(one)
				}
			case map[string]any:
				for _, name := range sorted(v) {
					if name == "Fn::Sub" {
						continue // none of a resource of the stack
					}
					walk(v[name])
				}
			}
		}
		walk(p.Resources["Table"].DependsOn)
		before["Table"] = true
		for id := range p.Resources {
			if !before[id] {
				t.Errorf("%s: the table may be made before %s", name, id)
			}
		}
	}
}

// TestWrites: the function may do with the table what who writes to one may.
func TestWrites(t *testing.T) {
	var want, got struct {
		Statement []struct{ Action, Resource any }
	}
	written := strings.NewReplacer(`["`+table+`"]`, `"`+table+`"`).Replace(strings.Join(strings.Fields(dynamo.WritePolicy(table)), ""))
	for text, into := range map[string]any{written: &want, documents(t, variants()["hub"], inProd)["FunctionRole"]: &got} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want.Statement[0], got.Statement[0]); diff != "" {
		t.Error(diff)
	}
}

// TestServiceOfTopics: who SNS is, for a queue of the hub's region.
func TestServiceOfTopics(t *testing.T) {
	for _, c := range []struct{ topics, hub, want string }{
		{"us-west-2", "us-east-1", "[sns.amazonaws.com]"},
		{"us-west-2", "", "[sns.amazonaws.com]"},
		{"eu-south-1", "eu-south-1", "[sns.amazonaws.com]"},
		{"eu-south-1", "us-east-1", "[sns.eu-south-1.amazonaws.com]"},
		{"eu-south-1", "", "[sns.eu-south-1.amazonaws.com]"},
		{"us-east-1", "eu-south-1", "[sns.eu-south-1.amazonaws.com]"},
		{"me-south-1", "eu-south-1", "[sns.me-south-1.amazonaws.com sns.eu-south-1.amazonaws.com]"},
		{"ap-northeast-3", "us-east-1", "[sns.ap-northeast-3.amazonaws.com sns.amazonaws.com]"},
	} {
		h := *variants()["hub of spokes alone"].(*deploy.Hub)
		h.Region, h.Topics = c.hub, []string{"arn:aws:sns:" + c.topics + ":" + dev + ":crosstrail"}
		p := parse(t, h.Template())
		statements := list(p.Resources["QueuePolicy"].Properties["PolicyDocument"].(map[string]any)["Statement"])
		last := statements[len(statements)-1].(map[string]any)
		if got := fmt.Sprint(last["Principal"].(map[string]any)["Service"]); got != c.want {
			t.Errorf("from %s to %q: %s, want %s", c.topics, c.hub, got, c.want)
		}
	}
}

// TestOutputs: the outputs are those that the constants name.
func TestOutputs(t *testing.T) {
	for name, want := range map[string][]string{
		"hub": {
			deploy.OutputHubBus, deploy.OutputHubQueue, deploy.OutputHubQueueURL, deploy.OutputDeadLetters, deploy.OutputDeadLettersURL,
			deploy.OutputFunctionName, deploy.OutputFunctionRole, deploy.OutputTableName, deploy.OutputTrigger, deploy.OutputLogBucket, deploy.OutputLogPrefix,
		},
		"hub of spokes alone": {
			deploy.OutputHubBus, deploy.OutputHubQueue, deploy.OutputHubQueueURL, deploy.OutputDeadLetters, deploy.OutputDeadLettersURL,
			deploy.OutputFunctionName, deploy.OutputFunctionRole, deploy.OutputTableName,
		},
		"spoke":          {deploy.OutputRule},
		"spoke by topic": {deploy.OutputRule, deploy.OutputTopic},
		"role":           {deploy.OutputRoleARN},
	} {
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(parse(t, variants()[name].Template()).Outputs))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
