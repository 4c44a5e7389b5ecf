package site_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	lets   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + hub + `:root"},"Action":"kms:*","Resource":"*"}]}`
	closed = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + hub + `:root"},"Action":["kms:Describe*","kms:Get*","kms:Put*"],"Resource":"*"}]}`
	denies = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + hub + `:root"},"Action":"kms:*","Resource":"*"},{"Sid":"OnlyKim","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"*kim"}}}]}`
	// byCloudTrail is what CloudTrail's console writes: whoever of the account, of what a trail sealed.
	byCloudTrail = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + hub + `:root"},"Action":["kms:Describe*","kms:Get*","kms:Put*"],"Resource":"*"},{"Sid":"Enable CloudTrail log decrypt permissions","Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"` + hub + `"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:` + hub + `:trail/*"}}}]}`
)

// TestLogsOf: a trail with all that a hub hangs on, seen by who may do just that, and
// told what is lacking by who may not.
func TestLogsOf(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket, awstest.In("eu-central-1"))
	b.Owner = s3.NewFromConfig(account.ConfigIn("eu-central-1"))
	siem := account.Topic(t, "siem")
	replaced(t, b, &types.NotificationConfiguration{TopicConfigurations: []types.TopicConfiguration{{Id: aws.String("siem"), TopicArn: aws.String(strings.Replace(siem.ARN, "us-east-1", "eu-central-1", 1)), Events: []types.Event{"s3:ObjectCreated:*"}}}})
	key, told1 := account.Key(t, lets), account.Topic(t, "trail")
	arn := account.Trail(t, "main", bucket, func(in *cloudtrail.CreateTrailInput) {
		in.S3KeyPrefix, in.KmsKeyId, in.SnsTopicName = aws.String("org/acme"), &key, &told1.ARN
	})
	may := deploy.Permissions(deploy.WorkLook)
	s := operator(t, account, "operator", may...)
	f, err := s.LogsOf(t.Context(), site.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Trail.ARN != arn || f.Trail.Topic != told1.ARN || !f.Trail.EveryRegion || f.Bucket != bucket || f.BucketRegion != "eu-central-1" || f.BucketOwner != hub || !f.Ours() || f.Prefix != "org/acme/AWSLogs/" ||
		f.Key != key || f.KeyOwner != hub || !f.KeyLets || f.Stopped != "" || f.Notifications == nil || len(f.Notifications.All) != 1 || len(f.Unread) > 0 || f.Caller.Partition != "aws" {
		t.Errorf("%+v", f)
	}
	for action, fatal := range map[string]bool{
		"cloudtrail:DescribeTrails": true, "s3:GetBucketNotification": false, "cloudtrail:GetTrailStatus": false, "cloudtrail:GetEventSelectors": false, "kms:DescribeKey": false, "kms:GetKeyPolicy": false,
	} {
		s := operator(t, account, "no-"+strings.ReplaceAll(action, ":", "-"), without(may, action)...)
		f, err := s.LogsOf(t.Context(), site.Ask{})
		if fatal {
			if !told(err, " needs "+action, "--bucket NAME", "--no-logs") {
				t.Errorf("without %s: %v", action, err)
			}
			f, err = s.LogsOf(t.Context(), site.Ask{Bucket: bucket})
		}
		if err != nil || !strings.Contains(strings.Join(f.Unread, "\n"), " needs "+action) {
			t.Errorf("without %s: %+v, %v", action, f, err)
		}
	}
	// A bucket's own key, where the trail has none.
	plain := account.Bucket(t, "acme-plain")
	plainARN := account.Trail(t, "plain", "acme-plain")
	if _, err := cloudtrail.NewFromConfig(account.Config()).StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: &plainARN}); err != nil {
		t.Fatal(err)
	}
	if f, err := s.LogsOf(t.Context(), site.Ask{Trail: "plain"}); err != nil || !strings.Contains(f.Stopped, "does not log") || f.Key != "" || f.Notifications == nil || len(f.Notifications.All) > 0 {
		t.Errorf("without a key: %+v, %v", f, err)
	}
	for policy, want := range map[string]string{lets: "", closed: "does not leave it to the account's IAM", denies: "OnlyKim", byCloudTrail: ""} {
		key := account.Key(t, policy)
		_, err := plain.Owner.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: &plain.Name, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &key}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.LogsOf(t.Context(), site.Ask{Trail: "plain"})
		if err != nil || f.Key != key || f.KeyLets != (want == "") || !strings.Contains(f.KeyWhy, want) {
			t.Errorf("%s: %+v, %v", policy, f, err)
		}
	}
	if _, err := operator(t, account, "no-encryption", without(may, "s3:GetEncryptionConfiguration")...).LogsOf(t.Context(), site.Ask{Bucket: "acme-plain"}); err != nil {
		t.Error(err)
	}
	which(t, account, s)
}

