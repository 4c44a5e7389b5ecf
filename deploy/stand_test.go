package deploy_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

// assumed is the caller's record of a call of AssumeRole with the external id.
const assumed = `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAQQQQQQQQQQJSMITH","arn":"arn:aws:iam::` + dev + `:user/jsmith","accountId":"` + dev + `","userName":"jsmith"},
"eventTime":"2026-11-30T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","requestParameters":{"roleArn":"arn:aws:iam::` + prod + `:role/CrossAccountTest","roleSessionName":"x","externalId":"%s"},
"responseElements":{"credentials":{"accessKeyId":"ASIAQQQQQQQQQQ%06d"}},"requestID":"r-%[2]d","eventID":"00000000-0000-4000-8000-%012[2]d","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"` + dev + `"}`

// TestStacks: what is printed works by itself: a hub and a spoke made of it by
// create-stack alone, with the function's code in a bucket, keep who assumed the role.
// Then a second hub on the same table, told by the topic of another account, and roles.
// Each thing that they are made of is looked at.
func TestStacks(t *testing.T) {
	to := stack.Start(t)
	hub, spoke, other := to.Account(prod), to.Account(dev), to.Account(vendor)
	h := variants()["hub by eventbridge"].(*deploy.Hub)
	archive, err := awstest.Zip(awstest.Build(t, "github.com/crosstrail/crosstrail/cmd/crosstrail-lambda"))
	if err != nil {
		t.Fatal(err)
	}
	hub.Bucket(t, h.Code.Bucket).Put(t, awstest.Object{Key: h.Code.Key, Body: archive})
	logs := hub.Bucket(t, h.Logs.Bucket)
	logs.Notify(t, awstest.Notice{EventBridge: true})
	t.Run("fails", func(t *testing.T) { takenBack(t, to, hub, h) })
	hub.CFNStack(t, "hub", string(h.Template()))
	spoke.CFNStack(t, "spoke", string(variants()["spoke"].Template()))

	spoke.Emit(t, record("3414", 1), record("other", 2), record("3414", 3))
	logs.Put(t, awstest.Object{Key: "AWSLogs/" + prod + "/CloudTrail/us-east-1/2026/11/30/" + prod + "_CloudTrail_us-east-1_20261130T1005Z_a1B2c3D4e5F6g7H8.json.gz", Body: logFile(record("x", 4))})
	stored(t, hub, 1, 3, 4)
	t.Run("table", func(t *testing.T) { sameTable(t, hub) })
	t.Run("hub", func(t *testing.T) { asPrinted(t, hub, "hub", h, inProd) })
	t.Run("spoke", func(t *testing.T) { asPrinted(t, spoke, "spoke", variants()["spoke"], placeOf("spoke")) })

	t.Run("second", func(t *testing.T) {
		byTopic := &deploy.Spoke{Name: "second", Hub: queue + "2", ByTopic: true}
		second := *h
		second.Name, second.MakeTable, second.Logs, second.AlarmTo = "crosstrail2", false, nil, "arn:aws:sns:us-east-1:"+prod+":pager"
		second.Senders, second.Topics = deploy.Senders{}, []string{"arn:aws:sns:us-east-1:" + vendor + ":second"}
		other.CFNStack(t, "spoke", string(byTopic.Template()))
		hub.CFNStack(t, "second", string(second.Template()))
		other.Emit(t, json.RawMessage(strings.ReplaceAll(string(record("3414", 5)), dev, vendor)))
		stored(t, hub, 1, 3, 4, 5)
		asPrinted(t, other, "spoke", byTopic, place{"aws", vendor, "us-east-1", nil})
		asPrinted(t, hub, "second", &second, inProd)
		if n := len(hub.OwnedQueue(t, "crosstrail2-dead-letters").Messages(t)); n != 0 {
			t.Errorf("%d dead letters", n)
		}
		lies(t, to, hub, other, second.Topics[0])
	})
	t.Run("spoke at home", func(t *testing.T) { // in the hub's own account and region
		hub.CFNStack(t, "spoke", string(variants()["spoke"].Template()))
		hub.Emit(t, json.RawMessage(strings.ReplaceAll(string(record("3414", 6)), dev, prod)))
		stored(t, hub, 1, 3, 4, 5, 6, 7)
	})
	t.Run("roles", func(t *testing.T) {
		for _, name := range []string{"role", "role with MFA"} {
			stackName := strings.ReplaceAll(name, " ", "-")
			hub.CFNStack(t, stackName, string(variants()[name].Template()))
			asPrinted(t, hub, stackName, variants()[name], inProd)
		}
	})
	t.Run("kept", func(t *testing.T) {
		if got := hub.OwnedStack("hub").Delete(t); got != "" {
			t.Errorf("%s\n%s", got, hub.OwnedStack("hub").Story(t))
		}
		stored(t, hub, 1, 3, 4, 5, 6, 7)
	})
}

