package awstest_test

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestRegions: which regions an account has, who may ask, and calls to those that it
// has not.
func TestRegions(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	list := func(cfg aws.Config) (enabled, all []string, err error) {
		pages := awsaccount.NewListRegionsPaginator(awsaccount.NewFromConfig(cfg), &awsaccount.ListRegionsInput{MaxResults: aws.Int32(20)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				return nil, nil, err
			}
			for _, r := range page.Regions {
				all = append(all, *r.RegionName)
				if r.RegionOptStatus != accounttypes.RegionOptStatusDisabled {
					enabled = append(enabled, *r.RegionName)
				}
			}
		}
		return enabled, all, nil
	}
	if enabled, all, err := list(account.Config()); err != nil || len(enabled) != 17 || len(all) < 30 || slices.Contains(enabled, "af-south-1") {
		t.Errorf("at first: %q of %d, %v", enabled, len(all), err)
	}
	account.Regions(t, "us-east-1", "af-south-1")
	if enabled, _, err := list(account.Config()); fmt.Sprint(enabled) != "[af-south-1 us-east-1]" || err != nil {
		t.Errorf("enabled: %q, %v", enabled, err)
	}
	status, err := awsaccount.NewFromConfig(account.Config()).GetRegionOptStatus(t.Context(), &awsaccount.GetRegionOptStatusInput{RegionName: aws.String("af-south-1")})
	if err != nil || status.RegionOptStatus != accounttypes.RegionOptStatusEnabled {
		t.Errorf("%+v, %v", status, err)
	}
	kim := account.User(t, "kim", awstest.Allow("*", "events:*"))
	if _, _, err := list(kim); code(err) != "AccessDeniedException" {
		t.Errorf("who may not ask: %v", err)
	}
	for region, want := range map[string][2]string{"us-east-1": {"ok", "ok"}, "af-south-1": {"ok", "ok"}, "eu-west-1": {"InvalidClientTokenId", "UnrecognizedClientException"}} {
		for _, cfg := range []aws.Config{account.Config(), kim} {
			cfg.Region = region
			_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
			_, err2 := eventbridge.NewFromConfig(cfg).ListRules(t.Context(), &eventbridge.ListRulesInput{})
			if code(err) != want[0] || code(err2) != want[1] {
				t.Errorf("%s: %v, %v", region, err, err2)
			}
		}
	}
}

// TestNotificationCare: what S3 refuses of a bucket's notifications, and whose bucket
// it is; what SNS refuses.
func TestNotificationCare(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	bucket := account.Bucket(t, "logs")
	queue := account.Queue(t, "q")
	queue.AllowService(t, "s3.amazonaws.com", "arn:aws:s3:::logs")
	rule := func(event s3types.Event, prefix, suffix string) s3types.QueueConfiguration {
		rules := []s3types.FilterRule{{Name: s3types.FilterRuleNamePrefix, Value: &prefix}, {Name: s3types.FilterRuleNameSuffix, Value: &suffix}}
		return s3types.QueueConfiguration{QueueArn: &queue.ARN, Events: []s3types.Event{event}, Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: rules}}}
	}
	put := func(owner string, config *s3types.NotificationConfiguration, options ...func(*s3.Options)) error {
		_, err := bucket.Owner.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
			Bucket: &bucket.Name, ExpectedBucketOwner: &owner, NotificationConfiguration: config,
		}, options...)
		return err
	}
	both := func(event s3types.Event, prefix, suffix string) *s3types.NotificationConfiguration {
		return &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{rule("s3:ObjectCreated:*", "AWSLogs/", ".gz"), rule(event, prefix, suffix)}}
	}
	for _, c := range []struct {
		event          s3types.Event
		prefix, suffix string
		want           string
	}{
		{"s3:ObjectCreated:Put", "AWSLogs/1", ".json.gz", "InvalidArgument"},
		{"s3:ObjectCreated:*", "", "", "InvalidArgument"},
		{"s3:ObjectCreated:Put", "Other/", ".gz", "ok"},
		{"s3:ObjectCreated:Put", "AWSLogs/", ".json", "ok"},
		{"s3:ObjectRemoved:*", "AWSLogs/", ".gz", "ok"},
	} {
		err := put(prod, both(c.event, c.prefix, c.suffix))
		if code(err) != c.want || c.want != "ok" && !strings.Contains(err.Error(), "Configurations overlap. Configurations on the same bucket cannot share a common event type") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := put(dev, both("s3:ObjectRemoved:*", "", "")); code(err) != "AccessDenied" {
		t.Errorf("another's expected: %v", err)
	}
	if _, err := bucket.Owner.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket.Name, ExpectedBucketOwner: aws.String(dev)}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("another's expected: %v", err)
	}
	wrong := md5.Sum([]byte("another body"))
	if err := put(prod, both("s3:ObjectRemoved:*", "", ""), header("Content-MD5", base64.StdEncoding.EncodeToString(wrong[:]))); code(err) != "BadDigest" {
		t.Errorf("with a wrong digest: %v", err)
	}
	program := awstest.Build(t, "./testdata/function")
	f := account.Function(t, awstest.FunctionOptions{Name: "f", Binary: program})
	to := &s3types.NotificationConfiguration{LambdaFunctionConfigurations: []s3types.LambdaFunctionConfiguration{{LambdaFunctionArn: &f.ARN, Events: []s3types.Event{"s3:ObjectCreated:*"}}}}
	if err := put(prod, to); code(err) != "InvalidArgument" {
		t.Errorf("a function that lets nobody: %v", err)
	}
	f.Permit(t, "s3.amazonaws.com", "arn:aws:s3:::logs")
	if err := put(prod, to); err != nil {
		t.Errorf("a function that lets S3: %v", err)
	}
	subscriptionCare(t, stand)
}

// subscriptionCare: a topic whose policy names an endpoint, and a protocol that is none.
func subscriptionCare(t *testing.T, stand *awstest.AWS) {
	t.Helper()
	topic := stand.Account(dev).Topic(t, "calls")
	topic.Policy(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+prod+`:root"},"Action":"sns:Subscribe","Resource":"`+topic.ARN+`",
		"Condition":{"StringEquals":{"sns:Endpoint":"arn:aws:sqs:us-east-1:`+prod+`:q","sns:Protocol":"sqs"}}}]}`)
	kim := stand.Account(prod).User(t, "kim", awstest.Allow("*", "sns:Subscribe"))
	for _, c := range []struct{ protocol, endpoint, want string }{
		{"sqs", "arn:aws:sqs:us-east-1:" + prod + ":another", "AuthorizationError"},
		{"lambda", "arn:aws:sqs:us-east-1:" + prod + ":q", "AuthorizationError"},
		{"sqs", "arn:aws:sqs:us-east-1:" + prod + ":q", "ok"},
	} {
		for _, cfg := range []aws.Config{kim, stand.Account(prod).Config()} {
			_, err := sns.NewFromConfig(cfg).Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic.ARN, Protocol: &c.protocol, Endpoint: &c.endpoint})
			if code(err) != c.want {
				t.Errorf("%s %s: %v", c.protocol, c.endpoint, err)
			}
		}
	}
	_, err := topic.Owner.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic.ARN, Protocol: aws.String("pigeon"), Endpoint: aws.String("x")})
	if code(err) != "InvalidParameter" {
		t.Errorf("a protocol that is none: %v", err)
	}
}

// header sends a call with a header of its own.
func header(name, value string) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue(name, value))
	}
}
