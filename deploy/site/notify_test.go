package site_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestNotify: a SIEM's rules, and a function's of removed objects, are there before up
// and after down, word for word; ours between; a second hub's beside it.
func TestNotify(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	siem := account.Queue(t, "siem")
	topic := account.Topic(t, "archive")
	replaced(t, b, &types.NotificationConfiguration{
		QueueConfigurations: []types.QueueConfiguration{{
			Id: aws.String("siem"), QueueArn: &siem.ARN, Events: []types.Event{"s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: "prefix", Value: aws.String("vpc+flow/")}, {Name: "suffix", Value: aws.String(".gz")}}}},
		}},
		TopicConfigurations:      []types.TopicConfiguration{{Id: aws.String("archive"), TopicArn: &topic.ARN, Events: []types.Event{"s3:ObjectRemoved:*"}}},
		EventBridgeConfiguration: new(types.EventBridgeConfiguration),
	})
	before := configuration(t, b)
	_, ours := ready(t, account, "crosstrail", "AWSLogs/")
	_, second := ready(t, account, "second", "org/AWSLogs/")
	at := site.Bucket{Name: bucket, Region: awstest.Region, Owner: hub}
	s := operator(t, account, "operator", deploy.Permissions(deploy.WorkNotify)...)

	for _, rule := range []deploy.Notification{ours, second, ours} {
		c, err := s.Notify(t.Context(), at, rule)
		// S3 asks all destinations; those of the others let nobody send, which is not ours to mend.
		if err != nil || !c.After.Has(rule) || c.Changed && (len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], siem.ARN)) {
			t.Fatalf("%s: %+v, %v", rule.ID, c, err)
		}
	}
	if got := configuration(t, b); len(got.QueueConfigurations) != 3 || len(got.TopicConfigurations) != 1 || got.EventBridgeConfiguration == nil {
		t.Errorf("%+v", got)
	}
	for range 2 {
		if c, err := s.Unnotify(t.Context(), at, second); err != nil || c.After.Told(second) || !c.After.Has(ours) {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	if c, err := s.Unnotify(t.Context(), at, ours); err != nil || !c.Changed || len(c.Warnings) > 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	after := configuration(t, b)
	if diff := cmp.Diff(flat(before.QueueConfigurations, before.TopicConfigurations), flat(after.QueueConfigurations, after.TopicConfigurations)); diff != "" || after.EventBridgeConfiguration == nil {
		t.Errorf("what others had (-before +after):\n%s", diff)
	}
}

// flat is rules in words, each with all that S3 has of it.
func flat(queues []types.QueueConfiguration, topics []types.TopicConfiguration) []string {
	var all []string
	add := func(id, to *string, events []types.Event, filter *types.NotificationConfigurationFilter) {
		text := fmt.Sprint(*id, *to, events, filter == nil)
		if filter != nil {
			for _, r := range filter.Key.FilterRules {
				text += fmt.Sprint(r.Name, "=", *r.Value)
			}
		}
		all = append(all, text)
	}
	for _, q := range queues {
		add(q.Id, q.QueueArn, q.Events, q.Filter)
	}
	for _, o := range topics {
		add(o.Id, o.TopicArn, o.Events, o.Filter)
	}
	return all
}

// TestNotifyRefused: a SIEM is told of the same objects; a queue that S3 may not send
// to; another account's bucket; each permission that is lacking.
func TestNotifyRefused(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	_, ours := ready(t, account, "crosstrail", "AWSLogs/")
	at := site.Bucket{Name: bucket, Region: awstest.Region, Owner: hub}
	may := deploy.Permissions(deploy.WorkNotify)
	s := operator(t, account, "operator", may...)
	for _, action := range may {
		if _, err := operator(t, account, "no-"+strings.ReplaceAll(action, ":", "-"), without(may, action)...).Notify(t.Context(), at, ours); !told(err, " needs "+action+" on arn:aws:s3:::"+bucket) {
			t.Errorf("without %s: %v", action, err)
		}
	}
	closed := deploy.Notify("crosstrail-hub", account.Queue(t, "closed").ARN, "AWSLogs/")
	if _, err := s.Notify(t.Context(), at, closed); !told(err, "S3 may not send to the queue", "s3.amazonaws.com") {
		t.Errorf("a queue without a policy: %v", err)
	}
	foreign := at
	foreign.Owner = other
	if _, err := s.Notify(t.Context(), foreign, ours); !told(err, "is not of the account "+other) {
		t.Errorf("not the owner that is meant: %v", err)
	}
	// The bucket goes, and another account takes its name, between our read and our write.
	stand.Before(t, "s3:PutBucketNotification", 1, func() {
		if _, err := b.Owner.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &b.Name}); err != nil {
			t.Error(err)
		}
		stand.Account(other).Bucket(t, bucket).Policy(t, awstest.AllowAccount(hub, "arn:aws:s3:::"+bucket, "s3:*"))
	})
	taken := stand.Account(other).Owned(bucket)
	if _, err := s.Notify(t.Context(), at, ours); !told(err, " needs s3:PutBucketNotification") || len(configuration(t, taken).QueueConfigurations) > 0 {
		t.Errorf("a bucket that is another's now: %v", err)
	}
	if _, err := taken.Owner.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &taken.Name}); err != nil {
		t.Fatal(err)
	}
	b = account.Bucket(t, bucket)
	siem := account.Queue(t, "siem")
	siem.AllowService(t, "s3.amazonaws.com", "arn:aws:s3:::"+bucket)
	b.Notify(t, awstest.Notice{Queue: siem})
	c, err := s.Notify(t.Context(), at, ours)
	if !told(err, "no two rules for the same objects", siem.ARN) || c.Changed || len(configuration(t, b).QueueConfigurations) != 1 {
		t.Errorf("a SIEM: %+v, %v", c, err)
	}
	if c, err := s.NotifyEventBridge(t.Context(), at); err != nil || !c.After.EventBridge || len(c.After.All) != 1 || len(c.Warnings) > 0 {
		t.Errorf("EventBridge beside it: %+v, %v", c, err)
	}
	if c, err := s.NotifyEventBridge(t.Context(), at); err != nil || c.Changed {
		t.Errorf("a second time: %+v, %v", c, err)
	}
}

