package awstest_test

import (
	_ "embed"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

//go:embed testdata/stacks/hub.yaml
var hubTemplate string

//go:embed testdata/stacks/spoke.yaml
var spokeTemplate string

// parameter is a parameter of a stack that is made.
func parameter(key, value string) func(*cloudformation.CreateStackInput) {
	return func(in *cloudformation.CreateStackInput) {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &key, ParameterValue: &value})
	}
}

// hubAndSpoke are the two stacks, the hub in prod and the spoke in dev.
func hubAndSpoke(t *testing.T, stand *awstest.AWS) (hub, spoke *awstest.CFNStack) {
	t.Helper()
	there := stand.Account(prod)
	code, err := awstest.Zip(awstest.Build(t, "./testdata/function"))
	must(t, err)
	there.Bucket(t, "code").Put(t, awstest.Object{Key: "function.zip", Body: code})
	hub = there.CFNStack(t, "hub", hubTemplate, parameter("Bucket", "code"), parameter("Principal", dev))
	spoke = stand.Account(dev).CFNStack(t, "spoke", spokeTemplate, parameter("Hub", hub.Outputs(t)["Bus"]))
	return hub, spoke
}

// TestStacks: templates for AWS run as they are. A call in dev goes by bus to prod, there
// to a queue and to a function, if every policy on the way lets it, and in its region only.
func TestStacks(t *testing.T) {
	stand := stack.Start(t)
	hub, spoke := hubAndSpoke(t, stand)
	here, there := stand.Account(dev), stand.Account(prod)
	f := there.OwnedFunction("hub")
	if answer, failure := f.Invoke(t, []byte(`{"env":"AWS_ENDPOINT_URL"}`)); string(answer) != `"`+stand.Endpoint+`"` {
		t.Errorf("the function's endpoint: %s, %v", answer, failure)
	}
	made, err := f.Owner.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("hub")})
	must(t, err)
	if made.Configuration.Architectures[0] != "arm64" || *made.Concurrency.ReservedConcurrentExecutions != 2 || made.Configuration.DeadLetterConfig == nil {
		t.Errorf("the function as it was made: %+v", made)
	}
	if got := hub.Resources(t)["Rule"]; got != "hub|hub" {
		t.Errorf("Ref of a rule on a bus: %s", got)
	}

	stand.Record(t)
	call := func(region string) {
		t.Helper()
		_, err := sts.NewFromConfig(here.ConfigIn(region)).GetCallerIdentity(t.Context(), nil)
		must(t, err)
	}
	arrived := func() int { return strings.Count(f.Log(t), "GetCallerIdentity") }
	call("eu-west-1") // no rule there
	call(awstest.Region)
	eventually(t, "the function has the call", func() bool { return arrived() > 0 })
	if log := f.Log(t); arrived() != 1 || !strings.Contains(log, dev) || strings.Contains(log, "eu-west-1") {
		t.Errorf("the function's log: %s", log)
	}
	refusedOnTheWay(t, stand, spoke, call)
	if n := arrived(); n != 1 {
		t.Errorf("%d arrived, though something was missing on the way", n)
	}
	measured(t, there)
	unreplaced(t, spoke)
	for _, s := range []*awstest.CFNStack{spoke, hub} {
		if status := s.Delete(t); status != "" {
			t.Errorf("%s deleted: %s\n%s", s.Name, status, s.Story(t))
		}
	}
}