// which trail is meant, and what is said where that is not told.
func which(t *testing.T, account awstest.Account, s *site.Site) {
	t.Helper()
	account.Bucket(t, "acme-none")
	for _, c := range []struct {
		ask   site.Ask
		parts []string
	}{
		{site.Ask{}, []string{"there are 2 trails: say which one", "--trail arn:aws:cloudtrail:us-east-1:" + hub + ":trail/main (writes to s3://acme-logs/org/acme/)"}},
		{site.Ask{Trail: "none"}, []string{"there is no trail none", "there is main: --trail arn:"}},
		{site.Ask{Trail: "arn:nope"}, []string{"is no ARN of a trail"}},
		{site.Ask{Trail: "main", Bucket: "acme-plain"}, []string{"the trail main writes to the bucket acme-logs, not to acme-plain"}},
		{site.Ask{Bucket: "acme-nowhere"}, []string{"there is no such bucket"}},
		{site.Ask{Bucket: "s3://acme-logs"}, []string{"--bucket takes a bucket's name alone"}},
	} {
		if _, err := s.LogsOf(t.Context(), c.ask); !told(err, c.parts...) {
			t.Errorf("%+v: %v", c.ask, err)
		}
	}
	if f, err := s.LogsOf(t.Context(), site.Ask{Bucket: "acme-none"}); err != nil || f.Trail != (site.Trail{}) || f.Prefix != "AWSLogs/" {
		t.Errorf("a bucket that no trail writes to: %+v, %v", f, err)
	}
}

