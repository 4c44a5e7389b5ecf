package awstest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Notice says where a bucket's notices of new objects go: one of the four, or the
// account's EventBridge, which gets those of all objects.
type Notice struct {
	Queue          *Queue
	Topic          *Topic
	Function       *Function
	EventBridge    bool
	Prefix, Suffix string // of the keys; empty: every one
}

// Notify makes these the bucket's notices, in the place of all others:
// s3:ObjectCreated:*, and "Object Created" and all other events to EventBridge. The
// policies of queue, topic and function must let s3.amazonaws.com. Every queue and
// topic gets an s3:TestEvent: S3 User Guide, "Amazon S3 Event Notifications".
func (b *Bucket) Notify(t testing.TB, notices ...Notice) {
	t.Helper()
	created, all := []types.Event{types.EventS3ObjectCreated}, new(types.NotificationConfiguration)
	for _, n := range notices {
		switch filter := n.filter(); {
		case n.Queue != nil:
			all.QueueConfigurations = append(all.QueueConfigurations, types.QueueConfiguration{QueueArn: &n.Queue.ARN, Events: created, Filter: filter})
		case n.Topic != nil:
			all.TopicConfigurations = append(all.TopicConfigurations, types.TopicConfiguration{TopicArn: &n.Topic.ARN, Events: created, Filter: filter})
		case n.Function != nil:
			all.LambdaFunctionConfigurations = append(all.LambdaFunctionConfigurations, types.LambdaFunctionConfiguration{
				LambdaFunctionArn: &n.Function.ARN, Events: created, Filter: filter,
			})
		case n.EventBridge:
			all.EventBridgeConfiguration = new(types.EventBridgeConfiguration)
		default:
			t.Fatal("a notice to nowhere")
		}
	}
	_, err := b.Owner.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &b.Name, NotificationConfiguration: all,
	})
	must(t, err)
}

func (n Notice) filter() *types.NotificationConfigurationFilter {
	var rules []types.FilterRule
	if n.Prefix != "" {
		rules = append(rules, types.FilterRule{Name: types.FilterRuleNamePrefix, Value: aws.String(n.Prefix)})
	}
	if n.Suffix != "" {
		rules = append(rules, types.FilterRule{Name: types.FilterRuleNameSuffix, Value: aws.String(n.Suffix)})
	}
	if rules == nil {
		return nil
	}
	return &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: rules}}
}