// refusedOnTheWay takes away one thing after the other, and puts it back.
func refusedOnTheWay(t *testing.T, stand *awstest.AWS, spoke *awstest.CFNStack, call func(string)) {
	t.Helper()
	here, there := stand.Account(dev), stand.Account(prod)
	role := spoke.Resources(t)["Sender"]
	iamOfDev, buses := iam.NewFromConfig(here.Config()), eventbridge.NewFromConfig(there.Config())
	trust, err := iamOfDev.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &role})
	must(t, err)
	const bus = "arn:aws:events:us-east-1:" + prod + ":event-bus/hub"

	trusted, err := url.QueryUnescape(*trust.Role.AssumeRolePolicyDocument)
	must(t, err)
	for _, another := range []string{strings.ReplaceAll(trusted, ":rule/spoke", ":rule/other"), strings.ReplaceAll(trusted, `"aws:SourceAccount": "`+dev, `"aws:SourceAccount": "`+prod)} {
		if another == trusted {
			t.Fatalf("nothing was replaced in %s", trusted)
		}
		_, err = iamOfDev.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &another})
		must(t, err)
		call(awstest.Region)
	}
	_, err = iamOfDev.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &trusted})
	must(t, err)
	for _, may := range []string{awstest.Allow(bus+"-2", "events:PutEvents"), awstest.Allow(bus, "events:PutRule")} {
		_, err = iamOfDev.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("hub"), PolicyDocument: &may})
		must(t, err)
		call(awstest.Region)
	}
	may := awstest.Allow(bus, "events:PutEvents")
	_, err = iamOfDev.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("hub"), PolicyDocument: &may})
	must(t, err)

	was, err := buses.DescribeEventBus(t.Context(), &eventbridge.DescribeEventBusInput{Name: aws.String("hub")})
	must(t, err)
	for _, change := range [][2]string{{"aws.sts", "aws.sso"}, {"via CloudTrail", "via"}, {`"true"`, `"false"`}, {dev, third}} {
		policy := strings.ReplaceAll(*was.Policy, change[0], change[1])
		if policy == *was.Policy {
			t.Fatalf("no %s in %s", change[0], policy)
		}
		there.BusPolicy(t, "hub", policy)
		call(awstest.Region)
	}
	there.BusPolicy(t, "hub", *was.Policy)

	queue := there.OwnedQueue(t, "hub")
	queue.AllowService(t, "events.amazonaws.com", "arn:aws:events:us-east-1:"+prod+":rule/hub/other")
	call(awstest.Region)
	dead := there.OwnedQueue(t, "hub-dead-letters").Messages(t)
	if len(dead) != 1 || dead[0].Text["ERROR_CODE"].StringValue != "NO_PERMISSIONS" || !strings.Contains(dead[0].Body, "GetCallerIdentity") {
		t.Errorf("dead letters: %+v", dead)
	}
}

// measured: what was refused on the way counts, and what waits has an age.
func measured(t *testing.T, account awstest.Account) {
	t.Helper()
	query := func(id, namespace, name, stat string, dimensions ...cwtypes.Dimension) cwtypes.MetricDataQuery {
		return cwtypes.MetricDataQuery{Id: &id, MetricStat: &cwtypes.MetricStat{Period: aws.Int32(300), Stat: &stat, Metric: &cwtypes.Metric{Namespace: &namespace, MetricName: &name, Dimensions: dimensions}}}
	}
	dimension := func(name, value string) cwtypes.Dimension { return cwtypes.Dimension{Name: &name, Value: &value} }
	got, err := cloudwatch.NewFromConfig(account.Config()).GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{
			query("failed", "AWS/Events", "FailedInvocations", "Sum", dimension("RuleName", "hub"), dimension("EventBusName", "hub")),
			query("waiting", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", dimension("QueueName", "hub-dead-letters")),
			query("age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", dimension("QueueName", "hub-dead-letters")),
		},
	})
	must(t, err)
	for i, want := range []float64{1, 1} {
		if r := got.MetricDataResults[i]; len(r.Values) != 1 || r.Values[0] != want {
			t.Errorf("%s: %v", *r.Id, r.Values)
		}
	}
	if r := got.MetricDataResults[2]; len(r.Values) != 1 || r.Values[0] < 0 || r.Values[0] > 60 {
		t.Errorf("age: %v", r.Values)
	}
}

// unreplaced: a change set tells what is made anew from what is changed where it is.
func unreplaced(t *testing.T, spoke *awstest.CFNStack) {
	t.Helper()
	_, err := spoke.Owner.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: &spoke.Name, ChangeSetName: aws.String("more"), TemplateBody: aws.String(strings.ReplaceAll(spokeTemplate, "[aws.sts]", "[aws.sts, aws.sso]")),
		Parameters: []types.Parameter{{ParameterKey: aws.String("Hub"), UsePreviousValue: aws.Bool(true)}}, Capabilities: types.Capability("").Values(),
	})
	must(t, err)
	found, err := spoke.Owner.DescribeChangeSet(t.Context(), &cloudformation.DescribeChangeSetInput{StackName: &spoke.Name, ChangeSetName: aws.String("more")})
	must(t, err)
	if len(found.Changes) != 1 || found.Changes[0].ResourceChange.Replacement != types.ReplacementFalse {
		t.Errorf("a pattern that changes: %+v", found.Changes)
	}
}