// TestOthersBucket: of a log archive, as a member and as the management account see it.
func TestOthersBucket(t *testing.T) {
	stand := stack.Start(t)
	archive, member := stand.Account(other), stand.Account(hub)
	stand.Account(third).Organization(t, "management", map[string]string{other: "log archive", hub: "member"})
	b := archive.Bucket(t, bucket)
	key := archive.Key(t, lets)
	topic := archive.Topic(t, "aws-controltower-AllConfigNotifications")
	all := stand.Account(third).Trail(t, "all", bucket, func(in *cloudtrail.CreateTrailInput) {
		in.IsOrganizationTrail, in.KmsKeyId, in.SnsTopicName = aws.Bool(true), &key, &topic.ARN
	})
	s := operator(t, member, "operator", deploy.Permissions(deploy.WorkLook, deploy.WorkNotify, deploy.WorkHub)...)
	f, err := s.LogsOf(t.Context(), site.Ask{})
	if err != nil || f.Trail.ARN != all || f.Ours() || f.BucketOwner != "" || f.Notifications != nil || f.KeyLets || !strings.Contains(f.KeyWhy, other) || !strings.Contains(strings.Join(f.Unread, "\n"), "another account's") {
		t.Fatalf("a member: %+v, %v", f, err)
	}
	denied, err := s.Tried(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	listening := deploy.Listening{
		Account: hub, Region: awstest.Region, Bucket: f.Bucket, BucketAccount: f.BucketOwner, BucketRegion: f.BucketRegion, Notifications: f.Notifications,
		Ours: deploy.Notify("crosstrail-hub", "arn:aws:sqs:us-east-1:"+hub+":crosstrail", f.Prefix), Topic: f.Trail.Topic, Denied: denied,
	}
	choice, err := deploy.ChooseTrigger(listening, "")
	if err == nil || len(choice.Refused) != 3 || !strings.Contains(choice.Refused[0].Why, "s3:GetBucketNotification") || !strings.Contains(choice.Refused[2].Why, "sns:Subscribe") {
		t.Errorf("%+v, %v", choice, err)
	}
	// Control Tower's topic, once its owner lets the account.
	topic.Policy(t, awstest.AllowAccount(hub, topic.ARN, "sns:Subscribe"))
	if listening.Denied, err = s.Tried(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if choice, err = deploy.ChooseTrigger(listening, ""); err != nil || choice.Trigger != deploy.TriggerSNS {
		t.Errorf("%+v, %v", choice, err)
	}
	// The bucket's policy may let another account change its notifications.
	b.Policy(t, awstest.AllowAccount(hub, "arn:aws:s3:::"+bucket, "s3:GetBucketNotification", "s3:PutBucketNotification"))
	f, err = s.LogsOf(t.Context(), site.Ask{})
	if err != nil || f.BucketOwner != other || f.Ours() || f.Notifications == nil {
		t.Errorf("let by the bucket: %+v, %v", f, err)
	}
	if f, err := open(archive.Config()).LogsOf(t.Context(), site.Ask{}); err != nil || !f.Ours() || f.Trail.ARN != all {
		t.Errorf("the archive: %+v, %v", f, err)
	}
}

// TestTried: what an organisation's policy denies is known before anything is changed,
// and the trial changes nothing and tells nobody.
func TestTried(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	siem := account.Queue(t, "siem")
	siem.AllowService(t, "s3.amazonaws.com", "arn:aws:s3:::"+bucket)
	b.Notify(t, awstest.Notice{Queue: siem, Prefix: "vpc/"})
	siem.Delete(t, siem.Receive(t, 0)...)
	topic := account.Topic(t, "trail")
	account.Trail(t, "main", bucket, func(in *cloudtrail.CreateTrailInput) { in.SnsTopicName = &topic.ARN })
	s := operator(t, account, "operator", deploy.Permissions(deploy.WorkLook, deploy.WorkNotify, deploy.WorkHub)...)
	f, err := s.LogsOf(t.Context(), site.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	before := flat(configuration(t, b).QueueConfigurations, nil)
	if denied, err := s.Tried(t.Context(), f); err != nil || len(denied) > 0 {
		t.Errorf("who may: %v, %v", denied, err)
	}
	account.SCP(t, awstest.Deny("*", "s3:PutBucketNotification"))
	denied, err := s.Tried(t.Context(), f)
	if err != nil || len(denied) != 2 || !strings.Contains(denied[deploy.TriggerNotification], "s3:PutBucketNotification on arn:aws:s3:::"+bucket) || !strings.Contains(denied[deploy.TriggerEventBridge], "service control policy") {
		t.Errorf("an SCP: %v, %v", denied, err)
	}
	account.SCP(t, awstest.Deny("*", "sns:Subscribe"))
	if denied, err := s.Tried(t.Context(), f); err != nil || len(denied) != 3 || !strings.Contains(denied[deploy.TriggerSNS], "service control policy") {
		t.Errorf("another: %v, %v", denied, err)
	}
	// Had the trial been put, another's write in between would be undone, and the SIEM told.
	after := flat(configuration(t, b).QueueConfigurations, nil)
	subscribed, err := topic.Owner.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &topic.ARN})
	if strings.Join(before, " ") != strings.Join(after, " ") || len(siem.Receive(t, 0)) > 0 || err != nil || len(subscribed.Subscriptions) > 0 {
		t.Errorf("the trial left something: %s, %+v, %v", after, subscribed, err)
	}
	stand.Before(t, "s3:PutBucketNotification", 1, func() { replaced(t, b, rules(deploy.Notify("new", siem.ARN, "new/"))) })
	if _, err := open(account.Config()).Tried(t.Context(), f); err != nil || len(configuration(t, b).QueueConfigurations) != 1 || *configuration(t, b).QueueConfigurations[0].Id != "new" {
		t.Errorf("it undid what another wrote: %v", err)
	}
}