// TestNotifyAtOnce: another operator, and a SIEM's tool, write between our read and our
// write, and between our write and the second look.
func TestNotifyAtOnce(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	at := site.Bucket{Name: bucket, Region: awstest.Region, Owner: hub}
	s := open(account.Config())
	_, ours := ready(t, account, "crosstrail", "AWSLogs/")
	_, second := ready(t, account, "second", "org/AWSLogs/")
	_, third := ready(t, account, "third", "third/")

	// The SIEM's tool read nothing of ours, and writes all that it knows of once ours is there.
	stand.Before(t, "s3:GetBucketNotification", 3, func() { replaced(t, b, rules(third)) })
	c, err := s.Notify(t.Context(), at, ours)
	if err != nil || !c.After.Has(ours) || !c.After.Has(third) || !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "ours were undone: put right") }) {
		t.Errorf("undone: %+v, %v", c, err)
	}
	// It takes its own away, which nobody puts back.
	stand.Before(t, "s3:GetBucketNotification", 3, func() { replaced(t, b, rules(ours, second)) })
	c, err = s.Notify(t.Context(), at, second)
	if err != nil || !c.After.Has(ours) || !c.After.Has(second) || c.After.Has(third) || !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, third.Text()) }) {
		t.Errorf("theirs is gone: %+v, %v", c, err)
	}
	// Two operators take their hubs down at once: the other read before we wrote.
	stand.Before(t, "s3:GetBucketNotification", 3, func() { replaced(t, b, rules(ours)) })
	if c, err = s.Unnotify(t.Context(), at, ours); err != nil || c.After.Told(ours) || c.After.Told(second) {
		t.Errorf("down: %+v, %v", c, err)
	}
}

// rules is a configuration of these.
func rules(all ...deploy.Notification) *types.NotificationConfiguration {
	n := new(types.NotificationConfiguration)
	for _, r := range all {
		n.QueueConfigurations = append(n.QueueConfigurations, types.QueueConfiguration{
			Id: &r.ID, QueueArn: &r.To, Events: []types.Event{types.Event(r.Events[0])},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: "prefix", Value: &r.Filter[0].Value}}}},
		})
	}
	return n
}

// TestStrangers: what the SDK has no field for is named.
func TestStrangers(t *testing.T) {
	for text, want := range map[string]string{
		"": "", `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`: "",
		`<N><QueueConfiguration><Id>a</Id><Queue>q</Queue><Event>e</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>v</Value></FilterRule></S3Key></Filter></QueueConfiguration><EventBridgeConfiguration/></N>`: "",
		`<N><QueueConfiguration><Id>a</Id><Priority>1</Priority></QueueConfiguration></N>`:                         "QueueConfiguration/Priority",
		`<N><EventBridgeConfiguration><EventBus>b</EventBus></EventBridgeConfiguration><StreamConfiguration/></N>`: "EventBridgeConfiguration/EventBus StreamConfiguration",
		`<N><TopicConfiguration><Filter><Size><Min>1</Min></Size></Filter></TopicConfiguration></N>`:               "TopicConfiguration/Filter/Size TopicConfiguration/Filter/Size/Min",
		`<N><CloudFunctionConfiguration><InvocationRole>r</InvocationRole></CloudFunctionConfiguration></N>`:       "CloudFunctionConfiguration/InvocationRole",
	} {
		got, err := site.Strangers([]byte(text))
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	if _, err := site.Strangers([]byte("<N><")); err == nil {
		t.Error("half an answer is read as a whole one")
	}
}

// TestAsRead: what the SDK read is put as it was, filters that are empty or odd too.
func TestAsRead(t *testing.T) {
	id, to := aws.String("a"), aws.String("arn")
	empty := &types.NotificationConfigurationFilter{Key: new(types.S3KeyFilter)}
	odd := &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: "Suffix", Value: aws.String("")}, {Name: "Prefix", Value: aws.String("a%2Fb+c")}}}}
	want := &types.NotificationConfiguration{
		QueueConfigurations:          []types.QueueConfiguration{{Id: id, QueueArn: to, Events: []types.Event{"s3:New:*", "s3:ObjectCreated:Put"}, Filter: odd}, {Id: id, QueueArn: to}},
		TopicConfigurations:          []types.TopicConfiguration{{Id: id, TopicArn: to, Filter: empty}},
		LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{Id: id, LambdaFunctionArn: to, Events: []types.Event{"s3:ReducedRedundancyLostObject"}}},
		EventBridgeConfiguration:     new(types.EventBridgeConfiguration),
	}
	got := site.ForS3(site.OfS3(&s3.GetBucketNotificationConfigurationOutput{
		QueueConfigurations: want.QueueConfigurations, TopicConfigurations: want.TopicConfigurations,
		LambdaFunctionConfigurations: want.LambdaFunctionConfigurations, EventBridgeConfiguration: want.EventBridgeConfiguration,
	}))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, not %+v", got, want)
	}
}
