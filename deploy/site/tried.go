package site

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Tried is what AWS would refuse of the triggers, and in which words, for
// [deploy.Listening]. It is found out before anything is made, by calls that can change
// nothing: iam:SimulatePrincipalPolicy knows neither bucket nor topic policies, nor all
// of what an organisation denies (IAM User Guide, "Testing IAM policies with the IAM
// policy simulator"). What is refused here is refused; what is not may still be, where
// a service looks at a request before it looks at the caller.
//
// The bucket: its configuration is put as it was read, with an MD5 that is not its own.
// S3 takes no body with another MD5 than was announced (S3 API Reference, Error
// responses, BadDigest), so that nothing another wrote meanwhile is undone; and a store
// that does not look at it gets what it has, without telling anybody: destinations are
// not tried. The topic: a subscription by a protocol that does not exist.
func (s *Site) Tried(ctx context.Context, f *Found) (map[deploy.Trigger]string, error) {
	denied := map[deploy.Trigger]string{}
	if f.Notifications != nil {
		why, err := s.tryPut(ctx, f)
		if err != nil {
			return nil, err
		}
		if why != "" {
			denied[deploy.TriggerNotification], denied[deploy.TriggerEventBridge] = why, why
		}
	} else if f.unread != "" {
		denied[deploy.TriggerNotification], denied[deploy.TriggerEventBridge] = f.unread, f.unread
	}
	if topic := f.Trail.Topic; topic != "" {
		_, err := s.sns(part(topic, 3)).Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("crosstrail"), Endpoint: aws.String("-")})
		why, err := s.denial(ctx, err, "subscribe to "+topic, "sns:Subscribe", topic)
		if err != nil {
			return nil, err
		}
		if why != "" {
			denied[deploy.TriggerSNS] = why
		}
	}
	return denied, nil
}

func (s *Site) tryPut(ctx context.Context, f *Found) (why string, err error) {
	b := f.bucket()
	if len(f.Notifications.Unknown) > 0 {
		return "", nil // they cannot be put as they are; nor will they be
	}
	_, err = s.s3(b.Region).PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &b.Name, ExpectedBucketOwner: b.owner(), NotificationConfiguration: forS3(*f.Notifications), SkipDestinationValidation: aws.Bool(true),
	}, func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="))
	})
	return s.denial(ctx, err, "change the notifications of the bucket "+b.Name, "s3:PutBucketNotification", s.bucketARN(b.Name))
}

// denial is in which words a call was refused, "" where it was not: what AWS says of
// the call itself came after it had let the caller make it. What never reached AWS is
// an error.
func (s *Site) denial(ctx context.Context, err error, doing, action, resource string) (string, error) {
	if err == nil {
		return "", nil
	}
	told := s.explain(ctx, err, doing, action, resource)
	e, ok := told.(*Error)
	switch {
	case ok && e.Denied:
		return strings.TrimPrefix(e.Text, "refused: "), nil
	case awserr.Code(err) == "" || awserr.Throttled(awserr.Code(err)):
		return "", told
	}
	return "", nil
}
