package awstest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// rightsTemplate makes a topic, what listens to it, and a role.
const rightsTemplate = `Resources:
  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: told}}
  Subscription: {Type: 'AWS::SNS::Subscription', Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn}}
  Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: told}}
  Role: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
`

// allOf is a policy with these actions on everything.
func allOf(actions ...string) string { return awstest.Allow("*", actions...) }

// TestStackRights: what a stack makes its caller must be let make, by his own policies
// and the organization's.
func TestStackRights(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	try := func(name, policy string) string {
		t.Helper()
		cfg := account.User(t, name, policy)
		s := &awstest.CFNStack{Name: name, Owner: cloudformation.NewFromConfig(cfg)}
		template := strings.ReplaceAll(rightsTemplate, "told", name)
		_, err := s.Owner.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &template, Capabilities: types.Capability("").Values()})
		if err != nil {
			return err.Error()
		}
		if s.Wait(t) == types.StackStatusCreateComplete {
			return "all is made"
		}
		return s.Story(t)
	}
	whole := []string{"cloudformation:*", "sns:*", "sqs:*", "iam:CreateRole", "iam:DeleteRole"}
	for name, c := range map[string]struct {
		actions []string
		want    string
	}{
		"nobody":   {[]string{"sns:*"}, "is not authorized to perform: cloudformation:CreateStack on resource: arn:aws:cloudformation:us-east-1:" + prod + ":stack/nobody"},
		"little":   {[]string{"cloudformation:*", "sns:*", "iam:*"}, `:user/little is not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:us-east-1:` + prod + `:little because no identity-based policy allows the sqs:CreateQueue action"`},
		"everyone": {whole, "all is made"},
	} {
		if got := try(name, allOf(c.actions...)); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s\nnot: %s", name, got, c.want)
		}
	}
	account.SCP(t, awstest.Deny("*", "sns:Subscribe", "s3:PutBucketNotification", "cloudformation:DeleteStack"))
	const denied = "with an explicit deny in a service control policy"
	if got := try("bound", allOf(whole...)); !strings.Contains(got, "sns:Subscribe on resource: arn:aws:sns:us-east-1:"+prod+":bound "+denied) {
		t.Errorf("bound by the organization: %s", got)
	}
	bound := account.User(t, "kim", allOf("*"))
	_, subscribe := sns.NewFromConfig(bound).Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: aws.String("arn:aws:sns:us-east-1:" + prod + ":everyone"), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:" + prod + ":everyone")})
	account.Bucket(t, "logs")
	_, notify := s3.NewFromConfig(bound).PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: aws.String("logs"), NotificationConfiguration: &s3types.NotificationConfiguration{}})
	_, remove := cloudformation.NewFromConfig(bound).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("everyone")})
	for what, err := range map[string]error{"sns:Subscribe on resource: arn:aws:sns": subscribe, "s3:PutBucketNotification on resource: \"arn:aws:s3:::logs\"": notify, "cloudformation:DeleteStack on resource: arn:aws:cloudformation": remove} {
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
	roles := map[string]bool{}
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		s := &awstest.CFNStack{Name: "regional", Owner: cloudformation.NewFromConfig(account.ConfigIn(region))}
		_, err := s.Owner.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &s.Name, TemplateBody: aws.String(strings.ReplaceAll(rightsTemplate, "told", "regional")), Capabilities: types.Capability("").Values()})
		must(t, err)
		if status := s.Wait(t); status != types.StackStatusCreateComplete {
			t.Fatalf("%s: %s\n%s", region, status, s.Story(t))
		}
		roles[s.Resources(t)["Role"]] = true
	}
	if len(roles) != 2 {
		t.Errorf("roles of two regions: %v", roles)
	}
}

// TestTrailTopic: a trail tells its topic of each log file, if the topic lets it.
func TestTrailTopic(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	account.Bucket(t, "logs")
	topic, queue := account.Topic(t, "files"), account.Queue(t, "files")
	queue.AllowService(t, "sns.amazonaws.com", topic.ARN)
	topic.Subscribe(t, queue, true)
	arn := account.Trail(t, "main", "logs", func(in *cloudtrail.CreateTrailInput) { in.SnsTopicName = &topic.ARN })
	stand.Record(t)
	for _, policy := range []string{"", awstest.AllowService("cloudtrail.amazonaws.com", arn, topic.ARN, "sns:Publish")} {
		if policy != "" {
			topic.Policy(t, policy)
		}
		_, err := s3.NewFromConfig(account.Config()).ListBuckets(t.Context(), nil)
		must(t, err)
		written := stand.Deliver(t)
		if policy == "" {
			if got := bodies(t, queue); len(got) != 0 {
				t.Errorf("a topic that does not let it got %q", got)
			}
			continue
		}
		eventually(t, "the topic is told", func() bool { return len(bodies(t, queue)) == 1 })
		var notice struct {
			S3Bucket    string   `json:"s3Bucket"`
			S3ObjectKey []string `json:"s3ObjectKey"`
		}
		must(t, json.Unmarshal([]byte(bodies(t, queue)[0]), &notice))
		if len(written) != 1 || len(notice.S3ObjectKey) != 1 || written[0] != "s3://"+notice.S3Bucket+"/"+notice.S3ObjectKey[0] {
			t.Errorf("told %+v of %q", notice, written)
		}
	}
}