// lies: what the account of a spoke by topic publishes there of others is not kept, but
// what it says of itself; and a stranger's rule does not publish there at all.
func lies(t *testing.T, to *awstest.AWS, hub, spoke awstest.Account, topic string) {
	publish := func(message string) {
		if _, err := sns.NewFromConfig(spoke.Config()).Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: &message}); err != nil {
			t.Fatal(err)
		}
	}
	in := func(account string, n int) string {
		return fmt.Sprintf(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":%q,"detail":%s}`, account, strings.ReplaceAll(string(record("3414", n)), dev, account))
	}
	publish(string(record("3414", 90)))
	publish(strings.ReplaceAll(string(record("3414", 91)), dev, vendor))
	publish(in(dev, 92))
	publish(in(prod, 93))
	publish(`{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:` + dev + `:theirs","Message":` + asJSON(t, in(dev, 94)) + `}`)
	client := eventbridge.NewFromConfig(to.Account(stranger).Config())
	constant := string(record("3414", 95))
	_, err := client.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("r"), EventPattern: aws.String(`{"source":["mine"]}`)})
	_, err2 := client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []ebtypes.Target{{Id: aws.String("t"), Arn: &topic, Input: &constant}}})
	_, err3 := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{Source: aws.String("mine"), DetailType: aws.String("x"), Detail: aws.String("{}")}}})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	publish(in(vendor, 7)) // it may say so of itself
	stored(t, hub, 1, 3, 4, 5, 7)
	letters := hub.OwnedQueue(t, "crosstrail2-dead-letters")
	for end := time.Now().Add(30 * time.Second); len(letters.Messages(t)) < 5; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d dead letters", len(letters.Messages(t)))
		}
	}
	if n := len(letters.Messages(t)); n != 5 {
		t.Errorf("%d dead letters", n)
	}
}

// takenBack: a stack that fails leaves nothing, no table either.
func takenBack(t *testing.T, to *awstest.AWS, hub awstest.Account, h *deploy.Hub) {
	client := cloudformation.NewFromConfig(hub.Config())
	for _, kind := range []string{"AWS::Lambda::EventSourceMapping", "AWS::DynamoDB::Table"} {
		to.FailResource(t, kind, "it is not the day for it")
		_, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("fails"), TemplateBody: aws.String(string(h.Template())), Capabilities: []cfn.Capability{cfn.CapabilityCapabilityIam},
		})
		if err != nil {
			t.Fatal(err)
		}
		failed := hub.OwnedStack("fails")
		if got := failed.Wait(t); got != cfn.StackStatusRollbackComplete {
			t.Errorf("%s: %s\n%s", kind, got, failed.Story(t))
		}
		if got := failed.Delete(t); got != "" {
			t.Errorf("%s: %s", kind, got)
		}
		if tables, err := dynamo.Tables(t.Context(), hub.Config()); err != nil || len(tables) != 0 {
			t.Errorf("%s: %q is left, %v", kind, tables, err)
		}
	}
}

// record is the caller's of a call of AssumeRole, the nth.
func record(externalID string, n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(assumed, externalID, n))
}

func logFile(records ...json.RawMessage) []byte {
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		panic(err) // they are JSON
	}
	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	_, err = z.Write(text)
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // into a buffer
	}
	return file.Bytes()
}

// stored waits until the hub's table has the events of just these numbers.
func stored(t *testing.T, hub awstest.Account, numbers ...int) {
	t.Helper()
	want := make([]string, len(numbers))
	for i, n := range numbers {
		want[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := eventIDs(t, hub)
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("stored: %q, want %q\n%s", got, want, hub.OwnedFunction("crosstrail").Log(t))
		}
	}
}

// eventIDs are the events that the hub's table has.
func eventIDs(t *testing.T, hub awstest.Account) []string {
	t.Helper()
	var ids []string
	for _, item := range hub.OwnedTable(deploy.DefaultTable).Items(t) {
		if id, ok := item["eventID"].(*dynamotypes.AttributeValueMemberS); ok && strings.HasPrefix(id.Value, "00000000-") {
			ids = append(ids, id.Value)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// sameTable: the stack's table is what dynamo.Make makes, which finds nothing to do.
func sameTable(t *testing.T, hub awstest.Account) {
	if err := dynamo.Make(t.Context(), hub.Config(), "Made", dynamo.MakeOptions{}); err != nil {
		t.Fatal(err)
	}
	before := lookOf(t, hub, deploy.DefaultTable)
	if diff := cmp.Diff(lookOf(t, hub, "Made"), before); diff != "" {
		t.Errorf("made by dynamo.Make, and by the template:\n%s", diff)
	}
	// With no right to change the table, or to read its items but for one.
	may := awstest.Allow(table, "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:DescribeContinuousBackups", "dynamodb:GetItem", "dynamodb:PutItem")
	if err := dynamo.Make(t.Context(), hub.User(t, "maker", may), deploy.DefaultTable, dynamo.MakeOptions{}); err != nil {
		t.Errorf("dynamo.Make does more than sign it: %v", err)
	}
}

// lookOf is what a table is, but for its name, times and counts.
func lookOf(t *testing.T, hub awstest.Account, name string) string {
	t.Helper()
	client := dynamodb.NewFromConfig(hub.Config())
	found, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	ttl, err2 := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	backups, err3 := client.DescribeContinuousBackups(t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	d := found.Table
	type index struct{ Name, Keys, Projection string }
	var indexes []index
	for _, x := range d.GlobalSecondaryIndexes {
		indexes = append(indexes, index{*x.IndexName, asJSON(t, x.KeySchema), asJSON(t, x.Projection)})
	}
	slices.SortFunc(indexes, func(a, b index) int { return strings.Compare(a.Name, b.Name) })
	billing := ""
	if d.BillingModeSummary != nil {
		billing = string(d.BillingModeSummary.BillingMode)
	}
	slices.SortFunc(d.AttributeDefinitions, func(a, b dynamotypes.AttributeDefinition) int {
		return strings.Compare(*a.AttributeName, *b.AttributeName)
	})
	return asJSON(t, map[string]any{
		"keys": d.KeySchema, "attributes": d.AttributeDefinitions, "indexes": indexes, "billing": billing, "encryption": d.SSEDescription,
		"protected": aws.ToBool(d.DeletionProtectionEnabled), "class": d.TableClassSummary, "expires": ttl.TimeToLiveDescription,
		"backups": backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus,
	})
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
